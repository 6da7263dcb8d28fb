"""Recorded minute candles from Parquet or CSV, one file or a folder of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import (
    clean,
    fingerprint,
    nanoseconds,
    numbers,
    product_of,
    products_in,
    read_table,
    rows_of_all,
)
from domain.model.instants import MINUTE, Nanos, iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId

COLUMNS = ("open", "high", "low", "close", "volume")


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
        marks = {product: (found.starts, *found.columns) for product, found in self._rows.items()}
        self.description = f"{name} sha256={fingerprint(marks)}"
        self.products = tuple(
            product_of(product, found.columns[:4], found.columns[4:])
            for product, found in self._rows.items()
        )
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
    return CandleMarket(path.name, rows_of_all(path, _read))


def _read(file: Path) -> dict[ProductId, _Rows]:
    table = read_table(file, "candles", ("ts", *COLUMNS))
    starts = nanoseconds(file, table)
    columns = [numbers(file, name, table[name]) for name in COLUMNS]
    rows = {}
    for name, mask in products_in(file, table):
        order = np.argsort(starts[mask], kind="stable")
        sorted_columns = tuple(column[mask][order] for column in columns)
        _check(file, name, _Rows(starts[mask][order], sorted_columns))
        prices = clean(file, name, sorted_columns[:4])
        rows[ProductId(name)] = _Rows(starts[mask][order], (*prices, sorted_columns[4]))
    return rows


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
