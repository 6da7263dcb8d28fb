"""Candles kept as one Parquet file a product and month, as `--market` takes them from a folder.

Numbers are decimals: what was written is what is read. A minute that is there already is never
written over: it has to be the same.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from attrs import frozen
from filelock import FileLock
from numpy.typing import NDArray

from adapters.simulator.market_data.candles import COLUMNS
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import DECIMALS_MAX, PARSED
from domain.model.instants import SECOND, iso
from domain.model.money import plain
from domain.model.product import ProductId

NUMBER = pa.decimal128(38, DECIMALS_MAX)
SCHEMA = pa.schema(
    [
        ("ts", pa.timestamp("ns", tz="UTC")),
        ("symbol", pa.string()),
        *((name, NUMBER) for name in COLUMNS),
    ]
)
LOCK = ".lock"


@frozen
class Written:
    """A month's file: how many rows it has now, and how many of them are new."""

    file: Path
    rows: int
    new: int


def table_of(
    product: ProductId, starts: NDArray[np.int64], columns: Sequence[pa.Array]
) -> pa.Table:
    """Return candles in the form of the files; `columns` are `COLUMNS`, texts or decimals.

    Raises:
        MarketError: a number has more digits than are kept.
    """
    try:
        numbers = [each.cast(NUMBER) for each in columns]
    except pa.ArrowException as error:
        raise MarketError(
            f"{product}: expected numbers of at most {DECIMALS_MAX} decimals: {error}"
        ) from error
    names = pa.array([product], pa.string()).take(pa.array(np.zeros(len(starts), np.int64)))
    times = pa.array(starts).cast(SCHEMA.field("ts").type)
    return pa.Table.from_arrays([times, names, *numbers], schema=SCHEMA)


class MonthFiles:
    """The months of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file_of(self, product: ProductId, month: str) -> Path:
        """Return where a month (like 2023-12) of a product is kept."""
        return self._folder / f"{re.sub('[^A-Za-z0-9-]', '_', product)}-{month}.parquet"

    def read(self, product: ProductId, month: str) -> pa.Table:
        """Return what is kept of a month, nothing where there is no file.

        Raises:
            MarketError: the file is none of these.
            OSError: it can't be read.
        """
        file = self.file_of(product, month)
        if not file.exists():
            return SCHEMA.empty_table()
        try:
            table = parquet.read_table(file)
        except PARSED as error:
            raise MarketError(f"{file}: can't be read: {error}; move it away") from error
        if not table.schema.equals(SCHEMA) or set(table["symbol"].to_pylist()) - {product}:
            raise MarketError(f"{file}: expected candles of {product} as kept here; move it away")
        return table

    def add(self, product: ProductId, table: pa.Table) -> tuple[Written, ...]:
        """Keep candles; those that are there already count once.

        Raises:
            MarketError: one that is there says something else; nothing was written.
            OSError: some month could not be written; those before it were.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / LOCK):
            joined = [
                (self.file_of(product, month), *self._joined(product, month, part))
                for month, part in by_month(table)
            ]
            for file, whole, new in joined:
                if new:
                    _write(file, whole)
        return tuple(Written(file, whole.num_rows, new) for file, whole, new in joined)

    def _joined(self, product: ProductId, month: str, part: pa.Table) -> tuple[pa.Table, int]:
        kept = self.read(product, month)
        both = pa.concat_tables([kept, part]).sort_by("ts").combine_chunks()
        times = np.asarray(both["ts"].cast(pa.int64()))
        again = np.flatnonzero(np.diff(times) == 0) + 1
        for name in COLUMNS:
            column = both[name].combine_chunks()
            other = column.take(pa.array(again)), column.take(pa.array(again - 1))
            differs = np.flatnonzero(np.asarray(compute.not_equal(*other)))
            if len(differs):
                row = int(again[differs[0]])
                raise MarketError(
                    f"{self.file_of(product, month)}: {product} at {iso(int(times[row]))}:"
                    f" {name} is {_shown(column[row - 1])} and {_shown(column[row])}: two sources"
                    " that differ; keep them in folders of their own"
                )
        is_first = np.ones(len(times), dtype=np.bool_)
        is_first[again] = False
        whole = both.filter(pa.array(is_first))
        return whole, whole.num_rows - kept.num_rows


def by_month(table: pa.Table) -> list[tuple[str, pa.Table]]:
    """Return the months of a table, the oldest first, with their rows."""
    stamps = np.asarray(table["ts"].cast(pa.int64())).astype("datetime64[ns]")
    months = stamps.astype("datetime64[M]")
    return [(str(each), table.filter(pa.array(months == each))) for each in np.unique(months)]


def month_starts(start_ns: int, end_ns: int) -> list[tuple[str, int, int]]:
    """Return the months of a span with start_ns <= time < end_ns: name, and what of it is asked."""
    found = []
    while start_ns < end_ns:
        begin = datetime.fromtimestamp(start_ns // SECOND, UTC)
        year, month = divmod(begin.year * 12 + begin.month, 12)
        following = int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * SECOND
        found.append((f"{begin:%Y-%m}", start_ns, min(following, end_ns)))
        start_ns = following
    return found


def _shown(number: pa.Decimal128Scalar) -> str:
    return plain(number.as_py().normalize())


def _write(file: Path, table: pa.Table) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            parquet.write_table(table, stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
