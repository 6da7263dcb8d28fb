"""Files that other programs read: exact, typed, and written without holding them in memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.results.tabular import BATCH_ROWS, DoesNotFit, write_csv, write_parquet
from domain.model.instants import DAY, Nanos
from domain.model.money import Amount, Quantity
from domain.results.exports import CellKind, Column, Fills, Row, Span
from domain.results.tax_lots import TaxLots
from tests.builders.accounts import Record, opened
from tests.builders.full import IS_FULL, some
from tests.builders.messages import NOW, an_intent, approved, approved_sale, booked

COLUMNS = (
    Column("at_utc", CellKind.MOMENT, "UTC"),
    Column("price_currency", CellKind.DECIMAL, "currency per asset"),
    Column("cycle", CellKind.WHOLE),
    Column("why", CellKind.TEXT),
    Column("is_maker", CellKind.FLAG),
)
EXACT = Decimal("123456789012345678.12345678901234567891")
ROWS: list[Row] = [
    (NOW, EXACT, 7, 'a "word", and\na line', True),
    (NOW + 1, Decimal("1E-8"), None, "", False),
    (NOW, None, 0, "größer", None),
]


def test_a_csv_has_plain_exact_texts() -> None:
    file = io.StringIO()

    assert write_csv(COLUMNS, ROWS, file) == 3

    header, *told = csv.reader(io.StringIO(file.getvalue()))
    assert header == ["at_utc", "price_currency", "cycle", "why", "is_maker"]
    assert told == [
        ["2023-12-12T04:00:00.000000000Z", str(EXACT), "7", 'a "word", and\na line', "true"],
        ["2023-12-12T04:00:00.000000001Z", "0.00000001", "", "", "false"],
        ["2023-12-12T04:00:00.000000000Z", "", "0", "größer", ""],
    ]


def test_parquet_has_decimals_and_moments_in_utc(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"

    assert write_parquet(COLUMNS, ROWS, file) == 3

    table = parquet.read_table(file)
    assert [str(each) for each in table.schema.types] == [
        "timestamp[ns, tz=UTC]",
        "decimal128(38, 20)",
        "int64",
        "string",
        "bool",
    ]
    assert table.schema.field("price_currency").metadata[b"unit"] == b"currency per asset"
    assert table.column("price_currency").to_pylist() == [EXACT, Decimal("1E-8"), None]
    assert table.column("at_utc").cast(pa.int64()).to_pylist() == [NOW, NOW + 1, NOW]
    assert table.column("is_maker").to_pylist() == [True, False, None]


@pytest.mark.parametrize("number", ["1E-21", "1E18", "0.123456789012345678901"])
def test_what_does_not_fit_is_refused_and_not_rounded(number: str, tmp_path: Path) -> None:
    row: Row = (NOW, Decimal(number), 1, "", True)

    with pytest.raises(DoesNotFit, match=r"price_currency is .* export it to a \.csv file"):
        write_parquet(COLUMNS, [row], tmp_path / "rows.parquet")


def test_no_rows_leave_a_file_with_its_columns(tmp_path: Path) -> None:
    assert write_parquet(COLUMNS, [], tmp_path / "none.parquet") == 0
    assert parquet.read_table(tmp_path / "none.parquet").column_names[0] == "at_utc"


def many(count: int) -> Iterator[Record]:
    """Yield a journal in which something is bought and sold again so often."""
    yield from opened()
    for number in range(1, count // 2 + 1):
        at_ns = Nanos(NOW + number * DAY // 100)
        entry = an_intent(approved(approval=number, quantity=Quantity(Decimal(2))), number)
        sale = an_intent(approved_sale(entry.client_order_id), number + count)
        fee = Amount(Decimal("0.01"))
        yield at_ns, booked(entry, entry_id=f"b{number}", at_ns=at_ns, fee=fee)
        yield at_ns, booked(sale, entry_id=f"s{number}", at_ns=at_ns, fee=fee)


def peak(table: Fills | TaxLots, count: int, file: Path) -> int:
    """Return the bytes that writing the table of so many fills takes at most."""

    def told() -> Iterator[Row]:
        for at_ns, message in many(count):
            yield from table.take(at_ns, message)

    tracemalloc.start()
    try:
        write_parquet(table.columns, told(), file)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


FILLS = 100_000 if IS_FULL else 3 * BATCH_ROWS


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", some([TaxLots, Fills]))
def test_as_much_memory_is_needed_for_many_fills_as_for_a_batch(
    kind: type[Fills | TaxLots], tmp_path: Path
) -> None:
    few = peak(kind(Span()), BATCH_ROWS, tmp_path / "few.parquet")
    # The ids of the newest fills are kept, 24,000 at most, to know one that comes twice.
    kept = 24_000 * 200

    assert peak(kind(Span()), FILLS, tmp_path / "many.parquet") < 1.5 * few + kept
    assert parquet.ParquetFile(tmp_path / "many.parquet").metadata.num_rows >= FILLS // 2
