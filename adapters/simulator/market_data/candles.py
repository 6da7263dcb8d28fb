"""Recorded minute candles from Parquet or CSV, one file or a folder of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from attrs import evolve, frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.digits import MOST_DECIMALS
from adapters.simulator.market_data.reading import FileRows, Reading
from adapters.simulator.market_data.scratch import ScratchFile, ScratchPages, ScratchPlace
from adapters.simulator.market_data.source import MarketError, MinuteColumns
from adapters.simulator.market_data.tables import (
    COUNTED_EXACTLY,
    DECIMALS_MAX,
    LEAST,
    LINE,
    clean,
    countable,
    fingerprint,
    numbers,
    product_of,
    products_in,
    read_table,
    rows_of_all,
    timed,
)
from domain.model.errors import InvariantBroken
from domain.model.instants import MINUTE, Nanos, iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId

COLUMNS = ("open", "high", "low", "close", "volume")
MOST_ROWS = 2_000_000
"""Rows of a market that stay in memory, some 100 MB; more of them lie in a scratch file."""
LEFT_OUT = "such a minute is played without a trade"


@frozen(eq=False)
class CandleRows:
    """One product's rows as columns (`COLUMNS`), sorted by time."""

    starts: NDArray[np.int64]
    columns: tuple[NDArray[np.float64], ...]
    lines: NDArray[np.int64] | None = None
    """Lines of the file that they stand in, where they are known."""
    pages: ScratchPages | None = None
    """Where they lie, if not in memory."""

    def where(self, mask: NDArray[np.bool_] | NDArray[np.intp]) -> CandleRows:
        """Return the rows that `mask` marks, or lists."""
        lines = None if self.lines is None else self.lines[mask]
        columns = tuple(column[mask] for column in self.columns)
        return CandleRows(self.starts[mask], columns, lines)

    def use(self, rows: int) -> None:
        """Count rows that are looked at."""
        if self.pages is not None:
            self.pages.use(rows)

    def words(self, name: str, row: int, expected: str) -> str:
        """Return what is wrong with a row, in words."""
        values = ", ".join(
            f"{c}={float(v[row])!r}" for c, v in zip(COLUMNS, self.columns, strict=True)
        )
        line = "" if self.lines is None else f"line {self.lines[row]}: "
        return f"{line}{name} at {iso(int(self.starts[row]))}: expected {expected}, was {values}"


