"""One decision round a cycle: the same picture to every strategy, their proposals to the gate."""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from actors.kernel.topology import STRATEGY
from actors.trading.history import BarUnfit, Depths, ProductBars
from domain.decisions.rounds import DROPPED, merge, newest_bars
from domain.messages.decisions import CycleDue, Decide, EntryProposed, Proposed, RoundProposed
from domain.messages.market import (
    BarClosed,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    MinutesClosed,
    QuoteMoved,
)
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import BootCompleted
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.bar_run import BarRun
from domain.model.bars import Bars, Timeframe
from domain.model.breakers import Effect, Scope
from domain.model.context import Context, Regime
from domain.model.cycle import CycleStage, Stopwatch
from domain.model.funnel import LOSSES_KEPT, NO_FRESH_PRICE, Funnel, FunnelLoss, Stage
from domain.model.instants import MILLISECOND, Nanos
from domain.model.market import Bar, Quote
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId

ROUND_LIMIT_NS = 250 * MILLISECOND
"""Machine time after which a round closes without the strategies that did not answer."""


@frozen
class Seat:
    """What the allocator knows of a strategy: id, most trades of a cycle, length of its bars."""

    strategy: str
    max_trades_per_cycle: int
    timeframe: Timeframe = Timeframe.MINUTE


@frozen
class RoundLimit(Timer):
    """The round of this cycle has waited long enough."""

    cycle: int


Prices = QuoteMoved | BarClosed | HistoryLoaded | MinutesClosed | FeedStalled | FeedRecovered
Selected = UniverseJudged | RegimeJudged
Inbox = Prices | Selected | PortfolioMoved | CycleDue | Proposed | RoundLimit | BootCompleted


