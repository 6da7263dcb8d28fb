"""Recorded minute candles from Parquet or CSV, one file or a folder of them."""

from __future__ import annotations

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
from domain.instants import MINUTE, Nanos, iso
from domain.market import Bar
from domain.money import Price, Quantity
from domain.product import Product, ProductId

COLUMNS = ("open", "high", "low", "close", "volume")
SUFFIXES = (".parquet", ".csv")
PRICE_DECIMALS_MAX = 12
VOLUME_DECIMALS_MIN = 8


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
        self.description = name
        self.products = tuple(_product(product, found) for product, found in self._rows.items())
        self.first_ns = Nanos(min(int(found.starts[0]) for found in self._rows.values()))
        last = max(int(found.starts[-1]) for found in self._rows.values())
        self.end_ns: Nanos | None = Nanos(last + MINUTE)

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute lies between the product's first and last row."""
        starts = self._rows[product].starts
        return bool(starts[0] <= minute_ns <= starts[-1])

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


def _read(file: Path) -> dict[ProductId, _Rows]:
    try:
        table = parquet.read_table(file) if file.suffix == ".parquet" else pa.csv.read_csv(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise MarketError(f"{file}: expected candles, could not be read: {error}") from error
    missing = [name for name in ("ts", *COLUMNS) if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise MarketError(f"{file}: expected the columns {', '.join(missing)}, found {found}")
    if table.num_rows == 0:
        raise MarketError(f"{file}: expected candles, found no row")
    starts = _nanoseconds(file, table)
    columns = [np.asarray(table[name].to_numpy(), dtype=np.float64) for name in COLUMNS]
    if "symbol" not in table.column_names:
        names = np.full(table.num_rows, file.stem)
    else:
        names = np.asarray(table["symbol"].to_pylist(), dtype=object)
    found_rows = {}
    for name in sorted(set(names.tolist())):
        mask = names == name
        order = np.argsort(starts[mask], kind="stable")
        rows = _Rows(starts[mask][order], tuple(column[mask][order] for column in columns))
        _check(file, name, rows)
        found_rows[ProductId(name)] = rows
    return found_rows


def _nanoseconds(file: Path, table: pa.Table) -> NDArray[np.int64]:
    column = table["ts"]
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64()))
    if pa.types.is_integer(column.type):
        values = np.asarray(column, dtype=np.int64)
        return values * 1_000_000_000 if values.max() < 10**12 else values
    raise MarketError(f"{file}: expected ts as a time or as seconds since 1970, was {column.type}")


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
    if len(gaps) and (gaps == 0).any():
        at = iso(int(rows.starts[int(np.argmax(gaps == 0))]))
        raise MarketError(f"{file}: {name} at {at}: expected one row a minute, was two")
    if len(gaps) and gaps.min() > MINUTE:
        wide = int(gaps.min()) // MINUTE
        raise MarketError(f"{file}: {name}: expected minute candles, rows are {wide} minutes apart")
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
    tick = Decimal(1).scaleb(-_decimals(rows.columns[:4], 0))
    volume = Decimal(1).scaleb(-_decimals(rows.columns[4:], VOLUME_DECIMALS_MIN))
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


def _decimals(columns: tuple[NDArray[np.float64], ...], least: int) -> int:
    """Return how many decimals represent every value exactly as it is written."""
    values = np.concatenate(columns)
    for places in range(least, PRICE_DECIMALS_MAX):
        if (np.round(values, places) == values).all():
            return places
        # Only what is not represented yet needs another look.
        values = values[np.round(values, places) != values]
    return PRICE_DECIMALS_MAX
