"""Recorded trades from Parquet or CSV: printed one by one as they were, with books around them.

A row is one trade: `ts`, `price`, `size`, and where they are known `symbol`, `trade_id` and
`maker_side` or `taker_side` (buy, sell). Without a side a rise was bought and a fall was sold.
Candles are those of the trades.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.depth import STEPS, Depth
from adapters.simulator.market_data.expander import STEP_NS, CandleExpander, book_around
from adapters.simulator.market_data.source import MarketError, Step
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
from domain.model.market import Bar, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side

NEEDED = ("ts", "price", "size")
_CACHED_MINUTES = 512


@frozen(eq=False)
class _TradeRows:
    """One product's trades as columns, oldest first."""

    at_ns: NDArray[np.int64]
    prices: NDArray[np.float64]
    sizes: NDArray[np.float64]
    is_bought: NDArray[np.bool_]
    """Whether the taker bought, so that the maker sold."""
    ids: Sequence[str]
    minutes: NDArray[np.int64]
    """Starts of the minutes that have a trade."""
    firsts: NDArray[np.int64]
    """Row of the first trade of each of them, and the number of rows at the end."""


class TradeMarket:
    """Trades of one or more products, and the minute candles that they make."""

    prices: Literal["invented", "recorded"] = "recorded"

    def __init__(self, name: str, rows: dict[ProductId, _TradeRows]) -> None:
        self._rows = dict(sorted(rows.items()))
        marks = {p: (r.at_ns, r.prices, r.sizes, r.is_bought) for p, r in self._rows.items()}
        self.description = f"{name} sha256={fingerprint(marks)}"
        self.products = tuple(
            product_of(product, [found.prices], [found.sizes])
            for product, found in self._rows.items()
        )
        self._products = {product.id: product for product in self.products}
        self.first_ns = Nanos(min(int(found.minutes[0]) for found in self._rows.values()))
        last = max(int(found.minutes[-1]) for found in self._rows.values())
        self.end_ns: Nanos | None = Nanos(last + MINUTE)
        self._cache: dict[tuple[ProductId, int], tuple[Trade, ...]] = {}

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute lies between those of the product's first and last trade."""
        rows = self._rows.get(product)
        return rows is not None and bool(rows.minutes[0] <= minute_ns <= rows.minutes[-1])

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the candle of that minute's trades, None where there are none."""
        trades = self.trades(product, minute_ns)
        return self._bar(product, minute_ns, trades) if trades else None

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the candles with start_ns <= start < end_ns, oldest first."""
        minutes = self._rows[product].minutes
        first, stop = np.searchsorted(minutes, (start_ns, end_ns))
        found = (Nanos(int(each)) for each in minutes[first:stop])
        return [self._bar(product, each, self.trades(product, each)) for each in found]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest candle that starts before `minute_ns`."""
        minutes = self._rows[product].minutes
        index = int(np.searchsorted(minutes, minute_ns)) - 1
        return self.candle(product, Nanos(int(minutes[index]))) if index >= 0 else None

    def reach(self) -> list[tuple[int, int]]:
        """Return first and last minute of each product."""
        return [(int(r.minutes[0]), int(r.minutes[-1])) for r in self._rows.values()]

    def trades(self, product: ProductId, minute_ns: Nanos) -> tuple[Trade, ...]:
        """Return the minute's trades as they were recorded, oldest first."""
        key = (product, int(minute_ns))
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _CACHED_MINUTES:
                del self._cache[next(iter(self._cache))]
            found = self._cache[key] = tuple(self._made(product, minute_ns))
        return found

    def _made(self, product: ProductId, minute_ns: Nanos) -> Iterator[Trade]:
        rows = self._rows[product]
        place = int(np.searchsorted(rows.minutes, minute_ns))
        if place == len(rows.minutes) or rows.minutes[place] != minute_ns:
            return
        for row in range(int(rows.firsts[place]), int(rows.firsts[place + 1])):
            yield Trade(
                product,
                rows.ids[row],
                Price(Decimal(repr(float(rows.prices[row])))),
                Quantity(Decimal(repr(float(rows.sizes[row])))),
                Side.SELL if rows.is_bought[row] else Side.BUY,
                Nanos(int(rows.at_ns[row])),
            )

    def _bar(self, product: ProductId, start_ns: Nanos, trades: Sequence[Trade]) -> Bar:
        prices = [trade.price for trade in trades]
        step = self._products[product].base_increment
        units = sum(int(trade.quantity / step) for trade in trades)
        volume = Quantity(units * step)
        return Bar(product, start_ns, prices[0], max(prices), min(prices), prices[-1], volume)