class CandleMarket:
    """Minute candles of one or more products; ragged edges and missing minutes are allowed."""

    prices: Literal["invented", "recorded"] = "recorded"

    def __init__(self, name: str, found: FileRows[CandleRows]) -> None:
        self._name, self.remarks = name, found.remarks
        self._rows = dict(sorted(found.rows.items()))
        self.description = f"{name} sha256={fingerprint(self._marks())}"
        self.products = tuple(self._product(product) for product in self._rows)
        self._products = {product.id: product for product in self.products}
        self._scales = {
            each.id: [*[float(1 / each.price_increment)] * 4, float(1 / each.base_increment)]
            for each in self.products
        }
        # The last two rows that were read one by one: a minute is asked about many times.
        self._read: dict[tuple[ProductId, int], tuple[int, Bar]] = {}
        # The last stretch: an hour is told, and then is what the next one's books are drawn by.
        self._stretch: dict[ProductId, tuple[int, int, list[Bar]]] = {}
        self.first_ns = Nanos(min(int(found.starts[0]) for found in self._rows.values()))
        last = max(int(found.starts[-1]) for found in self._rows.values())
        self.end_ns: Nanos | None = Nanos(last + MINUTE)

    def _marks(self) -> Iterator[tuple[ProductId, Sequence[NDArray[np.generic]]]]:
        for product, rows in self._rows.items():
            yield product, (rows.starts, *rows.columns)
            rows.use(len(rows.starts))

    def _product(self, product: ProductId) -> Product:
        rows = self._rows[product]
        found = product_of(product, rows.columns[:4], rows.columns[4:])
        rows.use(len(rows.starts))
        return found

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute lies between the product's first and last row."""
        rows = self._rows.get(product)
        return rows is not None and bool(rows.starts[0] <= minute_ns <= rows.starts[-1])

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the row of that minute, None where there is none."""
        rows = self._rows[product]
        index = int(rows.starts.searchsorted(minute_ns))
        if index == len(rows.starts) or rows.starts[index] != minute_ns:
            return None
        return self._bar(product, rows, index)

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the rows with start_ns <= start < end_ns, oldest first."""
        rows = self._rows[product]
        first, stop = (int(each) for each in rows.starts.searchsorted((start_ns, end_ns)))
        known = self._stretch.get(product)
        if known is None or known[:2] != (first, stop):
            known = self._stretch[product] = first, stop, _bars(product, rows, slice(first, stop))
            rows.use(stop - first)
        return known[2].copy()

    def minutes(self, product: ProductId, start_ns: int, end_ns: int) -> MinuteColumns:
        """Return the rows with start_ns <= start < end_ns as whole numbers.

        A price is a whole number of increments that fits into a float: rounding finds it again.
        """
        rows = self._rows[product]
        first, stop = rows.starts.searchsorted((start_ns, end_ns)).tolist()
        rows.use(stop - first)
        whole = [
            np.rint(column[first:stop] * scale).astype(np.int64)
            for column, scale in zip(rows.columns, self._scales[product], strict=True)
        ]
        return MinuteColumns(rows.starts[first:stop], *whole)

    def worth(self, product: ProductId, start_ns: int, end_ns: int) -> tuple[int, float]:
        """Return how many rows have start_ns <= start < end_ns, and the sum of close times volume:
        to the last digit what `candles` add up to one by one.
        """
        rows = self._rows[product]
        first, stop = rows.starts.searchsorted((start_ns, end_ns)).tolist()
        rows.use(stop - first)
        closes, volumes = rows.columns[3][first:stop], rows.columns[4][first:stop]
        return stop - first, sum((closes * volumes).tolist())

    def renamed(self, names: Mapping[ProductId, ProductId]) -> CandleMarket:
        """Return the same candles with other names of products."""
        rows = {names.get(product, product): rows for product, rows in self._rows.items()}
        return CandleMarket(self._name, FileRows(rows, self.remarks))

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest row that starts before `minute_ns`."""
        rows = self._rows[product]
        index = int(rows.starts.searchsorted(minute_ns)) - 1
        return self._bar(product, rows, index) if index >= 0 else None

    def _bar(self, product: ProductId, rows: CandleRows, index: int) -> Bar:
        key = product, index % 2
        found = self._read.get(key)
        if found is None or found[0] != index:
            found = self._read[key] = index, _bar(product, rows, index)
        return found[1]

    def rows(self, product: ProductId) -> CandleRows:
        """Return all rows of a product that the market has."""
        return self._rows[product]

    def reach(self) -> list[tuple[int, int]]:
        """Return first and last minute of each product."""
        return [(int(r.starts[0]), int(r.starts[-1])) for r in self._rows.values()]


def open_candles(path: Path) -> CandleMarket:
    """Return the candles of a file, or of all files of a folder.

    A row that can't be read is left out: its minute is one without a row.

    Raises:
        MarketError: there is nothing to read, or it can't be told what the rows are; names file
            and row.
    """
    keeping = _Keeping()
    found = rows_of_all(path, keeping.read, keeping.joined)
    every = {product: keeping.shown(rows) for product, rows in found.rows.items()}
    for product, rows in every.items():
        check_width(path, product, rows)
        rows.use(len(rows.starts))
    return CandleMarket(path.name, FileRows(every, found.remarks))


class _Keeping:
    """Reads files one by one: from the one on with which they are too many, rows leave memory.

    Then what is in memory at once is one file, or the rows of one product that has several.
    """

    def __init__(self) -> None:
        self._rows = 0
        self._file: ScratchFile | None = None

    def read(self, file: Path) -> FileRows[CandleRows | ScratchPlace]:
        """Return the rows of a file, or where they are kept."""
        found = _read(file)
        self._rows += sum(len(rows.starts) for rows in found.rows.values())
        if self._rows > MOST_ROWS and self._file is None:
            self._file = ScratchFile()
        return FileRows({name: self._put(rows) for name, rows in found.rows.items()}, found.remarks)

    def joined(
        self, reading: Reading, name: str, parts: Sequence[CandleRows | ScratchPlace]
    ) -> CandleRows | ScratchPlace:
        """Return the rows of several files as one, or where they are kept."""
        return self._put(_joined(reading, name, [self._in_memory(part) for part in parts]))

    def shown(self, rows: CandleRows | ScratchPlace) -> CandleRows:
        """Return the rows where they are, when all files have been read."""
        if isinstance(rows, CandleRows):
            return rows
        (starts, *columns), pages = self._scratch.shown(rows)
        return CandleRows(starts, tuple(columns), pages=pages)

    def _put(self, rows: CandleRows) -> CandleRows | ScratchPlace:
        return rows if self._file is None else self._file.put((rows.starts, *rows.columns))

    def _in_memory(self, rows: CandleRows | ScratchPlace) -> CandleRows:
        if isinstance(rows, CandleRows):
            return rows
        starts, *columns = self._scratch.read(rows)
        return CandleRows(starts, tuple(columns))

    @property
    def _scratch(self) -> ScratchFile:
        if self._file is None:
            raise InvariantBroken("rows are kept in a file that there isn't")
        return self._file


def _read(file: Path) -> FileRows[CandleRows]:
    reading = Reading(file, "candles", LEFT_OUT)
    return candles_in(reading, read_table(reading, ("ts", *COLUMNS)))


def candles_in(reading: Reading, table: pa.Table) -> FileRows[CandleRows]:
    """Return the candles of a table that has a column `ts` and `COLUMNS`.

    It may have a column `symbol`, and `line`: where each row stands in the file, for words.

    Raises:
        MarketError: none of them can be read, or it can't be told what they are.
    """
    table, starts = timed(reading, table)
    columns = tuple(numbers(reading.file, name, table[name]) for name in COLUMNS)
    lines = np.asarray(table[LINE], dtype=np.int64) if LINE in table.column_names else None
    every = CandleRows(starts, columns, lines)
    found = {}
    for name, mask in products_in(reading, table):
        rows = every.where(np.flatnonzero(mask)[np.argsort(starts[mask], kind="stable")])
        _check_minutes(reading.file, name, rows)
        rows = _once(reading, name, _readable(reading, name, rows))
        if len(rows.starts):
            prices = clean(reading, name, rows.columns[:4])
            volumes = countable(reading, name, "volume", rows.columns[4])
            found[ProductId(name)] = evolve(rows, columns=(*prices, volumes))
    return reading.end(found)


def _joined(reading: Reading, name: str, parts: Sequence[CandleRows]) -> CandleRows:
    """Return the rows of several files as one; what two of them say alike counts once.

    Raises:
        MarketError: they say different things of one minute.
    """
    starts = np.concatenate([part.starts for part in parts])
    columns = tuple(
        np.concatenate(each) for each in zip(*(part.columns for part in parts), strict=True)
    )
    order = np.argsort(starts, kind="stable")
    return _once(reading, name, CandleRows(starts, columns).where(order))


def _check_minutes(file: Path, name: str, rows: CandleRows) -> None:
    """Refuse what are no minute candles: a guess that is wrong for one row is wrong."""
    bad = rows.starts % MINUTE != 0
    expected = "the start of a minute (only minute candles can be played)"
    if bad.any():
        raise MarketError(f"{file}: {rows.words(name, int(np.argmax(bad)), expected)}")


def check_width(path: Path, name: str, rows: CandleRows) -> None:
    """Refuse wider bars, of all rows of a product: few may be apart by chance.

    Raises:
        MarketError: all of them lie so many minutes apart.
    """
    gaps = np.diff(np.unique(rows.starts))
    wide = int(np.gcd.reduce(gaps)) // MINUTE if len(gaps) > 1 else 1
    if wide > 1:
        at = iso(int(rows.starts[0]))
        raise MarketError(
            f"{path}: {name} at {at}: expected minute candles (bars of 1 minute),"
            f" was bars {wide} minutes apart"
        )


def _readable(reading: Reading, name: str, rows: CandleRows) -> CandleRows:
    """Return the rows that can be candles; the others are left out."""
    opens, highs, lows, closes, volumes = rows.columns
    left = np.zeros(len(rows.starts), dtype=np.bool_)
    for bad, expected in (
        (np.logical_or.reduce([~np.isfinite(each) for each in rows.columns]), "numbers"),
        (np.minimum.reduce(rows.columns[:4]) <= 0, "prices above 0"),
        (
            np.minimum.reduce(rows.columns[:4]) < 10.0**-MOST_DECIMALS,
            f"prices of at most {MOST_DECIMALS} decimals",
        ),
        (volumes < 0, "a volume of at least 0"),
        ((volumes > 0) & (volumes < LEAST), f"a volume of at most {DECIMALS_MAX} decimals"),
        (np.maximum.reduce(rows.columns) >= COUNTED_EXACTLY, "numbers of at most 15 digits"),
        (highs < np.maximum(opens, closes), "a high at or above open and close"),
        (lows > np.minimum(opens, closes), "a low at or below open and close"),
    ):
        _leave_out(reading, name, rows, bad & ~left, expected)
        left |= bad
    return rows.where(~left)


def _once(reading: Reading, name: str, rows: CandleRows) -> CandleRows:
    """Return the rows, each once.

    Raises:
        MarketError: two rows of one minute differ, so that nobody knows which is it.
    """
    again = np.zeros(len(rows.starts), dtype=np.bool_)
    again[1:] = np.diff(rows.starts) == 0
    same = again.copy()
    same[1:] &= np.logical_and.reduce([np.diff(each) == 0 for each in rows.columns])
    if (again & ~same).any():
        words = rows.words(name, int(np.argmax(again & ~same)), "one row a minute (there are two)")
        raise MarketError(f"{reading.file}: {words}")
    reading.repeated(name, int(same.sum()))
    return rows.where(~same)


def _leave_out(
    reading: Reading, name: str, rows: CandleRows, bad: NDArray[np.bool_], expected: str
) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        first = rows.words(name, row, expected)
        reading.leave_out(int(bad.sum()), first, int(rows.starts[row]))


def _bars(product: ProductId, rows: CandleRows, part: slice) -> list[Bar]:
    exact = ([Decimal(repr(each)) for each in c[part].tolist()] for c in rows.columns)
    return [
        Bar(product, Nanos(start), Price(o), Price(h), Price(low), Price(close), Quantity(units))
        for start, o, h, low, close, units in zip(rows.starts[part].tolist(), *exact, strict=True)
    ]


def _bar(product: ProductId, rows: CandleRows, index: int) -> Bar:
    opens, highs, lows, closes, volumes = (Decimal(repr(float(c[index]))) for c in rows.columns)
    start = Nanos(int(rows.starts[index]))
    return Bar(
        product, start, Price(opens), Price(highs), Price(lows), Price(closes), Quantity(volumes)
    )
