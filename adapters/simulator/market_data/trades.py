"""Recorded trades from Parquet or CSV: printed one by one as they were, with books around them.

A row is one trade: `ts`, `price`, `size`, and where they are known `symbol`, `trade_id` and
`maker_side` or `taker_side` (buy, sell). Without a side a rise was bought and a fall was sold.
Candles are those of the trades.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.depth import NO_BOOKS, STEPS, Books, Depth, book_around, touch
from adapters.simulator.market_data.expander import STEP_NS, CandleExpander
from adapters.simulator.market_data.reading import FileRows, Reading
from adapters.simulator.market_data.source import MarketError, MinuteSteps, Step
from adapters.simulator.market_data.tables import (
    COUNTED_EXACTLY,
    DECIMALS_MAX,
    LEAST,
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
from domain.market.past_quotes import PastQuotes
from domain.model.instants import MINUTE, Nanos, iso
from domain.model.market import Bar, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side

NEEDED = ("ts", "price", "size")
_CACHED_MINUTES = 512
_Move = tuple[Nanos, tuple[Trade, ...], int, int, bool]
"""An instant, its trades, the last price in ticks, the step, and whether an offer was taken."""


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

    def __init__(self, name: str, found: FileRows[_TradeRows]) -> None:
        self.remarks = found.remarks
        self._rows = dict(sorted(found.rows.items()))
        marks = {p: (r.at_ns, r.prices, r.sizes, r.is_bought) for p, r in self._rows.items()}
        self.description = f"{name} sha256={fingerprint(marks.items())}"
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

    def __init__(self, market: TradeMarket, seed: int, books: Books = NO_BOOKS) -> None:
        super().__init__(market, seed, books)
        self._tape = market

    def minute(self, product: ProductId, minute_ns: Nanos) -> MinuteSteps | None:
        """Return the minute's steps; None before the product's first trade."""
        depth, moves = self._moves(product, minute_ns)
        return None if depth is None else _TradeSteps(product, depth, tuple(moves))

    def touches(self, product: ProductId, begun_ns: Sequence[Nanos]) -> PastQuotes:
        """Return the best bids and asks of the steps of all minutes that begin at `begun_ns`."""
        found = []
        for minute_ns in begun_ns:
            depth, moves = self._moves(product, minute_ns)
            if depth is not None:
                for at_ns, _, tick, index, is_up in moves:
                    found.append((*touch(depth, tick, index, is_up=is_up), int(at_ns)))
        return self._quotes(product, found)

    def _moves(self, product: ProductId, minute_ns: Nanos) -> tuple[Depth | None, Iterator[_Move]]:
        """Return what the minute's books are drawn from, and its instants."""
        trades = self._tape.trades(product, minute_ns)
        before = self._tape.last_before(product, minute_ns)
        known = before or self._tape.candle(product, minute_ns)
        if known is None or not self._tape.covers(product, minute_ns):
            return None, iter(())
        subject = self._subjects[product]
        depth = self._depth(subject, minute_ns, known, known.close if before else known.open)
        last = self._tape.trades(product, known.start_ns)[-1] if before else None
        return depth, _moves(subject.product, minute_ns, trades, last)


class _TradeSteps:
    """A step at each trade's own instant, and between them."""

    def __init__(self, product: ProductId, depth: Depth, moves: tuple[_Move, ...]) -> None:
        self.product = product
        self._depth, self._moves = depth, moves
        self.times = [int(at_ns) for at_ns, *_ in moves]

    @property
    def first_traded(self) -> int:
        """Return the number of the first step with a trade; without one, one past the last."""
        return next((i for i, (_, now, *_) in enumerate(self._moves) if now), len(self._moves))

    def step(self, index: int) -> Step:
        """Return a step by its number."""
        at_ns, now, tick, number, is_up = self._moves[index]
        books = book_around(self._depth, tick, number, is_up=is_up)
        return Step(self.product, at_ns, now, *books)


