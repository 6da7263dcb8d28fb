"""The market data of one stream: prices, minutes, and whether there is enough to begin trading.

Joins `quality` and `minutes` so that both see the same frames and the same breaks. Deterministic
and without a clock: every method takes the time and returns what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from domain.market import minutes, quality
from domain.market.bar_order import Asked
from domain.market.past import WidePast
from domain.market.quality import Reread, StartAnew
from domain.market.stamps import Stamps
from domain.messages.market import (
    AFTER_GAP,
    OWN_RESTARTS,
    BarClosed,
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    FeedStalled,
    HistoryLoaded,
    MarketFrame,
    ProductStatusSeen,
    QuoteMoved,
    StreamClosed,
    StreamOpened,
    TradesPrinted,
)
from domain.messages.supervision import GapSeen, TradingReady
from domain.messages.universe import LiquidityMeasured
from domain.messages.venue import CandlesListed, QuotesListed
from domain.model.bars import Timeframe
from domain.model.entries import EntryKind
from domain.model.instants import MILLISECOND, MINUTE, Nanos
from domain.model.market import PriceLimits, Quote
from domain.model.product import ProductId

STAMPED_AHEAD = "a frame stamped ahead of time"

Event = MarketFrame | StreamOpened | StreamClosed | GapSeen
Effect = quality.Effect | minutes.Effect | TradingReady | LiquidityMeasured | ProductStatusSeen
LOOKS = 10
"""The books of all products are looked at within so many checks, a share of them at each."""


@frozen
class FeedPlan:
    """What to back-fill (closed bars of each length) and how old a quote may get (market time)."""

    lookback_minutes: int
    quote_limit_ns: Nanos
    has_history: bool
    hours: int = 0
    days: int = 0
    price_limits: PriceLimits | None = None
    """What makes a price too odd for entries; None: nothing does."""


class MarketData:
    """Everything that is known of the market; instants are market time unless named otherwise."""

    def __init__(self, plan: FeedPlan, *, is_trusted: bool) -> None:
        """A stream that is not trusted yet is compared with REST first."""
        self._plan = plan
        self._quality = quality.MarketQuality(
            plan.quote_limit_ns, plan.price_limits, is_trusted=is_trusted
        )
        self._minutes = minutes.Minutes(plan.lookback_minutes, has_history=plan.has_history)
        wide = {Timeframe.HOUR: plan.hours, Timeframe.DAY: plan.days}
        self._past = WidePast(wide if plan.has_history else {})
        self._stamps = Stamps()
        self._connection = 0
        self._is_ready = False
        self._looks = 0
        self.products: tuple[ProductId, ...] = ()

    def watch(self, products: tuple[ProductId, ...], now_ns: Nanos) -> tuple[Effect, ...]:
        """Follow these products from now on."""
        self.products = products
        self._quality.watch(products)
        wide = self._past.watch(products, now_ns)
        return (*self._minutes.watch(products, now_ns), *wide)

    def step(self, event: Event, now_ns: Nanos) -> list[Effect]:
        """Take in what the stream says, or that nothing was heard for a while."""
        match event:
            case MarketFrame(connection=connection):
                # What an older connection still says is about books that we gave up.
                return self._frame(event, now_ns) if connection == self._connection else []
            case StreamOpened(connection=connection):
                self._connection = connection
                self._minutes.broken(now_ns)
                self._quality.begin_anew(now_ns)
                return []
            case StreamClosed(connection=connection, reason=reason):
                if connection < self._connection or reason in OWN_RESTARTS:
                    return []
                return self._lost(f"disconnected: {reason}", now_ns)
            case GapSeen(length_ns):
                milliseconds = length_ns // MILLISECOND
                lost = self._lost(f"the process did not run for {milliseconds} ms", now_ns)
                return [*lost, StartAnew(AFTER_GAP)]

    def check(self, now_ns: Nanos, machine_ns: Nanos) -> tuple[Effect, ...]:
        """Look at the age of every quote and at some books; to be called once a second."""
        self._looks += 1
        share = self.products[self._looks % LOOKS :: LOOKS]
        looked = (LiquidityMeasured(self._quality.liquidity(share)),) if share else ()
        return (*self._quality.check(now_ns, machine_ns), *looked)

    def confirm(
        self, asked: Reread, answer: QuotesListed, now_ns: Nanos, machine_ns: Nanos
    ) -> tuple[Effect, ...]:
        """Take in what REST answered to `asked`."""
        told: tuple[Effect, ...] = ()
        known: list[Quote] = []
        for quote in answer.quotes:
            if self._stamps.is_ahead(quote.at_ns, now_ns):
                told += self._stamps.refuse(f"a quote of {quote.product}", quote.at_ns, now_ns)
            else:
                known.append(quote)
        of_now = evolve(answer, quotes=tuple(known))
        return (*told, *self._quality.confirm(asked, of_now, now_ns, machine_ns))

    def answered(self, asked: Asked, answer: CandlesListed) -> list[Effect]:
        """Take in the answer to a `Fetch`."""
        told = (self._minutes if asked.width_ns == MINUTE else self._past).answered(asked, answer)
        return [*told, *self._judge_bars(told), *self._begun()]

    def begin(self) -> tuple[Effect, ...]:
        """Do with the data there is: trading has waited long enough for the rest."""
        if self._is_ready:
            return ()
        self._is_ready = True
        plan = self._plan
        history = f"{plan.lookback_minutes}m" if plan.has_history else "none"
        # What may be bought is judged before the first decision.
        return (self.liquidity(), TradingReady(history))

    def liquidity(self) -> LiquidityMeasured:
        """Return spread and depth of every book, for who has heard nothing yet."""
        return LiquidityMeasured(self._quality.liquidity(self.products))

    def backfill(self, now_ns: Nanos) -> tuple[Effect, ...]:
        """Ask for the past again, for who has lost it."""
        wide = self._past.backfill(self.products, now_ns)
        return (*self._minutes.backfill(now_ns), *wide)

    def briefing(self) -> tuple[QuoteMoved | FeedStalled, ...]:
        """Return the newest quotes and what is stalled, for who has heard nothing yet."""
        return (*self._quality.quotes(), *self._quality.stalls())

    @property
    def warming(self) -> frozenset[ProductId]:
        """Return the products that lack a quote or their past."""
        return self._minutes.warming.union(self._quality.warming, self._past.warming)

    def _lost(self, reason: str, now_ns: Nanos) -> list[Effect]:
        """Trust nothing until a new connection has brought whole books."""
        self._connection = 0  # unheard from now on; the next one begins with a break for minutes
        return [*self._quality.lost(reason, now_ns)]

    def _refused(self, frame: MarketFrame, now_ns: Nanos) -> list[Effect]:
        """Leave a frame of the future out; without it the books of this connection have a hole."""
        told = self._stamps.refuse("a frame of the market stream", frame.sent_ns, now_ns)
        lost = self._lost(STAMPED_AHEAD, now_ns)
        return [*told, *lost, StartAnew(STAMPED_AHEAD)]

    def _frame(self, frame: MarketFrame, now_ns: Nanos) -> list[Effect]:
        if self._stamps.is_ahead(frame.sent_ns, now_ns):
            return self._refused(frame, now_ns)
        effects: list[Effect] = []
        for event in frame.events:
            match event:
                case BookChanged() | BookSnapshotSeen():
                    effects += self._quality.book(event, frame.sent_ns, now_ns)
                case TradesPrinted():
                    effects += self._trades(event, now_ns)
                case BookLost():
                    effects += self._quality.book_lost(event, now_ns)
                case ProductStatusSeen():
                    effects.append(event)
                case _:
                    pass  # a sign of life: the session has counted it, and it carries the time
        if any(each.kind is not EntryKind.BOOK for each in frame.unread):
            self._minutes.broken(now_ns)  # a trade is missing: the venue's candles have it
        effects += self._quality.reached(frame.sent_ns, now_ns)
        closed = self._minutes.reached(Nanos(min(frame.sent_ns, now_ns)))
        effects += closed
        effects += self._judge_bars(closed)
        if not self._is_ready:
            effects += self._begun()
        return effects

    def _trades(self, event: TradesPrinted, now_ns: Nanos) -> tuple[Effect, ...]:
        told: tuple[Effect, ...] = ()
        for trade in event.trades:
            if self._stamps.is_ahead(trade.at_ns, now_ns):
                told += self._stamps.refuse(f"a trade of {trade.product}", trade.at_ns, now_ns)
        kept = (each for each in event.trades if not self._stamps.is_ahead(each.at_ns, now_ns))
        of_now = evolve(event, trades=tuple(kept)) if told else event
        self._minutes.trades(of_now)
        return (*told, *self._quality.traded(of_now.trades))

    def _judge_bars(self, effects: Iterable[Effect]) -> list[Effect]:
        """Let the bars among `effects` count for how odd prices are; return what that changes."""
        changed: list[Effect] = []
        for effect in effects:
            match effect:
                case BarClosed(bar):
                    changed += self._quality.bars(bar.product, (bar,))
                case HistoryLoaded(product, width_ns, bars) if width_ns == MINUTE:
                    changed += self._quality.bars(product, bars)
                case _:
                    pass
        return changed

    def _begun(self) -> tuple[Effect, ...]:
        """Begin once nothing is missing."""
        return () if self._is_ready or self.warming else self.begin()