class TradeExpander(CandleExpander):
    """A step at each trade's own instant, and the book anew every 1.875 s between them."""

    def __init__(self, market: TradeMarket, seed: int) -> None:
        super().__init__(market, seed)
        self._tape = market

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the minute's steps, oldest first; none before the product's first trade."""
        trades = self._tape.trades(product, minute_ns)
        before = self._tape.last_before(product, minute_ns)
        known = before or self._tape.candle(product, minute_ns)
        if known is None or not self._tape.covers(product, minute_ns):
            return ()
        subject = self._subjects[product]
        depth = self._depth(subject, minute_ns, known, known.close if before else known.open)
        last = self._tape.trades(product, known.start_ns)[-1] if before else None
        return tuple(_steps(subject.product, depth, minute_ns, trades, last))


def _steps(
    product: Product, depth: Depth, minute_ns: int, trades: Sequence[Trade], last: Trade | None
) -> Iterator[Step]:
    printed = {at: tuple(each) for at, each in groupby(trades, key=_at)}
    instants = {Nanos(minute_ns + index * STEP_NS) for index in range(STEPS)}
    for at_ns in sorted(instants | printed.keys()):
        now = printed.get(at_ns, ())
        last = now[-1] if now else last
        if last is None:
            continue
        tick = int(last.price / product.price_increment)
        index = min(STEPS - 1, (at_ns - minute_ns) // STEP_NS)
        bids, asks = book_around(depth, tick, index, is_up=last.maker_side is Side.SELL)
        yield Step(product.id, at_ns, now, bids, asks)


def _at(trade: Trade) -> Nanos:
    return trade.at_ns


def open_trades(path: Path) -> TradeMarket:
    """Return the trades of a file, or of all files of a folder.

    Raises:
        MarketError: there is nothing to read, or a row makes no sense; names file and row.
    """
    return TradeMarket(path.name, rows_of_all(path, _read))


def _read(file: Path) -> dict[ProductId, _TradeRows]:
    table = read_table(file, "trades", NEEDED)
    at_ns = nanoseconds(file, table)
    prices, sizes = (numbers(file, name, table[name]) for name in ("price", "size"))
    ids = np.array(_ids(table))
    rows = {}
    for name, mask in products_in(file, table):
        order = np.flatnonzero(mask)[np.argsort(at_ns[mask], kind="stable")]
        _check(file, name, at_ns[order], prices[order], sizes[order], ids[order].tolist())
        minutes, firsts = np.unique(at_ns[order] // MINUTE * MINUTE, return_index=True)
        (quoted,) = clean(file, name, [prices[order]])
        rows[ProductId(name)] = _TradeRows(
            at_ns[order],
            quoted,
            sizes[order],
            _is_bought(file, table, order, quoted),
            ids[order].tolist(),
            minutes,
            np.append(firsts, len(order)),
        )
    return rows


def _ids(table: pa.Table) -> list[str]:
    """Return the recorded trade ids, else the numbers of the rows."""
    if "trade_id" in table.column_names:
        return [str(each) for each in table["trade_id"].to_pylist()]
    return [str(number) for number in range(1, table.num_rows + 1)]


def _is_bought(
    file: Path, table: pa.Table, order: NDArray[np.intp], prices: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return for each trade, in order, whether its taker bought."""
    for name in ("taker_side", "maker_side"):
        if name in table.column_names:
            sides = np.array([str(each).lower() for each in table[name].to_pylist()])[order]
            odd = [side for side in sides.tolist() if side not in ("buy", "sell")]
            if odd:
                raise MarketError(f"{file}: expected buy or sell as {name}, was {odd[0]!r}")
            return np.asarray(sides == ("buy" if name == "taker_side" else "sell"))
    moves = np.sign(np.diff(prices, prepend=prices[0]))
    # A trade at the price before it goes the way of the last one that moved.
    last = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), 0))
    return np.asarray(moves[last] >= 0)


def _check(
    file: Path,
    name: str,
    at_ns: NDArray[np.int64],
    prices: NDArray[np.float64],
    sizes: NDArray[np.float64],
    ids: Sequence[str],
) -> None:
    for values, what in ((prices, "price"), (sizes, "size")):
        bad = ~(np.isfinite(values) & (values > 0))
        if bad.any():
            row = int(np.argmax(bad))
            raise MarketError(
                f"{file}: {name} at {iso(int(at_ns[row]))}: expected a {what} above 0,"
                f" was {float(values[row])!r}"
            )
    twice = [trade for trade, count in Counter(ids).most_common(1) if count > 1]
    if twice:
        raise MarketError(f"{file}: {name}: expected one row a trade, {twice[0]} is there twice")