def _moves(
    product: Product, minute_ns: int, trades: Sequence[Trade], last: Trade | None
) -> Iterator[_Move]:
    printed = {at: tuple(each) for at, each in groupby(trades, key=_at)}
    instants = {Nanos(minute_ns + index * STEP_NS) for index in range(STEPS)}
    for at_ns in sorted(instants | printed.keys()):
        now = printed.get(at_ns, ())
        last = now[-1] if now else last
        if last is None:
            continue
        tick = int(last.price / product.price_increment)
        index = min(STEPS - 1, (at_ns - minute_ns) // STEP_NS)
        yield at_ns, now, tick, index, last.maker_side is Side.SELL


def _at(trade: Trade) -> Nanos:
    return trade.at_ns


def open_trades(path: Path) -> TradeMarket:
    """Return the trades of a file, or of all files of a folder; what can't be read is left out.

    Raises:
        MarketError: there is nothing to read, or it can't be told what the rows are; names file
            and row.
    """
    return TradeMarket(path.name, rows_of_all(path, _read))


@frozen(eq=False)
class _Cells:
    """The rows of a table, in the file's order."""

    at_ns: NDArray[np.int64]
    prices: NDArray[np.float64]
    sizes: NDArray[np.float64]
    sides: NDArray[np.str_] | None
    """Of the taker: buy, sell; None: the file does not tell."""
    ids: NDArray[np.str_]

    def are_twice(self, order: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which rows of `order` have the id of an earlier one, and which say the same, too."""
        _, firsts, places = np.unique(self.ids[order], return_index=True, return_inverse=True)
        first = order[firsts[places]]
        told = [self.at_ns, self.prices, self.sizes]
        same = np.logical_and.reduce([each[order] == each[first] for each in told])
        if self.sides is not None:
            same &= self.sides[order] == self.sides[first]
        return order != first, same


def _read(file: Path) -> FileRows[_TradeRows]:
    reading = Reading(file, "trades", "such a trade is not played")
    table, at_ns = timed(reading, read_table(reading, NEEDED))
    prices, sizes = (numbers(file, name, table[name]) for name in ("price", "size"))
    cells = _Cells(at_ns, prices, sizes, _taker_sides(table), _ids(table))
    found = {}
    for name, mask in products_in(reading, table):
        order = np.flatnonzero(mask)[np.argsort(at_ns[mask], kind="stable")]
        order = _readable(reading, name, cells, order)
        if len(order):
            found[ProductId(name)] = _rows(reading, name, cells, order)
    return reading.end(found)


def _rows(reading: Reading, name: str, cells: _Cells, order: NDArray[np.intp]) -> _TradeRows:
    at_ns = cells.at_ns[order]
    minutes, firsts = np.unique(at_ns // MINUTE * MINUTE, return_index=True)
    (quoted,) = clean(reading, name, [cells.prices[order]])
    is_bought = _moved_up(quoted) if cells.sides is None else cells.sides[order] == "buy"
    ids = cells.ids[order].tolist()
    sizes = countable(reading, name, "size", cells.sizes[order])
    ends = np.append(firsts, len(order))
    return _TradeRows(at_ns, quoted, sizes, is_bought, ids, minutes, ends)


def _ids(table: pa.Table) -> NDArray[np.str_]:
    """Return the recorded trade ids, "" where there is none; else the numbers of the rows."""
    if "trade_id" in table.column_names:
        listed = table["trade_id"].to_pylist()
        return np.array(["" if each is None else str(each) for each in listed])
    return np.array([str(number) for number in range(1, table.num_rows + 1)])


def _taker_sides(table: pa.Table) -> NDArray[np.str_] | None:
    if "taker_side" in table.column_names:
        return np.array([str(each).lower() for each in table["taker_side"].to_pylist()])
    if "maker_side" in table.column_names:
        other = {"buy": "sell", "sell": "buy"}
        makers = [str(each).lower() for each in table["maker_side"].to_pylist()]
        return np.array([other.get(each, each) for each in makers])
    return None


def _moved_up(prices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each trade, in order, whether its taker bought, as the price tells."""
    moves = np.sign(np.diff(prices, prepend=prices[0]))
    # A trade at the price before it goes the way of the last one that moved.
    last = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), 0))
    return np.asarray(moves[last] >= 0)


def _readable(
    reading: Reading, name: str, cells: _Cells, order: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the rows of `order` that can be trades, each once; the others are left out.

    Raises:
        MarketError: two rows of one id differ, so that nobody knows which is it.
    """

    def kept(bad: NDArray[np.bool_], expected: str) -> NDArray[np.intp]:
        if bad.any():
            row = order[int(np.argmax(bad))]
            at_ns = int(cells.at_ns[row])
            said = f"{name} at {iso(at_ns)}: expected {expected}, was {_words(cells, row)}"
            reading.leave_out(int(bad.sum()), said, at_ns)
        return order[~bad]

    for values, what in ((cells.prices, "price"), (cells.sizes, "size")):
        order = kept(~(values[order] > 0), f"a {what} above 0")
        order = kept(values[order] >= COUNTED_EXACTLY, f"a {what} of at most 15 digits")
        order = kept(values[order] < LEAST, f"a {what} of at most {DECIMALS_MAX} decimals")
    if cells.sides is not None:
        order = kept(~np.isin(cells.sides[order], ("buy", "sell")), "buy or sell as side")
    order = kept(cells.ids[order] == "", "a trade_id")
    again, same = cells.are_twice(order)
    if (again & ~same).any():
        row = order[int(np.argmax(again & ~same))]
        raise MarketError(
            f"{reading.file}: {name} at {iso(int(cells.at_ns[row]))}: expected one row a trade,"
            f" {cells.ids[row]} is there twice"
        )
    reading.repeated(name, int(again.sum()))
    return order[~again]


def _words(cells: _Cells, row: int) -> str:
    side = "" if cells.sides is None else f", taker={cells.sides[row]}"
    price, size = float(cells.prices[row]), float(cells.sizes[row])
    return f"price={price!r}, size={size!r}{side}, id={cells.ids[row] or 'none'}"
