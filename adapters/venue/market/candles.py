"""Recorded minute candles from Parquet or CSV, one file or a folder of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as parquet
from attrs import frozen
from numpy.typing import NDArray

from adapters.venue.market.source import MarketError
from domain.instants import MINUTE, SECOND, Nanos, iso
from domain.market import Bar
from domain.money import Price, Quantity
from domain.product import Product, ProductId

COLUMNS = ("open", "high", "low", "close", "volume")
SUFFIXES = (".parquet", ".csv")
VOLUME_DECIMALS_MIN = 8
COUNTED_EXACTLY = 2.0**50
DECIMALS_USUAL = 12
"""Up to here all rows are tried at once; what has more is looked at number by number."""
DECIMALS_MAX = 20
PARSED = (OSError, pa.ArrowException, ValueError, TypeError)


@frozen(eq=False)
class _Rows:
    """One product's rows as columns, sorted by time."""

    starts: NDArray[np.int64]
    columns: tuple[NDArray[np.float64], ...]


class CandleMarket:
    """Minute candles of one or more products; ragged edges and missing minutes are allowed."""

    prices: Literal["invented", "recorded"] = "recorded"

    def __init__(self, name: str, rows: dict[ProductId, _Rows]) -> None:
        self._rows = dict(sorted(rows.items()))
        self.description = f"{name} sha256={_fingerprint(self._rows)}"
        self.products = tuple(_product(product, found) for product, found in self._rows.items())
        self.first_ns = Nanos(min(int(found.starts[0]) for found in self._rows.values()))
        last = max(int(found.starts[-1]) for found in self._rows.values())
        self.end_ns: Nanos | None = Nanos(last + MINUTE)

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute lies between the product's first and last row."""
        rows = self._rows.get(product)
        return rows is not None and bool(rows.starts[0] <= minute_ns <= rows.starts[-1])

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the row of that minute, None where there is none."""
        rows = self._rows[product]
        index = int(np.searchsorted(rows.starts, minute_ns))
        if index == len(rows.starts) or rows.starts[index] != minute_ns:
            return None
        return _bar(product, rows, index)

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the rows with start_ns <= start < end_ns, oldest first."""
        rows = self._rows[product]
        first, stop = np.searchsorted(rows.starts, (start_ns, end_ns))
        return [_bar(product, rows, index) for index in range(int(first), int(stop))]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest row that starts before `minute_ns`."""
        rows = self._rows[product]
        index = int(np.searchsorted(rows.starts, minute_ns)) - 1
        return _bar(product, rows, index) if index >= 0 else None

    def reach(self) -> list[tuple[int, int]]:
        """Return first and last minute of each product."""
        return [(int(r.starts[0]), int(r.starts[-1])) for r in self._rows.values()]


def open_candles(path: Path) -> CandleMarket:
    """Return the candles of a file, or of all files of a folder.

    Raises:
        MarketError: there is nothing to read, or a row makes no sense; names file and row.
    """
    files = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise MarketError(f"{path}: expected .parquet or .csv files, the folder has none")
    rows: dict[ProductId, _Rows] = {}
    for file in files:
        for product, found in _read(file).items():
            if product in rows:
                raise MarketError(f"{file}: {product} was already read from another file")
            rows[product] = found
    return CandleMarket(path.name, rows)


def _fingerprint(rows: dict[ProductId, _Rows]) -> str:
    """Return what tells these rows from others in a file of the same name."""
    digest = hashlib.sha256()
    for product, found in rows.items():
        digest.update(product.encode())
        for column in (found.starts, *found.columns):
            digest.update(column.tobytes())
    return digest.hexdigest()[:12]


def _read(file: Path) -> dict[ProductId, _Rows]:
    try:
        table = parquet.read_table(file) if file.suffix == ".parquet" else pa.csv.read_csv(file)
    except PARSED as error:
        raise MarketError(f"{file}: expected candles, could not be read: {error}") from error
    missing = [name for name in ("ts", *COLUMNS) if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise MarketError(f"{file}: expected the columns {', '.join(missing)}, found {found}")
    if table.num_rows == 0:
        raise MarketError(f"{file}: expected candles, found no row")
    starts = _nanoseconds(file, table)
    columns = [_numbers(file, name, table[name]) for name in COLUMNS]
    rows = {}
    for name, mask in _products(file, table):
        order = np.argsort(starts[mask], kind="stable")
        found_rows = _Rows(starts[mask][order], tuple(column[mask][order] for column in columns))
        _check(file, name, found_rows)
        rows[ProductId(name)] = found_rows
    return rows


def _products(file: Path, table: pa.Table) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Return each product's name and which rows are its own, in order of the names."""
    if "symbol" not in table.column_names:
        names, numbers = [file.stem], np.zeros(table.num_rows, dtype=np.int64)
    else:
        column = table["symbol"]
        if column.null_count:
            raise MarketError(
                f"{file}: expected a symbol in every row, {column.null_count} lack it"
            )
        encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        numbers = np.asarray(encoded.indices, dtype=np.int64)
    for name in sorted(names):
        if not re.fullmatch(r"[^-\s]+-[^-\s]+", name):
            raise MarketError(f"{file}: expected products named like BTC-USD, was {name!r}")
        yield name, numbers == names.index(name)


