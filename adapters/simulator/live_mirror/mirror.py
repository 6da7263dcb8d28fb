"""A market that happens elsewhere now: another venue's public frames become our steps.

Nothing is known ahead. `hear` takes frames as they arrive and `flush` turns what they changed into
steps; the engine takes them from here as its timeline. Candles of minutes that are over are those
the other venue gives; until it has, those of the trades that were heard.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.history import bar_of
from adapters.simulator.market_data.readers import BookChange, changes_in, trades_in
from adapters.simulator.market_data.source import MarketError, Step
from domain.messages.venue import EntriesUnread
from domain.model.entries import Entries, Unread
from domain.model.instants import DAY, MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar, Level, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId
from domain.system.unread import UnreadTally, is_first, sentence

SHOWN_LEVELS = 50
KEPT_NS = 4 * DAY
LONGEST_CROSSED_NS = 5 * SECOND
"""A book that stays crossed longer has lost an update."""
UNTOLD_MINUTES = 3
"""So many minutes of trades are kept for candles that the other venue has not told yet."""


class MirrorBroken(MarketError):
    """What was heard cannot be trusted any more; the connection has to begin anew."""


class _Side:
    """One side of a book: all levels, sorted by price."""

    def __init__(self, levels: Mapping[Decimal, Decimal], *, is_bid: bool) -> None:
        self._is_bid = is_bid
        self._quantities = {price: quantity for price, quantity in levels.items() if quantity}
        self._prices = sorted(self._quantities)

    def set(self, price: Decimal, quantity: Decimal) -> None:
        """Replace a level; quantity 0 removes it."""
        is_there = price in self._quantities
        if quantity:
            self._quantities[price] = quantity
        elif is_there:
            del self._quantities[price]
        if bool(quantity) is is_there:
            return
        place = bisect_left(self._prices, price)
        if quantity:
            self._prices.insert(place, price)
        else:
            del self._prices[place]

    def shown(self) -> tuple[Level, ...]:
        """Return the best levels, best first."""
        prices = self._prices[: -SHOWN_LEVELS - 1 : -1] if self._is_bid else self._prices
        return tuple(
            Level(Price(price), Quantity(self._quantities[price]))
            for price in prices[:SHOWN_LEVELS]
        )


class _MirroredProduct:
    """What is known of one product."""

    def __init__(self) -> None:
        self.forget()
        self.bars: dict[int, Bar] = {}
        self.heard: dict[int, list[Trade]] = {}

    def forget(self) -> None:
        """Begin without a book."""
        self.bids, self.asks = _Side({}, is_bid=True), _Side({}, is_bid=False)
        self.trades: list[Trade] = []
        self.has_changed = self.is_lost = False
        self.crossed_since_ns: int | None = None


class MirrorMarket:
    """Market, expander and timeline of a mirrored venue."""

    prices: Literal["live"] = "live"
    end_ns: Nanos | None = None

    def __init__(self, name: str, products: Sequence[Product], first_ns: Nanos) -> None:
        """Mirror `products` of the venue `name`; `first_ns` is where its candles shall begin."""
        self.products = tuple(sorted(products, key=lambda product: product.id))
        names = ",".join(product.id for product in self.products)
        self.description = f"mirror of {name} products={names}"
        self.first_ns = bucket_start(first_ns, MINUTE)
        self._lines = {product.id: _MirroredProduct() for product in self.products}
        self._steps: list[Step] = []
        self._sequence = -1
        self._heard_since_ns: int | None = None
        self._tally = UnreadTally()
        self._news: list[EntriesUnread] = []

    # As a market.

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the product is mirrored; it has no book while nothing is heard."""
        return product in self._lines and minute_ns >= self.first_ns

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return that minute's candle, None where nothing was traded or it is not known yet."""
        line = self._lines[product]
        found = line.bars.get(minute_ns)
        is_whole = self._heard_since_ns is not None and self._heard_since_ns <= minute_ns
        if found is None and is_whole and minute_ns in line.heard:
            return bar_of(product, minute_ns, line.heard[minute_ns])
        return found

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the candles with start_ns <= start < end_ns, oldest first."""
        line = self._lines[product]
        known = sorted({*line.bars, *line.heard})
        wanted = known[bisect_left(known, start_ns) : bisect_left(known, end_ns)]
        found = (self.candle(product, Nanos(minute)) for minute in wanted)
        return [bar for bar in found if bar is not None]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest candle that starts before `minute_ns`."""
        found = self.candles(product, self.first_ns, minute_ns)
        return found[-1] if found else None

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return nothing: what happened while nobody listened is not made up."""
        return ()

    # As a timeline.

    def next_ns(self) -> Nanos:
        """Return when the oldest step that waits was heard."""
        return self._steps[0].at_ns if self._steps else NEVER

    def steps_at(self, at_ns: int) -> Sequence[Step]:
        """Remove and return the steps heard up to that instant."""
        count = sum(step.at_ns <= at_ns for step in self._steps)
        found, self._steps = self._steps[:count], self._steps[count:]
        return found

    # From the other venue.

    def tell(self, product: ProductId, bars: Iterable[Bar]) -> None:
        """Take over candles of minutes that are over."""
        line = self._lines[product]
        line.bars.update((bar.start_ns, bar) for bar in bars)
        newest = max(line.bars, default=0)
        for minute in [each for each in line.bars if each < newest - KEPT_NS]:
            del line.bars[minute]

    def begin(self, at_ns: Nanos) -> None:
        """Listen to a new connection from now on."""
        self._sequence = -1
        self._heard_since_ns = at_ns

    def hear(self, text: str | bytes) -> None:
        """Take one frame; what of it is odd is left out (`news`).

        Raises:
            MirrorBroken: a frame is missing, or this one makes no sense or is an error.
        """
        try:
            frame = msgspec.json.decode(text)
            if frame.get("type") == "error":
                raise MirrorBroken(f"the mirrored venue says: {frame.get('message')}")
            self._count(int(frame["sequence_num"]))
            if frame["channel"] == "l2_data":
                self._changes(changes_in(frame["events"]))
            elif frame["channel"] == "market_trades":
                self._trades(trades_in(frame["events"]))
        except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            raise MirrorBroken(
                f"expected a frame of market data, could not read {error}"
            ) from error

    def left_out(self, unread: Iterable[Unread]) -> None:
        """Count what was left out, here or by who asks for candles."""
        self._news += self._tally.count(unread)

    def news(self) -> list[str]:
        """Return what was left out since the last call and for the first time, as sentences."""
        news, self._news = self._news, []
        return [sentence(each) for each in news if is_first(each)]

    def lost(self) -> tuple[ProductId, ...]:
        """Return the products whose books can't be followed: they need a new snapshot."""
        return tuple(product for product, line in self._lines.items() if line.is_lost)

    def flush(self, at_ns: Nanos) -> bool:
        """Turn what has changed into steps of now; return whether there are any.

        Raises:
            MirrorBroken: a book stays crossed.
        """
        for product, line in self._lines.items():
            if line.has_changed or line.trades:
                bids, asks = line.bids.shown(), line.asks.shown()
                if bids and asks and bids[0].price >= asks[0].price:
                    line.crossed_since_ns = line.crossed_since_ns or at_ns
                    if at_ns - line.crossed_since_ns > LONGEST_CROSSED_NS:
                        raise MirrorBroken(f"the book of {product} stays crossed")
                    continue  # half of a change; the other half is on its way
                line.crossed_since_ns = None
                trades, line.trades, line.has_changed = tuple(line.trades), [], False
                self._steps.append(Step(product, at_ns, trades, bids, asks))
        return bool(self._steps)

    def lose(self, at_ns: Nanos) -> None:
        """Show empty books: nothing is heard any more."""
        self._heard_since_ns = None
        for product, line in self._lines.items():
            line.forget()
            self._steps.append(Step(product, at_ns, (), (), ()))

    def _count(self, number: int) -> None:
        if self._sequence >= 0 and number != self._sequence + 1:
            raise MirrorBroken(f"expected frame {self._sequence + 1}, got {number}")
        self._sequence = number

    def _changes(self, found: Entries[BookChange]) -> None:
        for change in found.read:
            line = self._lines.get(change.product)
            if line is not None and (change.is_snapshot or not line.is_lost):
                _apply(line, change)
        self.left_out(found.unread)
        for unread in found.unread:
            if not unread.name:
                raise MirrorBroken(f"a change of some book can't be read: {unread.reason}")
            line = self._lines.get(ProductId(unread.name))
            if line is not None:
                line.forget()
                line.is_lost = line.has_changed = True

    def _trades(self, found: Entries[Trade]) -> None:
        self.left_out(found.unread)
        for trade in found.read:
            line = self._lines.get(trade.product)
            if line is None:
                continue
            line.trades.append(trade)
            minute = bucket_start(trade.at_ns, MINUTE)
            line.heard.setdefault(minute, []).append(trade)
            for old in [each for each in line.heard if each < minute - UNTOLD_MINUTES * MINUTE]:
                del line.heard[old]


def _apply(line: _MirroredProduct, change: BookChange) -> None:
    if change.is_snapshot:
        line.is_lost = False
        bids = {price: quantity for is_bid, price, quantity in change.levels if is_bid}
        asks = {price: quantity for is_bid, price, quantity in change.levels if not is_bid}
        line.bids, line.asks = _Side(bids, is_bid=True), _Side(asks, is_bid=False)
    else:
        for is_bid, price, quantity in change.levels:
            (line.bids if is_bid else line.asks).set(price, quantity)
    line.has_changed = True
