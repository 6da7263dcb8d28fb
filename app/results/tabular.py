"""Tables as files that pandas, Polars and spreadsheets read: CSV and Parquet, row by row.

Exact: a CSV has decimals as plain text and times as RFC 3339; Parquet has decimal128 with
`SCALE` digits behind the point, and timestamps in nanoseconds UTC.
"""

from __future__ import annotations

import contextlib
import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from domain.model.errors import TradingError
from domain.model.instants import SECOND, iso
from domain.model.money import plain
from domain.results.exports import CellKind, Column, Row

DIGITS, SCALE = 38, 20
"""What Parquet readers take as a decimal at most, and how much of it stands behind the point."""
BATCH_ROWS = 1_024


class DoesNotFit(TradingError):
    """A value has more digits than the form can hold; it is not rounded."""


def _moment(at_ns: int) -> str:
    """Return a time of one width: who guesses a format from the first row can read all."""
    return f"{iso(at_ns - at_ns % SECOND)[:-1]}.{at_ns % SECOND:09d}Z"


_TEXTS: Mapping[CellKind, Callable[[Any], str]] = {
    CellKind.MOMENT: _moment,
    CellKind.DECIMAL: plain,
    CellKind.WHOLE: str,
    CellKind.TEXT: str,
    CellKind.FLAG: lambda value: "true" if value else "false",
}


def write_csv(columns: tuple[Column, ...], rows: Iterable[Row], file: TextIO) -> int:
    """Write a header and the rows; return how many rows there were.

    Raises:
        OSError: they could not be written.
    """
    writer, count = csv.writer(file, lineterminator="\n"), 0
    writer.writerow([column.name for column in columns])
    texts = [_TEXTS[column.kind] for column in columns]
    for row in rows:
        writer.writerow(
            ["" if value is None else text(value) for text, value in zip(texts, row, strict=True)]
        )
        count += 1
    return count


def write_parquet(columns: tuple[Column, ...], rows: Iterable[Row], path: Path) -> int:
    """Write the rows, of which a batch is held at a time; return how many there were.

    Raises:
        OSError: they could not be written.
        DoesNotFit: a number has more digits than Parquet's decimals.
    """
    import pyarrow as pa  # half a second that only this form needs
    import pyarrow.parquet as parquet

    kinds = {
        CellKind.MOMENT: pa.timestamp("ns", tz="UTC"),
        CellKind.DECIMAL: pa.decimal128(DIGITS, SCALE),
        CellKind.WHOLE: pa.int64(),
        CellKind.TEXT: pa.string(),
        CellKind.FLAG: pa.bool_(),
    }
    schema = pa.schema(
        [pa.field(each.name, kinds[each.kind], metadata={"unit": each.unit}) for each in columns]
    )
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows):
            for row in batch:
                _check(columns, row)
            values = zip(*batch, strict=True)
            arrays = [
                pa.array(each, field.type) for each, field in zip(values, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a file beside `target` that takes its place once it is whole.

    Raises:
        OSError: there can be no file; it names `target`.
    """
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    except OSError as error:  # people know the file, and not the name that it has for a moment
        raise OSError(error.errno, error.strerror, str(target)) from error
    os.close(handle)
    try:
        yield Path(name)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _batches(rows: Iterable[Row]) -> Iterable[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _check(columns: tuple[Column, ...], row: Row) -> None:
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, Decimal) and not _fits(value):
            raise DoesNotFit(
                f"{column.name} is {plain(value)}, which has more digits than a Parquet decimal"
                f" ({DIGITS}, of them {SCALE} behind the point); export it to a .csv file"
            )


def _fits(value: Decimal) -> bool:
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -SCALE and normal.adjusted() < DIGITS - SCALE
