"""Import of other tools' candles: every shape is the same market; what is odd is told by line."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest
import zstandard
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.importing.candles import Imported, ImportHints, read_candles
from adapters.simulator.importing.columns import columns_chosen
from adapters.simulator.importing.months import MonthFiles
from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.source import MarketError
from domain.model.instants import MINUTE, SECOND, Nanos, iso, parse_iso
from domain.model.product import ProductId

START = parse_iso("2023-11-30T23:50:00Z")
BTC = ProductId("BTC-USD")
NAMES = ("open", "high", "low", "close", "volume")


@frozen
class Row:
    """One candle as it was quoted."""

    start_ns: int
    values: tuple[Decimal, ...]


def walk(minutes: Sequence[int], seed: int = 1) -> list[Row]:
    """Return candles of a random walk, each going on where the one before ended."""
    chance, price, rows = random.Random(seed), 4_200_000, []
    for minute in minutes:
        opened, price = price, price + chance.randint(-500, 500)
        high, low = max(opened, price) + chance.randint(1, 90), min(opened, price) - 7
        prices = [Decimal(each) / 100 for each in (opened, high, low, price)]
        volume = Decimal(chance.randint(0, 10**10)) / 10**8
        rows.append(Row(START + minute * MINUTE, (*prices, volume)))
    return rows


ROWS = walk(range(30))


def read(file: Path, wish: ImportHints | None = None) -> Imported:
    return read_candles(file, wish or ImportHints(), lambda _: None)


def market_of(found: Imported, folder: Path) -> list[Row]:
    """Return what `--market` plays of what was imported."""
    for product, table in found.tables.items():
        MonthFiles(folder).add(product, table)
    market = open_candles(folder)
    (listed,) = market.products
    bars = market.candles(listed.id, market.first_ns, market.end_ns or Nanos(0))
    return [Row(b.start_ns, (b.open, b.high, b.low, b.close, b.volume)) for b in bars]


UNITS = {"s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}


def in_units(unit: int) -> Callable[[int], str]:
    return lambda at_ns: str(at_ns // unit)


TIMES: dict[str, Callable[[int], str]] = {
    **{name: in_units(unit) for name, unit in UNITS.items()},
    "float": lambda at_ns: f"{at_ns // SECOND}.0",
    "iso": iso,
    "plain": lambda at_ns: iso(at_ns)[:-1].replace("T", " "),
    "short": lambda at_ns: iso(at_ns)[:16].replace("T", " "),
    "zone": lambda at_ns: iso(at_ns)[:-1] + "+00:00",
    "bare_zone": lambda at_ns: iso(at_ns)[:-1] + "+0000",
    "utc": lambda at_ns: iso(at_ns)[:-1].replace("T", " ") + " UTC",
    "dots": lambda at_ns: iso(at_ns)[:-1].replace("-", ".").replace("T", " "),
    "packed": lambda at_ns: iso(at_ns)[:-1].translate(str.maketrans("T", " ", "-:")),
}
ORDERS = ("open high low close", "low high open close", "open close high low")


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Row]]:
    """Draw candles as some tool writes them: times, order, marks, names, titles, ends of lines."""
    minutes = draw(st.sets(st.integers(2, 5_000), min_size=12, max_size=40))
    rows = walk(sorted({0, 1} | minutes), draw(st.integers(0, 99)))
    time = TIMES[draw(st.sampled_from(sorted(TIMES)))]
    mark = draw(st.sampled_from([",", ";", "\t", "|"]))
    order = draw(st.sampled_from(ORDERS)).split()
    has_names = draw(st.booleans())
    comma = mark != "," and draw(st.booleans())
    lines = []
    for row in rows:
        values = dict(zip(NAMES, row.values, strict=True))
        cells = [f"{values[name]:f}" for name in (*order, "volume")]
        cells = [cell.replace(".", ",") for cell in cells] if comma else cells
        lines.append(mark.join([time(row.start_ns), *cells, "7"]))
    if draw(st.booleans()):
        lines.reverse()
    names = mark.join(["Date", *(f" {name.title()}" for name in order), "Volume BTC", "trades"])
    titles = ["made by some tool, in 2023", ""] if draw(st.booleans()) else []
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join([*titles, *([names] if has_names else []), *lines, ""])
    return ("\ufeff" if draw(st.booleans()) else "") + text, rows


@given(texts())
def test_any_shape_of_text_is_the_same_market(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[str, list[Row]]
) -> None:
    text, rows = shape
    folder = tmp_path_factory.mktemp("text")
    file = folder / "Tool_BTCUSD_1m.csv"
    file.write_text(text, encoding="utf-8", newline="")

    found = read(file)

    assert set(found.tables) == {BTC}
    assert found.faults == ()
    assert market_of(found, folder / "out") == rows


def as_lists() -> list[list[Any]]:
    return [[row.start_ns // 10**6, *map(float, row.values)] for row in ROWS]


def as_columns(kind: Any) -> pa.Table:
    times = pa.array([row.start_ns for row in ROWS]).cast(pa.timestamp("ns", tz="UTC")).cast(kind)
    columns = {name: [float(row.values[n]) for row in ROWS] for n, name in enumerate(NAMES)}
    return pa.table({"date": times, **columns})


def objects() -> list[dict[str, str]]:
    return [
        {
            "start": str(row.start_ns // SECOND),
            **dict(zip(NAMES, map(str, row.values), strict=True)),
        }
        for row in reversed(ROWS)
    ]


def csv_text() -> str:
    lines = [",".join([iso(row.start_ns), *map(str, row.values)]) for row in ROWS]
    return "\n".join(["time," + ",".join(NAMES), *lines, ""])


FILES: dict[str, Callable[[Path], object]] = {
    "BTC_USD-1m.json": lambda file: file.write_text(json.dumps(as_lists())),
    "BTC_USD-1m.json.gz": lambda file: file.write_bytes(
        gzip.compress(json.dumps(as_lists()).encode())
    ),
    "BTC_USD-1m.feather": lambda file: feather.write_feather(
        as_columns(pa.timestamp("ms", tz="UTC")), str(file)
    ),
    "BTC_USD.parquet": lambda file: parquet.write_table(as_columns(pa.timestamp("us")), file),
    "coinbase-btc-usd.json": lambda file: file.write_text(json.dumps({"candles": objects()})),
    "btcusd.jsonl": lambda file: file.write_text("\n".join(map(json.dumps, objects()))),
    "btcusd.columns.json": lambda file: file.write_text(
        json.dumps({name: [each[name] for each in objects()] for name in objects()[0]})
    ),
    "btcusd.csv.gz": lambda file: file.write_bytes(gzip.compress(csv_text().encode())),
    "btcusd.csv.zst": lambda file: file.write_bytes(
        zstandard.ZstdCompressor().compress(csv_text().encode())
    ),
    "btcusd.csv": lambda file: file.write_text(csv_text(), encoding="utf-16"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_known_tools_are_the_same_market(tmp_path: Path, name: str) -> None:
    FILES[name](tmp_path / name)

    assert market_of(read(tmp_path / name), tmp_path / "out") == ROWS


def test_an_archive_of_one_file_is_that_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "BTCUSD-1m.zip", "w") as archive:
        archive.writestr("x.csv", csv_text())

    assert market_of(read(tmp_path / "BTCUSD-1m.zip"), tmp_path / "out") == ROWS


def test_a_date_and_a_time_of_day_in_two_columns_are_one_time(tmp_path: Path) -> None:
    lines = ["<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>"]
    for row in ROWS:
        day, clock = iso(row.start_ns)[:-1].split("T")
        lines.append("\t".join([day.replace("-", "."), clock, *map(str, row.values)]))
    (tmp_path / "BTCUSD_M1.csv").write_text("\n".join([*lines, ""]))

    assert market_of(read(tmp_path / "BTCUSD_M1.csv"), tmp_path / "out") == ROWS


def test_a_comma_beside_points_parts_thousands_and_is_no_number(tmp_path: Path) -> None:
    rows = [HEAD, good(0), good(1).replace("10.5,", "1|050,"), good(2), ""]
    text = "\n".join(rows).replace(",", ";").replace("|", ",")
    (tmp_path / "BTC-USD.csv").write_text(text)

    found = read(tmp_path / "BTC-USD.csv")

    assert found.quality[0].rows == 2
    assert "line 3" in found.faults[0][1]


def test_columns_are_what_a_person_says(tmp_path: Path) -> None:
    lines = [f"{row.values[3]},x,{row.start_ns},{row.values[4]}" for row in ROWS]
    lines = [
        ",".join([line, *(str(row.values[n]) for n in (0, 1, 2))])
        for line, row in zip(lines, ROWS, strict=True)
    ]
    (tmp_path / "m.csv").write_text("\n".join([*lines, ""]))
    wish = ImportHints(BTC, columns_chosen("close,-,ts,volume,open,high,low"))

    assert market_of(read(tmp_path / "m.csv", wish), tmp_path / "out") == ROWS


def test_no_digit_of_a_volume_is_lost(tmp_path: Path) -> None:
    (tmp_path / "BTC-USD.csv").write_text(
        f"ts,open,high,low,close,volume\n{iso(START)},1.5,2,1,1.25,123456789012.1234567891\n"
    )

    (table,) = read(tmp_path / "BTC-USD.csv").tables.values()

    assert table["volume"].to_pylist() == [Decimal("123456789012.1234567891")]


def test_several_products_are_told_apart_however_they_are_spelled(tmp_path: Path) -> None:
    names = ("BTC/USD", "ethusdt", "SOL_EUR", "X")
    lines = [f"{iso(START)},{name},1.5,2,1,1.25,1" for name in names]
    (tmp_path / "m.csv").write_text("\n".join(["ts,pair,open,high,low,close,volume", *lines, ""]))

    found = read(tmp_path / "m.csv")

    assert sorted(found.tables) == ["BTC-USD", "ETH-USDT", "SOL-EUR"]
    assert found.faults == ((1, "line 5: expected a product like BTC-USD, was 'X'"),)
    assert "rows of BTC/USD are taken as BTC-USD" in found.remarks


def good(minute: int) -> str:
    return f"{iso(START + minute * MINUTE)},10.5,12.25,10.0,11.0,1.5"


HEAD = "ts,open,high,low,close,volume"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{iso(START + MINUTE)},nan,12,10,11,1", "expected numbers"),
        (f"{iso(START + MINUTE)},,12,10,11,1", "expected numbers"),
        (f"{iso(START + MINUTE)},-1,12,10,11,1", "expected prices above 0"),
        (f"{iso(START + MINUTE)},0,0,0,0,0", "expected prices above 0"),
        (f"{iso(START + MINUTE)},10,9,8,9,1", "expected a high at or above"),
        (f"{iso(START + MINUTE)},10,12,11,11,1", "expected a low at or below"),
        (f"{iso(START + MINUTE)},10,12,9,11,-1", "expected a volume of at least 0"),
        (f'{iso(START + MINUTE)},"1,234.5",12,10,11,1', "expected numbers"),
        (f"{iso(START + MINUTE)},1e400,12,10,11,1", "expected numbers"),
        ("2023-02-30T00:00:00Z,10,12,9,11,1", "expected a time as ts"),
        ("soon,10,12,9,11,1", "expected a time as ts"),
        (f"{iso(START + MINUTE)},10,12,9", "expected 6 cells, was 4"),
        (f'{iso(START + MINUTE)},"10,12,9,11,1', "expected 6 cells, was 2"),
        ("# a word between", "expected 6 cells, was 1"),
    ],
)
def test_a_bad_row_costs_itself_and_is_told_with_its_line(
    tmp_path: Path, row: str, said: str
) -> None:
    rows = [HEAD, good(0), row, good(2), good(3), ""]
    (tmp_path / "BTC-USD.csv").write_text("\n".join(rows))

    found = read(tmp_path / "BTC-USD.csv")

    ((count, first),) = found.faults
    assert count == 1
    assert "line 3" in first
    assert said in first
    assert found.rows == 4
    assert found.quality[0].rows == 3
    assert (found.quality[0].missing, found.quality[0].gaps) == (1, 1)


def test_a_last_line_without_an_end_may_be_cut_off_and_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "BTC-USD.csv").write_text("\n".join([HEAD, good(0), good(1)]))

    found = read(tmp_path / "BTC-USD.csv")

    assert found.quality[0].rows == 1
    assert found.faults[0][1].startswith("line 3: the file ends within it")


def test_rows_that_are_there_twice_count_once_and_rows_that_differ_are_refused(
    tmp_path: Path,
) -> None:
    file = tmp_path / "BTC-USD.csv"
    file.write_text("\n".join([HEAD, good(0), good(1), good(1), ""]))
    assert any("there twice count once: 1" in each for each in read(file).remarks)

    file.write_text("\n".join([HEAD, good(0), good(1), good(1)[:-1] + "7", ""]))
    with pytest.raises(MarketError, match=r"line 4: BTC-USD at .* one row a minute"):
        read(file)


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "the file is empty"),
    "blank": ("\n\n \n", "the file is empty"),
    "binary": (bytes(range(256)) * 9, "line 1: "),
    "no_utf8": (b"\xff\xfeX\xd8" * 9, "line 1: "),
    "cut_gz": (gzip.compress(random.Random(1).randbytes(999))[:500], "line 1: can't be read"),
    "cut_zst": (zstandard.ZstdCompressor().compress(b"a,b\n" * 999)[:20], "can't be read"),
    "no_zip": (b"PK\x03\x04" + b"x" * 99, "line 1: can't be read"),
    "huge_line": (f"{HEAD}\n{good(0)}\n" + "9" * 99_999, "line 3: expected at most 65,536"),
    "words": ("nothing of this\nis a market\n", "expected rows of a time"),
    "names_alone": (f"{HEAD}\n", "expected a time, four prices and a volume in some row"),
    "no_volume": ("ts,open,high,low,close,x\n" + good(0) + "\n", "found none for volume"),
    "twice_close": ("ts,open,high,low,close,close,volume\n" + good(0) + ",1\n", "one column close"),
    "two_units": (
        f"{HEAD}\n1701388200,1,1,1,1,1\n1701388260000,1,1,1,1,1\n",
        "can't be: one of them (line 2) lies before 1971",
    ),
    "hours": (
        "\n".join([HEAD, *(good(60 * hour) for hour in range(5)), ""]),
        "bars 60 minutes apart",
    ),
    "seconds": ("\n".join([HEAD, good(0).replace(":00Z", ":07Z"), ""]), "line 2: BTC-USD at"),
    "day_first": (
        "\n".join([HEAD, good(0).replace("2023-11-30", "30/11/2023"), ""]),
        "expected ts as a time",
    ),
    "thousands_or_decimals": (
        f"{HEAD}\n{good(0)}\n".replace(",", ";")
        .replace("10.5", "10,500")
        .replace(".0", "")
        .replace("12.25", "12,250")
        .replace("1.5", "1,500"),
        "does the comma part thousands or decimals",
    ),
    "flat": (
        "\n".join([*(f"{1701388200 + 60 * n},5,5,5,5,1" for n in range(9)), ""]),
        "more than one that can be",
    ),
    "swapped": (
        "\n".join(
            ",".join(map(str, (row.start_ns // SECOND, *(row.values[n] for n in (3, 1, 2, 0, 4)))))
            for row in ROWS
        )
        + "\n",
        "expected the open left of the close",
    ),
    "no_time": ("1.5,2,1,1.25,3,4\n" * 2, "a column of times"),
    "noise": (
        "\n".join([HEAD, f"{iso(START)},10.123456789012345,11.1,9.1234567890123,10,1", ""]),
        "share their decimals",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_leaves_something_open_is_refused_with_the_place(tmp_path: Path, case: str) -> None:
    content, said = REFUSED[case]
    file = tmp_path / "BTC-USD.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)

    with pytest.raises(MarketError) as refused:
        read(file)

    assert str(refused.value).startswith(f"{file}: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "can't be read as JSON"),
        ("{", "can't be read as JSON"),
        ("[" * 100_000, "can't be read as JSON"),
        ("7", "expected one list of candles"),
        ("{}", "expected one list of candles"),
        ("[]", "expected"),
        ("[1, 2]", "expected"),
        ('[{"a": 1}]', "expected members like open and close"),
        ("[[null, null, null, null, null, null]]", "expected"),
    ],
)
def test_json_without_candles_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "BTC-USD.json"
    file.write_text(text)

    with pytest.raises(MarketError, match=said):
        read(file)


def test_entries_of_json_that_are_no_candles_are_left_out_and_told(tmp_path: Path) -> None:
    rows: list[Any] = [*as_lists(), [1, 2], None, {"a": 1}]
    (tmp_path / "BTC_USD.json").write_text(json.dumps(rows))

    found = read(tmp_path / "BTC_USD.json")

    assert market_of(found, tmp_path / "out") == ROWS
    assert sum(count for count, _ in found.faults) == 3


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"BTC-USD{suffix}"
    file.write_bytes(b"PAR1 nothing of the kind")

    with pytest.raises(MarketError, match="can't be read"):
        read(file)


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_is_candles_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("BTC-USD.csv", "BTC-USD.json", "BTC-USD.parquet", "BTC-USD.feather"):
        (folder / name).write_bytes(content)
        with pytest.raises(MarketError):
            read(folder / name)


@given(st.text("0123456789.,;-+eE:TZ\"'\n\r\t nax{}[]", max_size=300))
def test_whatever_stands_behind_good_rows_is_candles_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, tail: str
) -> None:
    file = tmp_path_factory.mktemp("tail") / "BTC-USD.csv"
    file.write_text(csv_text() + tail, encoding="utf-8", newline="")

    try:
        assert read(file).quality[0].rows >= len(ROWS)
    except MarketError as error:
        refusal = str(error)
    else:
        refusal = f"{file}: it is candles"
    assert refusal.startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("BTC-USD.csv", "BTC-USD"),
        ("BTC-USD-2023-11.csv", "BTC-USD"),
        ("BTC_USDT-1m.csv", "BTC-USDT"),
        ("BTCUSDT-1m-2023-12.csv", "BTC-USDT"),
        ("Bitstamp_BTCUSD_minute.csv", "BTC-USD"),
        ("btcusd_1-min_data.csv", "BTC-USD"),
        ("coinbase-sol-eur-1m.csv", "SOL-EUR"),
        ("USDT-USD.csv", "USDT-USD"),
    ],
)
def test_a_file_is_named_after_its_product(tmp_path: Path, name: str, product: str) -> None:
    (tmp_path / name).write_text(csv_text())

    assert list(read(tmp_path / name).tables) == [product]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prices.csv", "does not say which"),
        ("BTCUSD_ETHUSD.csv", "says BTC-USD and ETH-USD"),
        ("BTC_USDT_USDT-1m-futures.csv", "expected spot prices"),
    ],
)
def test_a_name_that_leaves_the_product_open_asks_for_it(
    tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / name).write_text(csv_text())

    with pytest.raises(MarketError, match=said):
        read(tmp_path / name)
    assert list(read(tmp_path / name, ImportHints(BTC)).tables) == [BTC]
