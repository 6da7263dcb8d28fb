"""`data import` and `data inspect`: what people have, what becomes of it, what they are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.market_data.open import open_market
from adapters.simulator.market_data.source import MarketError
from app.command_line.cli import main
from app.commands.data import HISTORY
from domain.model.instants import MINUTE, Nanos, iso, parse_iso

START = parse_iso("2023-12-11T02:00:00Z")
ROWS = [f"{(START + n * MINUTE) // 10**6},10.5,12.25,10.0,11.{n},1.5" for n in range(4)]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a file without names of columns, as a venue hands it out."""
    file = tmp_path / "BTCUSD-1m-2023-12.csv"
    file.write_text("\n".join([*ROWS, ""]))
    return file


def called(tmp_path: Path, *words: str | Path) -> int:
    return main(["data", *map(str, words), "--data-dir", str(tmp_path / "data")])


def reported(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def refusal(source: Path) -> str:
    with pytest.raises(MarketError) as refused:
        opened(source)
    return str(refused.value)


def opened(source: Path) -> Any:
    return open_market(
        str(source), seed=1, start_ns=None, origin_ns=START, lookback_ns=Nanos(MINUTE)
    )


def test_what_market_refuses_names_the_commands_that_help_and_they_do(
    tmp_path: Path, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(bare)

    assert f"`python run.py data inspect {bare}`" in said
    assert f"`python run.py data import {bare} --out FOLDER`" in said
    assert called(tmp_path, "inspect", bare) == 1
    told = capsys.readouterr().out
    assert "--market refuses it: expected the columns ts" in told
    assert f"`python run.py data import --data-dir {tmp_path / 'data'} {bare}` makes" in told
    assert called(tmp_path, "import", bare, "--out", tmp_path / "out") == 0
    assert f"--market {tmp_path / 'out'}` trades on it" in capsys.readouterr().out
    assert opened(tmp_path / "out").products[0].id == "BTC-USD"
    assert called(tmp_path, "inspect", tmp_path / "out") == 0
    assert "candles; --market takes it" in capsys.readouterr().out


def test_the_report_of_an_import_is_a_document(
    tmp_path: Path, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.write_text("\n".join([*ROWS[:2], "1,2,3", ROWS[3], ""]))

    assert called(tmp_path, "import", bare, "--json") == 0

    document = reported(capsys)
    (file,) = document["files"]
    (product,) = file["products"]
    assert document["out"] == str(tmp_path / "data" / HISTORY)
    assert (file["ok"], file["problem"], file["rows"]) == (True, None, 4)
    assert file["left_out"] == [{"rows": 1, "first": "line 3: expected 6 cells, was 3"}]
    assert (product["product"], product["minutes"], product["missing_minutes"]) == ("BTC-USD", 3, 1)
    assert (product["longest_gap_at"], product["tick"]) == (iso(START + 2 * MINUTE), "0.01")
    assert [each["new"] for each in file["written"]] == [3]


def test_an_import_again_adds_nothing(
    tmp_path: Path, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(tmp_path, "import", bare) == 0
    assert called(tmp_path, "import", bare) == 0

    assert "4 minutes, all of them were there already" in capsys.readouterr().out


def test_a_file_that_is_refused_costs_only_itself_and_the_exit_code(
    tmp_path: Path, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "prices.csv"
    other.write_text(bare.read_text())

    assert called(tmp_path, "import", other, bare) == 1

    told = capsys.readouterr()
    assert "name it with --product BTC-USD" in told.err
    assert "4 of them new" in told.out


def test_a_folder_is_all_its_files(
    tmp_path: Path, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "empty").mkdir()

    assert called(tmp_path, "import", tmp_path) == 0
    assert called(tmp_path, "import", tmp_path / "empty") == 1
    assert "the folder has none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "nothing.csv"), "does not exist"),
        (("inspect", "nothing.csv"), "does not exist"),
        (("import",), "Missing argument"),
        (("import", "FILE", "--product", "BTC"), "did you mean BTC-USD?"),
        (("import", "FILE", "--columns", "ts,open"), "high is missing"),
        (("import", "FILE", "--columns", "ts,what"), "'what' is none"),
        (("import", "FILE", "--columns", "ts,ts,open,high,low,close,volume"), "ts is there twice"),
        (("fetch", "BTC-USD"), "Missing option '--from'"),
        (("fetch", "btc", "--from", "2023-12-10"), "did you mean BTC-USD?"),
        (("fetch", "BTC-USD", "--from", "2023-12-10", "--to", "2023-12-09"), "--from must be"),
        (("fetch", "BTC-USD", "--from", "2999-12-10"), "--from must be"),
        (
            ("fetch", "BTC-USD", "--from", "2023-12-10", "--venue-url", "http://example.com"),
            "for this machine only",
        ),
    ],
)
def test_bad_usage_is_told_and_nothing_is_done(
    tmp_path: Path,
    bare: Path,
    words: Sequence[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert called(tmp_path, *(str(bare) if word == "FILE" else word for word in words)) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_inspect_says_what_an_import_refuses_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "BTC-USD.csv"
    file.write_text("nothing\nof the kind\n")

    assert called(tmp_path, "inspect", file, "--json") == 1

    document = reported(capsys)
    assert (document["playable"], document["importable"]) == (False, False)
    assert "expected the columns" in document["problem"]
    assert "expected rows of a time" in document["imports"][0]["problem"]


def test_inspect_knows_trades(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ETH-USD.csv"
    file.write_text(f"ts,price,size\n{iso(START)},10.25,1\n{iso(START + 1)},10.5,1\n")

    assert called(tmp_path, "inspect", file, "--json") == 0

    document = reported(capsys)
    assert document["kind"] == "trades"
    assert document["products"] == [
        {
            "product": "ETH-USD",
            "first_minute": iso(START),
            "last_minute": iso(START),
            "tick": "0.01",
        }
    ]


def test_inspect_of_candles_says_gaps_outliers_and_rows_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{iso(START + n * MINUTE)},10,10,10,10,1" for n in (0, 1, 4)]
    rows[1] = rows[1].replace("10,10,10,10", "10,13,10,10")
    bad = f"{iso(START + 2 * MINUTE)},0,0,0,0,1"
    file = tmp_path / "BTC-USD.csv"
    file.write_text("\n".join(["ts,open,high,low,close,volume", *rows, bad, ""]))

    assert called(tmp_path, "inspect", file) == 0

    told = capsys.readouterr().out
    assert "1 of 4 rows could not be read" in told
    assert "gaps: 2 minutes missing in 1 place; the longest begins 2023-12-11T02:02:00Z" in told
    assert "outliers: 1 bar more than 10 % away" in told