def _nanoseconds(file: Path, table: pa.Table) -> NDArray[np.int64]:
    column = table["ts"]
    if column.null_count:
        raise MarketError(f"{file}: expected a time in every row, {column.null_count} have no ts")
    try:
        if pa.types.is_timestamp(column.type):
            nanos = column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64())
            return np.asarray(nanos, dtype=np.int64)
        if pa.types.is_integer(column.type):
            values = np.asarray(column, dtype=np.int64)
            # By size: these units cannot be mistaken for one another between 1971 and 2286.
            unit = next(unit for unit in (SECOND, 10**6, 10**3, 1) if values.max() < 10**19 // unit)
            return values * unit
    except PARSED as error:
        raise MarketError(f"{file}: expected ts as times, could not be read: {error}") from error
    raise MarketError(
        f"{file}: expected ts as a time or as a whole number since 1970, was {column.type}"
    )


def _numbers(file: Path, name: str, column: pa.ChunkedArray) -> NDArray[np.float64]:
    try:
        return np.asarray(column.to_numpy(), dtype=np.float64)
    except PARSED as error:
        raise MarketError(
            f"{file}: expected numbers in the column {name}, was {column.type}: {error}"
        ) from error


def _check(file: Path, name: str, rows: _Rows) -> None:
    opens, highs, lows, closes, volumes = rows.columns

    def refuse(bad: NDArray[np.bool_], expected: str) -> None:
        if bad.any():
            row = int(np.argmax(bad))
            values = ", ".join(f"{c}={v[row]}" for c, v in zip(COLUMNS, rows.columns, strict=True))
            at = iso(int(rows.starts[row]))
            raise MarketError(f"{file}: {name} at {at}: expected {expected}, was {values}")

    refuse(rows.starts % MINUTE != 0, "the start of a minute (only minute candles can be played)")
    gaps = np.diff(rows.starts)
    refuse(np.append(gaps == 0, False), "one row a minute (there are two)")
    wide = int(np.gcd.reduce(gaps)) // MINUTE if len(gaps) > 1 else 1
    if wide > 1:
        at = iso(int(rows.starts[0]))
        raise MarketError(
            f"{file}: {name} at {at}: expected minute candles (bars of 1 minute),"
            f" was bars {wide} minutes apart"
        )
    refuse(np.logical_or.reduce([~np.isfinite(each) for each in rows.columns]), "numbers")
    refuse(lows <= 0, "prices above 0")
    refuse(volumes < 0, "a volume of at least 0")
    refuse(highs < np.maximum(opens, closes), "a high at or above open and close")
    refuse(lows > np.minimum(opens, closes), "a low at or below open and close")


def _bar(product: ProductId, rows: _Rows, index: int) -> Bar:
    opens, highs, lows, closes, volumes = (Decimal(repr(float(c[index]))) for c in rows.columns)
    start = Nanos(int(rows.starts[index]))
    return Bar(
        product, start, Price(opens), Price(highs), Price(lows), Price(closes), Quantity(volumes)
    )


def _product(product: ProductId, rows: _Rows) -> Product:
    base, _, quote = product.rpartition("-")
    tick = Decimal(1).scaleb(-_decimals(product, rows.columns[:4], 0))
    volume = Decimal(1).scaleb(-_decimals(product, rows.columns[4:], VOLUME_DECIMALS_MIN))
    return Product(
        id=product,
        base=base,
        quote=quote,
        price_increment=tick,
        base_increment=volume,
        quote_increment=Decimal("0.01"),
        base_min=volume,
        base_max=Decimal(1_000_000_000),
        quote_min=Decimal(1),
        quote_max=Decimal(150_000_000),
    )


def _decimals(product: ProductId, columns: tuple[NDArray[np.float64], ...], least: int) -> int:
    """Return how many decimals represent every value exactly as it is written."""
    values = np.unique(np.concatenate(columns))
    for places in range(least, DECIMALS_USUAL + 1):
        # Only what is not represented yet needs another look; scaled beyond what a float counts
        # exactly, rounding proves nothing.
        scaled = np.abs(values) * 10.0**places
        values = values[(np.round(values, places) != values) | (scaled >= COUNTED_EXACTLY)]
        if not len(values):
            return places
    places = -min(int(Decimal(repr(float(value))).as_tuple().exponent) for value in values)
    if places > DECIMALS_MAX:
        raise MarketError(
            f"{product}: expected prices and volumes of at most {DECIMALS_MAX} decimals,"
            f" was {float(values[0])!r}"
        )
    return places
