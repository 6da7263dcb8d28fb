"""When a minute is over, and where its bar comes from: the stream's trades or the venue's candles.

Each minute of a product is closed once, in order, and never changes afterwards. A minute that the
stream did not see whole is left to the candles, which the venue shows a little after its end.
Deterministic and without a clock.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.market.bar_order import Asked, BarOrder
from domain.market.bars import BarBuilder, regular
from domain.messages.control import AlertRaised
from domain.messages.market import BarClosed, HistoryLoaded, TradesLate, TradesPrinted
from domain.messages.venue import CandlesListed
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar
from domain.model.product import ProductId
from domain.system.alerts import of_missing_history

BAR_GRACE_NS = SECOND
"""A minute is closed by the first frame that the venue sent this long after its end."""
CANDLE_GRACE_NS = 2_500 * MILLISECOND
"""The venue shows a closed candle about 2 s after its end."""

AGAIN_NS = 5 * SECOND
"""Machine time after which candles that were not to be had are asked for again."""


@frozen
class Fetch:
    """Candles should be read once market time reaches `due_ns` → `answered`."""

    asked: Asked
    due_ns: Nanos


@frozen
class FetchAgain:
    """Candles were not to be had: read them again after machine time `pause_ns` → `answered`."""

    asked: Asked
    pause_ns: int


Effect = BarClosed | HistoryLoaded | TradesLate | Fetch | FetchAgain | AlertRaised


class Minutes:
    """The open and closed minutes of all products."""

    def __init__(self, lookback_minutes: int, *, has_history: bool) -> None:
        """Without history, minutes that the stream did not see whole are left out."""
        self._lookback_ns = lookback_minutes * MINUTE
        self._has_history = has_history
        self._builders: dict[ProductId, BarBuilder] = {}
        self._order = BarOrder()
        self._waiting: set[ProductId] = set()
        self._late: dict[ProductId, int] = {}
        """How many late trades were told of."""
        self._open_ns = 0
        self._whole_from_ns = 0

    def watch(self, products: Iterable[ProductId], now_ns: Nanos) -> tuple[Fetch, ...]:
        """Build bars of these products from now on, and ask for their past."""
        self._builders = {product: BarBuilder(product) for product in products}
        self._open_ns = bucket_start(now_ns, MINUTE)
        if self._has_history:
            self._waiting = set(self._builders)
        return self.backfill(now_ns)

    def backfill(self, now_ns: Nanos) -> tuple[Fetch, ...]:
        """Ask for the closed minutes of the past, again for who has lost them."""
        if not self._has_history:
            return ()
        end_ns = bucket_start(now_ns, MINUTE)
        start_ns = Nanos(end_ns - self._lookback_ns)
        asked = [Asked(each, start_ns, end_ns, is_backfill=True) for each in self._builders]
        return tuple(self._owed(each, now_ns) for each in asked)

    def broken(self, now_ns: Nanos) -> None:
        """Frames are missing, or may be: no minute before this moment was seen whole."""
        self._whole_from_ns = now_ns

    def trades(self, event: TradesPrinted) -> None:
        """Count public trades; the recent ones sent at subscription are in the back-fill."""
        if event.is_snapshot:
            return
        for trade in event.trades:
            builder = self._builders.get(trade.product)
            if builder is not None:
                builder.add(trade)

    def reached(self, sent_ns: Nanos) -> list[Effect]:
        """Close every minute that is over for a frame that the venue sent at `sent_ns`."""
        effects: list[Effect] = [*self._missed(sent_ns)]
        while self._is_over(sent_ns):
            start_ns = Nanos(self._open_ns)
            self._open_ns += MINUTE
            for builder in self._builders.values():
                bar = builder.close(start_ns)
                effects += self._released(builder.product, () if bar is None else (bar,))
                effects += self._late_of(builder)
        return effects

    def _late_of(self, builder: BarBuilder) -> tuple[TradesLate, ...]:
        """Tell of trades that came after their minute was closed, if there are new ones."""
        if builder.late == self._late.get(builder.product, 0):
            return ()
        self._late[builder.product] = builder.late
        return (TradesLate(builder.product, builder.late),)

    def _is_over(self, sent_ns: Nanos) -> bool:
        return sent_ns >= self._open_ns + MINUTE + BAR_GRACE_NS

    def _missed(self, sent_ns: Nanos) -> list[Fetch]:
        """Leave minutes that were not seen whole to the candles: one question, however many."""
        first_ns = Nanos(self._open_ns)
        while self._open_ns < self._whole_from_ns and self._is_over(sent_ns):
            for builder in self._builders.values():
                builder.skip(Nanos(self._open_ns))
            self._open_ns += MINUTE
        if first_ns == self._open_ns or not self._has_history:
            return []
        end_ns, due_ns = Nanos(self._open_ns), Nanos(self._open_ns + CANDLE_GRACE_NS)
        asked = [Asked(each, first_ns, end_ns, is_backfill=False) for each in self._builders]
        return [self._owed(each, due_ns) for each in asked]

    def answered(self, asked: Asked, answer: CandlesListed) -> list[Effect]:
        """Take in the answer to a `Fetch`; one that is not whole settles nothing."""
        product = asked.product
        if answer.failure is not None or not answer.is_complete:
            return [of_missing_history(product, answer.failure), FetchAgain(asked, AGAIN_NS)]
        self._order.settle(asked)
        builder = self._builders[product]
        if not asked.is_backfill:
            return [*self._released(product, _each_minute(builder, answer.bars, asked))]
        bars = regular(builder, answer.bars, asked.start_ns, asked.end_ns)
        self._waiting.discard(product)
        return [HistoryLoaded(product, Nanos(MINUTE), bars), *self._released(product)]

    @property
    def warming(self) -> frozenset[ProductId]:
        """Return the products whose past is not there yet."""
        return frozenset(self._waiting)

    def _owed(self, asked: Asked, due_ns: Nanos) -> Fetch:
        self._order.owe(asked)
        return Fetch(asked, due_ns)

    def _released(self, product: ProductId, bars: tuple[Bar, ...] = ()) -> list[BarClosed]:
        return [BarClosed(bar) for bar in self._order.release(product, bars)]


def _each_minute(builder: BarBuilder, bars: Iterable[Bar], asked: Asked) -> tuple[Bar, ...]:
    """Return a bar of each minute that was asked for; one without a candle repeats the close."""
    candles = {int(bar.start_ns): bar for bar in bars}
    found: list[Bar] = []
    for minute_ns in range(asked.start_ns, asked.end_ns, MINUTE):
        candle = candles.get(minute_ns)
        start_ns, end_ns = Nanos(minute_ns), Nanos(minute_ns + MINUTE)
        found += regular(builder, () if candle is None else (candle,), start_ns, end_ns)
    return tuple(found)
