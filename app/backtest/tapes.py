"""What is played of a minute: its expanded tape, or the few instants that its candle alone gives.

The fast rule (`--fills bar`) knows of a minute its open, high, low, close and volume, and is asked
to be pessimistic: an entry fills only if the low lies below its limit, with at most a quarter of
the volume; then the stop comes, at its price or at a lower open, less the spread; the target comes
last, and never in the minute in which the lot was bought.

Read the kindest way, the same candle fills an entry whose limit the low only reaches, with all of
the volume; the target comes before the stop, in the first minute too, and a stop is sold at its
price.
What lies between the two readings no candle tells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import MinuteSteps, Step
from app.backtest.market_watch import MarketWatch
from domain.market.past_quotes import NO_QUOTES, PastQuotes
from domain.model.instants import Nanos
from domain.model.market import Bar
from domain.model.money import Quantity
from domain.model.portfolio import Lot
from domain.model.product import ProductId

TAPE_MINUTES = 11
"""What the feed knows of a price before it judges it: ten minutes of moves, and the one judged."""
OPEN, LOW, STOPS, TARGETS, CLOSE = 0, 3, 6, 20, 31
"""Steps of the minute at which the candle's instants stand: the decision lies between the first
two, and the low comes before the life of any entry is over."""
PARTS = 4
"""An entry gets at most this part of a minute's volume."""
Group = tuple[Nanos, list[Step]]


class PlayedMinute(Protocol):
    """The instants of one minute that were not shown yet, in order."""

    def until(self, end_ns: Nanos, playing: Set[ProductId]) -> Iterator[Group]:
        """Yield the instants to `end_ns`, with what happens there; `playing` are the products that
        anybody looks at, and may get fewer meanwhile.
        """


class MinuteTape(Protocol):
    """Shows what happens in a minute of some products."""

    def before(self, product: ProductId, now_ns: Nanos, minutes: int) -> list[Step]:
        """Return what was seen of a product in so many minutes before `now_ns`."""

    def touches(self, product: ProductId, now_ns: Nanos, minutes: int) -> PastQuotes:
        """Return the best bids and asks of `before` alone."""

    def minute(self, products: Collection[ProductId], now_ns: Nanos) -> PlayedMinute:
        """Return the minute that begins at `now_ns`."""


class ExpandedTape:
    """32 steps of each product, which add up to its candle."""

    def __init__(self, watch: MarketWatch, expander: CandleExpander) -> None:
        self._watch, self._expander = watch, expander

    def before(self, product: ProductId, now_ns: Nanos, minutes: int) -> list[Step]:
        """Return the tape of so many minutes."""
        return self._watch.tape(product, now_ns, minutes)

    def touches(self, product: ProductId, now_ns: Nanos, minutes: int) -> PastQuotes:
        """Return what is best of the tape."""
        return self._watch.touches(product, now_ns, minutes)

    def minute(self, products: Collection[ProductId], now_ns: Nanos) -> PlayedMinute:
        """Return the minute, of which a step is made when it is shown."""
        shown = []
        for product in products:
            steps = self._expander.minute(product, now_ns)
            if steps is not None:
                shown.append((self._watch.lit_from(product, now_ns, steps.first_traded), steps))
        return _ExpandedMinute(shown)


class _ExpandedMinute:
    """`shown` are the steps of each product, and the first of them that can be seen."""

    def __init__(self, shown: Iterable[tuple[int, MinuteSteps]]) -> None:
        places = (
            (at_ns, number, steps)
            for first, steps in shown
            for number, at_ns in enumerate(steps.times)
            if number >= first
        )
        by_instant = groupby(sorted(places, key=_at), _at)
        self._instants = deque((at_ns, list(places)) for at_ns, places in by_instant)

    def until(self, end_ns: Nanos, playing: Set[ProductId]) -> Iterator[Group]:
        """Yield the steps of what is played by instant; nothing once that is nothing."""
        while playing and self._instants and self._instants[0][0] <= end_ns:
            at_ns, places = self._instants.popleft()
            shown = [steps.step(number) for _, number, steps in places if steps.product in playing]
            if shown:
                yield Nanos(at_ns), shown


def _at(place: tuple[int, int, MinuteSteps]) -> int:
    return place[0]


