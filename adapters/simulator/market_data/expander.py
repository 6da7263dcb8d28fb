"""From one candle to a minute of market: trades and books that add up to exactly that candle.

A minute's steps depend on market, seed, product and minute alone, and on no row after it. Minutes
and hours count from the market's first, so a generated world is the same whenever it begins.

The first trade is at the open, the last at the close, both extremes trade, and the quantities sum
to the volume to the last digit. A candle with fewer base increments than prices to touch trades
at its open first, then at its close, then at its extremes. A minute without a row, or with a row
without volume, has books and no trade.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from adapters.simulator.market_data.book_sums import BookDraw
from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.depth import (
    NO_BOOKS,
    STEPS,
    UNKNOWN_TURNOVER,
    WIDEST,
    Books,
    Climate,
    Depth,
    Prices,
    UsualBook,
    book_around,
    climate,
    key_of,
    mix,
    touch,
    turnover,
    widened,
)
from adapters.simulator.market_data.minute import Candle, MinuteWalk, standstill, walk
from adapters.simulator.market_data.source import MinuteSteps, PlayedMarket, Step
from domain.market.past_quotes import PastQuotes
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.market import Bar, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side

if TYPE_CHECKING:
    from domain.model.bars import Bools, Ints

STEP_NS = MINUTE // STEPS
TRADES_A_MINUTE = 1_000
"""Trade ids of a minute begin at its number since 1970 times this."""
_CACHED_HOURS = 2_048
_HOUR_MINUTES = HOUR // MINUTE


@frozen
class _Subject:
    """One product and what of it lasts."""

    product: Product
    prices: Prices
    key: int
    usual: UsualBook | None


@frozen
class _Minute:
    """What a minute is expanded from: its walk, which begins at `last`, and the depth of its
    books; `chance` are 64 bits.
    """

    subject: _Subject
    depth: Depth
    walked: MinuteWalk
    last: int
    chance: int


class CandleExpander:
    """Expands the candles of one market; asking for minutes in any order gives the same steps."""

    def __init__(self, market: PlayedMarket, seed: int, books: Books = NO_BOOKS) -> None:
        """`books` are what those of some products look like; others are as what is traded."""
        self._market = market
        self._seed = seed
        self._subjects = {
            each.id: _Subject(
                each, Prices(each.price_increment), key_of(seed, each.id), books.get(each.id)
            )
            for each in market.products
        }
        self._first_ns = market.first_ns
        self._climates: dict[tuple[ProductId, int], Climate] = {}

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the minute's 32 steps, oldest first; none where the market has no such minute."""
        minute = self.minute(product, minute_ns)
        return () if minute is None else tuple(map(minute.step, range(len(minute.times))))

    def minute(self, product: ProductId, minute_ns: Nanos) -> MinuteSteps | None:
        """Return the minute's steps, each made when it is asked for; None where the market has no
        such minute.
        """
        minute = self._expanded(product, minute_ns)
        return None if minute is None else CandleSteps(minute, minute_ns)

    def touches(self, product: ProductId, begun_ns: Sequence[Nanos]) -> PastQuotes:
        """Return the best bids and asks of the steps of all minutes that begin at `begun_ns`."""
        found: list[tuple[int, int, int]] = []
        for minute_ns in begun_ns:
            minute = self._expanded(product, minute_ns)
            if minute is not None:
                depth = minute.depth
                for index, tick, is_up in _moves(minute):
                    bid, ask = touch(depth, tick, index, is_up=is_up)
                    found.append((bid, ask, minute_ns + index * STEP_NS))
        return self._quotes(product, found)

    def _quotes(self, product: ProductId, found: Sequence[tuple[int, int, int]]) -> PastQuotes:
        bids, asks, at_ns = np.array(found, np.int64).reshape(-1, 3).T
        return PastQuotes(self.tick(product), bids, asks, at_ns)

    def _expanded(self, product: ProductId, minute_ns: Nanos) -> _Minute | None:
        if not self._market.covers(product, minute_ns):
            return None
        subject = self._subjects[product]
        row = self._market.candle(product, minute_ns)
        before = self._market.last_before(product, minute_ns)
        known = before or row
        if known is None:
            return None
        close = (known.close if before else known.open) / subject.product.price_increment
        walked = self._walk(subject.product, minute_ns, row, int(close))
        depth = self._depth(subject, minute_ns, known, known.close if before else known.open)
        chance = mix(subject.key ^ self._number(minute_ns))
        return _Minute(subject, depth, walked, int(close), chance)

    def opening(self, product: ProductId, minute_ns: Nanos) -> Step | None:
        """Return the book at the minute's beginning, before anything of it has happened.

        It stands around the close before as after a rise, so that its bid is the lower one; None
        where the market has no such minute or no row before it.
        """
        before = self._market.last_before(product, minute_ns)
        if before is None or not self._market.covers(product, minute_ns):
            return None
        subject = self._subjects[product]
        depth = self._depth(subject, minute_ns, before, before.close)
        tick = int(before.close / subject.product.price_increment)
        bids, asks = book_around(depth, tick, 0, is_up=True)
        return Step(product, minute_ns, (), bids, asks)

    def draw(self, product: ProductId, minute_ns: Nanos) -> BookDraw | None:
        """Return what the book of `opening` is drawn from in a minute that the market covers; None
        in the product's first hour: there it depends on more than that.
        """
        subject, hour_ns = self._subjects[product], self._hour_of(minute_ns)
        before = now = self._hour_climate(subject, hour_ns)
        if minute_ns == hour_ns:
            before = self._hour_climate(subject, Nanos(hour_ns - HOUR))
        if before is None or now is None:
            return None
        return BookDraw(subject.key, self._number(minute_ns), before, now)

    def around(
        self,
        product: ProductId,
        minute_ns: Nanos,
        into: int,
        price: Decimal,
        *,
        traded: Quantity | None = None,
        is_bid: bool = False,
    ) -> Step | None:
        """Return the book around `price`, `into` steps after the minute's beginning.

        `price` is the best bid if `is_bid`, else the best offer; `traded` at it, in base currency.
        None where the market has no such minute.
        """
        before = self._market.last_before(product, minute_ns) or self._market.candle(
            product, minute_ns
        )
        if before is None or not self._market.covers(product, minute_ns):
            return None
        subject = self._subjects[product]
        depth = self._depth(subject, minute_ns, before, before.close)
        tick, at_ns = int(price / subject.product.price_increment), minute_ns + into * STEP_NS
        trades: tuple[Trade, ...] = ()
        if traded:
            number = str(minute_ns // MINUTE * TRADES_A_MINUTE + into)
            maker = Side.BUY if is_bid else Side.SELL
            at = subject.prices.at(tick)
            trades = (Trade(product, number, at, traded, maker, Nanos(at_ns)),)
        bids, asks = book_around(depth, max(1, tick), into, is_up=not is_bid)
        return Step(product, Nanos(at_ns), trades, bids, asks)

    def tick(self, product: ProductId) -> Decimal:
        """Return the step of a product's prices."""
        return self._subjects[product].product.price_increment

    def widest_spread(self, product: ProductId, minute_ns: Nanos) -> Price | None:
        """Return how far a best bid of the minute may lie below a trade of it, at most."""
        before = self._market.last_before(product, minute_ns)
        if before is None or not self._market.covers(product, minute_ns):
            return None
        subject = self._subjects[product]
        ticks = self._depth(subject, minute_ns, before, before.close).widest
        return Price(ticks * subject.product.price_increment)

    def opening_bid(self, product: ProductId, minute_ns: Nanos) -> Price | None:
        """Return the best bid of `opening`, without the rest of its book."""
        before = self._market.last_before(product, minute_ns)
        if before is None or not self._market.covers(product, minute_ns):
            return None
        subject = self._subjects[product]
        spread = self._depth(subject, minute_ns, before, before.close).spread(0)
        tick = int(before.close / subject.product.price_increment)
        return subject.prices.at(max(1, tick - spread))

    def openings(
        self, product: ProductId, minute_ns: Nanos, closes: Ints
    ) -> tuple[Ints, Ints, Bools]:
        """Return `opening_bid` and `widest_spread` in ticks of the minutes from `minute_ns` on,
        where the minute before each has closed at `closes`, and where that is so: not in the
        product's first hour, in which they depend on more.

        The market covers those minutes.
        """
        subject, hour_ns = self._subjects[product], self._hour_of(minute_ns)
        first, count = self._number(minute_ns), len(closes)
        hours = range(hour_ns, minute_ns + count * MINUTE, HOUR)
        climates = (self._hour_climate(subject, Nanos(each)) for each in hours)
        usual = np.repeat([0 if each is None else each.spread for each in climates], _HOUR_MINUTES)
        usual = usual[(minute_ns - hour_ns) // MINUTE :][:count]
        wider = widened(subject.key, np.arange(first, first + count, dtype=np.int64))
        return np.maximum(1, closes - usual * wider), usual * WIDEST, usual > 0

    def price(self, product: ProductId, tick: int) -> Price:
        """Return the price of a tick number."""
        return self._subjects[product].prices.at(tick)

    def _walk(self, product: Product, minute_ns: int, row: Bar | None, last: int) -> MinuteWalk:
        if row is None:
            return standstill(last)
        tick = product.price_increment
        candle = Candle(
            int(row.open / tick),
            int(row.high / tick),
            int(row.low / tick),
            int(row.close / tick),
            int(row.volume / product.base_increment),
        )
        return walk(candle, turnover([row], 1), self._random(product.id, minute_ns))

    def _depth(self, subject: _Subject, minute_ns: int, known: Bar, price: Decimal) -> Depth:
        now = self._climate(subject, minute_ns, known, price)
        before = now
        if (minute_ns - self._first_ns) % HOUR == 0:
            earlier = self._climate(subject, minute_ns - MINUTE, known, price)
            before = Climate(earlier.best, earlier.line, now.gap, now.spread)
        return Depth(
            subject.product, subject.prices, subject.key, self._number(minute_ns), before, now
        )

    def _climate(self, subject: _Subject, minute_ns: int, known: Bar, price: Decimal) -> Climate:
        """Return the climate of the minute's hour, from the rows of the hour before.

        Without such rows the newest row before it speaks for ten minutes.
        """
        found = self._hour_climate(subject, self._hour_of(minute_ns))
        if found is None:  # the product's first hour
            value = turnover([known], 10) if known.start_ns < minute_ns else UNKNOWN_TURNOVER
            return climate(subject.product, price, value, subject.usual)
        return found

    def _hour_climate(self, subject: _Subject, hour_ns: Nanos) -> Climate | None:
        """Return the climate of an hour, None if the product has no row before it."""
        product, key = subject.product, (subject.product.id, hour_ns)
        found = self._climates.get(key)
        if found is None:
            last = self._market.last_before(product.id, hour_ns)
            if last is None:
                return None
            value = self._turnover(product.id, hour_ns)
            value = turnover([last], 10) if value is None else value
            if len(self._climates) >= _CACHED_HOURS:
                self._climates.clear()
            found = self._climates[key] = climate(product, last.close, value, subject.usual)
        return found

    def _turnover(self, product: ProductId, end_ns: Nanos) -> float | None:
        """Return what was turned over a minute in the hour before; None where it has no row."""
        market, start_ns = self._market, Nanos(end_ns - HOUR)
        if isinstance(market, CandleMarket):
            count, worth = market.worth(product, start_ns, end_ns)
            return worth / 60 if count else None
        rows = market.candles(product, start_ns, end_ns)
        return turnover(rows, 60) if rows else None

    def _hour_of(self, minute_ns: int) -> Nanos:
        return Nanos(minute_ns - (minute_ns - self._first_ns) % HOUR)

    def _number(self, minute_ns: int) -> int:
        return (minute_ns - self._first_ns) // MINUTE

    def _random(self, product: ProductId, minute_ns: int) -> Random:
        text = f"{self._seed}|{product}|{self._number(minute_ns)}"
        return Random(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _moves(minute: _Minute) -> Iterator[tuple[int, int, bool]]:
    """Yield number and tick of each step, and whether the last trade took an offer."""
    chance, last, traded = minute.chance, minute.last, minute.walked.traded
    is_up = bool(chance & 1)
    for index, tick in enumerate(minute.walked.path):
        if tick != last:
            is_up, last = tick > last, tick
        elif index in traded and chance >> index & 3 == 0:
            is_up = not is_up
        is_up = is_up and tick > 1  # nothing can be bid below one tick
        yield index, tick, is_up


class CandleSteps:
    """32 steps that add up to a candle."""

    def __init__(self, minute: _Minute, minute_ns: Nanos) -> None:
        self._minute, self._minute_ns = minute, minute_ns
        self.times = range(minute_ns, minute_ns + STEPS * STEP_NS, STEP_NS)
        self._moves = tuple(_moves(minute))
        self._traded = sorted(minute.walked.traded)

    @property
    def product(self) -> ProductId:
        """Return whose steps they are."""
        return self._minute.subject.product.id

    @property
    def first_traded(self) -> int:
        """Return the number of the first step with a trade; without one, one past the last."""
        return self._traded[0] if self._traded else STEPS

    def step(self, index: int) -> Step:
        """Return a step by its number."""
        _, tick, is_up = self._moves[index]
        bids, asks = book_around(self._minute.depth, tick, index, is_up=is_up)
        at_ns = Nanos(self.times[index])
        return Step(self.product, at_ns, self._trades(index, tick, at_ns, is_up=is_up), bids, asks)

    def _trades(self, index: int, tick: int, at_ns: Nanos, *, is_up: bool) -> tuple[Trade, ...]:
        minute, subject = self._minute, self._minute.subject
        units = minute.walked.traded.get(index)
        if units is None:
            return ()
        number = self._minute_ns // MINUTE * TRADES_A_MINUTE + bisect_right(self._traded, index)
        quantity = Quantity(units * subject.product.base_increment)
        # A rise is bought from resting sellers.
        maker = Side.SELL if is_up else Side.BUY
        price = subject.prices.at(tick)
        return (Trade(self.product, str(number), price, quantity, maker, at_ns),)