class Allocator(Actor):
    """Builds the context, asks, waits at most 250 ms of machine time, merges, hands on."""

    def __init__(
        self,
        context: ActorContext,
        seats: tuple[Seat, ...],
        depths: Depths,
    ) -> None:
        super().__init__(context)
        self._seats = seats
        self._depths = depths
        # One entry a product of the feed, `depths` deep; one answer a seat.
        self._histories: dict[ProductId, ProductBars] = {}
        self._unfit: set[ProductId] = set()
        self._quotes: dict[ProductId, Quote] = {}
        self._stalled: set[ProductId] = set()
        self._excluded: set[ProductId] = set()
        self._eligible: tuple[ProductId, ...] = ()
        self._known: tuple[ProductId, ...] = ()
        """The products of the histories, sorted."""
        self._dropped: tuple[FunnelLoss, ...] = ()
        # How far products came where nothing was wanted, and what that was made of.
        self._quiet: tuple[object, Funnel] = None, Funnel()
        self._regime = Regime.CHOP
        self._view: PortfolioView | None = None
        self._snapshot = 0
        self._round: CycleDue | None = None
        self._context: Context | None = None
        self._watch: Stopwatch | None = None
        self._answers: dict[str, Proposed] = {}

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved(quote):
                self._quotes[quote.product] = quote
            case BarClosed(bar):
                self._learn(bar.product, Timeframe.MINUTE.ns, (bar,))
            case HistoryLoaded(product, width_ns, bars):
                self._learn(product, width_ns, bars)
            case MinutesClosed(closed):
                for columns in closed:
                    self._learn(columns.product, Timeframe.MINUTE.ns, BarRun(columns))
            case PortfolioMoved(view):
                self._view = view
            case CycleDue():
                self._open_round(message)
            case Proposed():
                self._take(message)
            case RoundLimit(cycle):
                if self._round is not None and self._round.cycle == cycle:
                    self._close_round()
            case FeedStalled(product=product):
                self._stalled.add(product)
            case FeedRecovered(product):
                self._stalled.discard(product)
            case UniverseJudged(standings):
                self._excluded = {each.product for each in standings if not each.is_eligible}
                self._eligible = tuple(sorted(e.product for e in standings if e.is_eligible))
            case RegimeJudged(reading):
                self._regime = reading.regime
            case BootCompleted():
                pass  # which products there are is learned from their bars
            case _:
                self.refuse(message)

    def _learn(self, product: ProductId, width_ns: Nanos, bars: tuple[Bar, ...] | BarRun) -> None:
        history = self._histories.get(product)
        if history is None:
            history = self._histories[product] = ProductBars(product, self._depths)
            self._known = tuple(sorted(self._histories))
        try:
            history.load(width_ns, bars)
        except BarUnfit as error:
            if product not in self._unfit:
                self.log.warning("a bar can't be used", product=product, reason=str(error))
            self._unfit.add(product)

    def _open_round(self, due: CycleDue) -> None:
        if self._round is not None:
            self._close_round()
        self._round = due
        self._answers = {}
        self._dropped = ()
        self._watch = due.watch
        self._lap(CycleStage.WAIT)
        context = self._context = self._picture(due)
        self._lap(CycleStage.CONTEXT)
        if context is None or not self._seats:
            self._close_round()
            return
        for seat in self._seats:
            fired = _fired(due, seat.strategy)
            self.send(STRATEGY + seat.strategy, Decide(due.cycle, context, fired))
        self.after_machine(ROUND_LIMIT_NS, RoundLimit(due.cycle))

    def _lap(self, stage: CycleStage) -> None:
        if self._watch is not None:
            self._watch = self._watch.lap(stage, self.clock.machine_ns())

    def _picture(self, due: CycleDue) -> Context | None:
        if self._view is None:
            return None
        self._snapshot += 1
        products = [product for product in self._known if self._is_seen(product)]
        return Context(
            due.cycle,
            self._snapshot,
            self.clock.market_ns(),
            self._bars(products, Timeframe.MINUTE),
            tuple(self._quotes[product] for product in products),
            self._view,
            self._regime,
            hours=self._bars(products, Timeframe.HOUR),
            days=self._bars(products, Timeframe.DAY),
        )

    def _bars(self, products: list[ProductId], timeframe: Timeframe) -> tuple[Bars, ...]:
        if timeframe is not Timeframe.MINUTE and not self._depths.get(timeframe):
            return ()
        known = self._histories
        views = [known[product].view(timeframe) for product in products]
        return tuple([view for view in views if view is not None])

    def _is_seen(self, product: ProductId) -> bool:
        """Tell whether strategies see it: what is excluded only while something of it is owned."""
        is_shown = product not in self._excluded or self._owns(product)
        return is_shown and product in self._quotes and product not in self._stalled

    def _owns(self, product: ProductId) -> bool:
        return self._view is not None and any(lot.product == product for lot in self._view.lots)

    def _take(self, answer: Proposed) -> None:
        if self._round is None or answer.cycle != self._round.cycle:
            self._trip_late(answer.strategy, f"answered cycle {answer.cycle} too late")
            return
        self._answers[answer.strategy] = answer
        if self.board.open:
            scope = Scope.of_strategy(answer.strategy)
            self.close("late", f"answered cycle {answer.cycle}", scope=scope)
        if len(self._answers) == len(self._seats):
            self._close_round()

    def _close_round(self) -> None:
        due, context = self._round, self._context
        assert due is not None
        self._round = None
        self._lap(CycleStage.STRATEGIES)
        late: tuple[str, ...] = ()
        entries: tuple[EntryProposed, ...] = ()
        if context is not None:
            late = tuple(s.strategy for s in self._seats if s.strategy not in self._answers)
            entries = self._merged(context)
            if not self.is_proven:
                answered = f"{len(self._answers)} of {len(self._seats)} strategies answered"
                self.prove(f"round {due.cycle}: {answered}")
        for strategy in late:
            self._trip_late(strategy, f"no answer to cycle {due.cycle} within 250 ms")
        funnel, answered_by = self._funnel(context, entries), len(self._answers)
        self._lap(CycleStage.MERGE)
        told = entries, answered_by, late, funnel, self._watch
        self.publish(RoundProposed(due.cycle, due.next_ns, *told))

    def _funnel(self, context: Context | None, entries: tuple[EntryProposed, ...]) -> Funnel:
        """Return how far products came in this round, and where they were lost; as long as no
        strategy wants anything, and the same are seen, it is the same.
        """
        if any(each.triggered or each.beyond or each.proposals for each in self._answers.values()):
            return self._counted(context, entries)
        shown = () if context is None else tuple(each.product for each in context.bars)
        made_of = shown, self._eligible, self._known
        if made_of != self._quiet[0]:
            self._quiet = made_of, self._counted(context, entries)
        return self._quiet[1]

    def _counted(self, context: Context | None, entries: tuple[EntryProposed, ...]) -> Funnel:
        seen = {each.product for each in context.bars} if context is not None else set()
        unseen = [
            FunnelLoss(each, Stage.SEEN, self._unseen(each))
            for each in self._eligible
            if each not in seen
        ]
        answers = self._answers.values()
        triggered = {each for answer in answers for each in (*answer.triggered, *answer.beyond)}
        proposed = {each.product for answer in answers for each in answer.proposals}
        beyond = [
            FunnelLoss(each, Stage.PROPOSED, "max_triggers_per_cycle", answer.strategy)
            for answer in answers
            for each in answer.beyond
        ]
        return Funnel(
            eligible=len(self._eligible),
            seen=len(seen),
            triggered=len(triggered),
            proposed=len(proposed),
            allocated=len(entries),
            losses=(*self._dropped, *beyond, *unseen)[:LOSSES_KEPT],
        )

    def _unseen(self, product: ProductId) -> str:
        """Return why strategies do not see a product that may be bought."""
        return "no_bars" if product not in self._histories else NO_FRESH_PRICE

    def _merged(self, context: Context) -> tuple[EntryProposed, ...]:
        if not any(answer.proposals for answer in self._answers.values()):
            return ()
        newest = {each: newest_bars(context.bars_of(each)) for each in Timeframe}
        limits = Counter({seat.strategy: seat.max_trades_per_cycle for seat in self._seats})
        bars = {seat.strategy: newest[seat.timeframe] for seat in self._seats}
        proposals = {strategy: answer.proposals for strategy, answer in self._answers.items()}
        entries, dropped = merge(proposals, bars, limits)
        for strategy, proposal, why in dropped:
            self.log.info(f"{proposal.product} not bought for {strategy}: {DROPPED[why]}")
        self._dropped = tuple(
            FunnelLoss(proposal.product, Stage.ALLOCATED, why, strategy)
            for strategy, proposal, why in dropped
        )
        return entries

    def _trip_late(self, strategy: str, reason: str) -> None:
        self.trip("late", reason, effect=Effect.BLOCK, scope=Scope.of_strategy(strategy))


def _fired(due: CycleDue, strategy: str) -> frozenset[ProductId] | None:
    """Return for which products the strategy's trigger may be true, None: nobody knows."""
    if due.fired is None:
        return None
    return frozenset(product for name, product in due.fired if name == strategy)