class BarTape:
    """Open, low, the stops and targets that the candle reaches, and the close."""

    def __init__(
        self,
        watch: MarketWatch,
        expander: CandleExpander,
        lots: Callable[[], tuple[Lot, ...]],
        *,
        is_kind: bool = False,
    ) -> None:
        """`lots` tells what is owned at the moment; `is_kind` reads each candle the kindest way."""
        self._watch, self._expander, self._lots = watch, expander, lots
        self._is_kind = is_kind

    def before(self, product: ProductId, now_ns: Nanos, minutes: int) -> list[Step]:
        """Return nothing: only candles are known."""
        del product, now_ns, minutes
        return []

    def touches(self, product: ProductId, now_ns: Nanos, minutes: int) -> PastQuotes:
        """Return nothing."""
        del product, now_ns, minutes
        return NO_QUOTES

    def minute(self, products: Collection[ProductId], now_ns: Nanos) -> PlayedMinute:
        """Return the few instants of the candles; all of them are shown."""
        return _BarMinute(self._groups(products, now_ns))

    def _groups(self, products: Collection[ProductId], now_ns: Nanos) -> Iterator[Group]:
        """Yield the instants of the candles; stops and targets are those of lots owned by then."""
        rows = {name: self._watch.row(name, now_ns) for name in products}
        yield from self._group(now_ns, OPEN, (self._open(n, r, now_ns) for n, r in rows.items()))
        known = {name: row for name, row in rows.items() if row is not None}
        yield from self._group(now_ns, LOW, (self._low(row, now_ns) for row in known.values()))
        first, then = self._stop, self._target
        if self._is_kind:
            first, then = then, first
        yield from self._reached(known, now_ns, STOPS, TARGETS, first)
        yield from self._reached(known, now_ns, TARGETS, CLOSE, then)
        closes = (self._at(row, now_ns, CLOSE, row.close) for row in known.values())
        yield from self._group(now_ns, CLOSE, closes)

    def _group(self, now_ns: Nanos, into: int, made: Iterator[Step | None]) -> Iterator[Group]:
        steps = [step for step in made if step is not None]
        lit = [s for s in steps if not self._watch.lit_from(s.product, now_ns, not s.trades)]
        if lit:
            yield lit[0].at_ns, lit

    def _open(self, product: ProductId, row: Bar | None, now_ns: Nanos) -> Step | None:
        if row is None:
            return self._expander.opening(product, now_ns)
        return self._at(row, now_ns, OPEN, row.open)

    def _low(self, row: Bar, now_ns: Nanos) -> Step | None:
        """Return the low as a trade that takes no level: the book is where it opened."""
        price = row.low - self._expander.tick(row.product) if self._is_kind else row.low
        low = self._at(row, now_ns, LOW, price)
        book = self._at(row, now_ns, LOW, row.open)
        if low is None or book is None:
            return None
        return Step(row.product, low.at_ns, low.trades, book.bids, book.asks)

    def _reached(
        self,
        rows: dict[ProductId, Bar],
        now_ns: Nanos,
        first: int,
        end: int,
        level: Callable[[Lot, Bar, Nanos], Decimal | None],
    ) -> Iterator[Group]:
        """Yield an instant for each level that the candle reaches of a lot, lot by lot."""
        for into, lot in zip(range(first, end), self._owned(rows), strict=False):
            row = rows[lot.product]
            price = level(lot, row, now_ns)
            if price is not None:
                reached = self._at(row, now_ns, into, price, is_bid=True)
                yield from self._group(now_ns, into, iter((reached,)))

    def _owned(self, rows: dict[ProductId, Bar]) -> list[Lot]:
        return [lot for lot in self._lots() if lot.product in rows]

    def _stop(self, lot: Lot, row: Bar, now_ns: Nanos) -> Decimal | None:
        """Return what is bid where the stop is reached: its price less the spread."""
        if row.low > lot.stop_price or row.open <= lot.stop_price:
            return None  # not reached, or already sold at the open
        if self._is_kind:
            return lot.stop_price
        return max(lot.stop_price - self._spread(lot.product, now_ns), Decimal(0))

    def _target(self, lot: Lot, row: Bar, now_ns: Nanos) -> Decimal | None:
        target = lot.target_price
        if target is None:
            return None
        if not self._is_kind and (lot.opened_ns >= now_ns or row.low <= lot.stop_price):
            return None
        return target if row.high - self._spread(lot.product, now_ns) >= target else None

    def _spread(self, product: ProductId, now_ns: Nanos) -> Decimal:
        return self._expander.widest_spread(product, now_ns) or Decimal(0)

    def _at(
        self, row: Bar, now_ns: Nanos, into: int, price: Decimal, *, is_bid: bool = False
    ) -> Step | None:
        part = row.volume if self._is_kind else Quantity(row.volume / PARTS)
        return self._expander.around(row.product, now_ns, into, price, traded=part, is_bid=is_bid)


class _BarMinute:
    """What a candle alone gives: few instants, of which none is left out."""

    def __init__(self, groups: Iterator[Group]) -> None:
        self._groups = groups
        self._waiting: Group | None = None

    def until(self, end_ns: Nanos, playing: Set[ProductId]) -> Iterator[Group]:
        """Yield the instants to `end_ns`."""
        del playing
        while (group := self._waiting or next(self._groups, None)) is not None:
            self._waiting = group
            if group[0] > end_ns:
                return
            self._waiting = None
            yield group
