"""The actors of a backtest: those that decide, judge, keep the books and work orders in trading.

The same classes from the same recipes. In the place of who brings the market, the cycle and the
venue's truth stands the timeline (`app/backtest/timeline.py`), in that of the journal a recorder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from attrs import evolve, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import (
    AUDITOR,
    ENTRIES,
    ORDER_MANAGER,
    OUTSIDE,
    PORTFOLIO,
    PROJECTOR,
    PROTECTOR,
    ROUTES,
    STRATEGY,
    UNIVERSE,
)
from actors.trading.approvals import Approvals
from actors.trading.entries import RestingEntries
from actors.trading.last_gate import LastGate
from actors.trading.protector import Protector
from actors.trading.universe import Selector
from adapters.runtime.fifo import FifoRuntime
from adapters.runtime.virtual import VirtualClock
from adapters.simulator.bars.bar_venue import BarVenue
from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.engine.ids import Ids
from app.backtest.plan import BacktestPlan
from app.backtest.record import SHOWN, BacktestRecorder
from app.run import settings
from app.run.deciders import Recipes, deciders
from app.run.wiring import in_order, order_manager
from app.shadow.silent import SilentLog
from domain.messages.journal import RunStarted
from domain.messages.portfolio import EquityMarked, MinutesMarked, MinutesPassed
from domain.messages.venue import CandlesListed, ProductsListed, QuotesListed
from domain.model.errors import InvariantBroken, TradingError
from domain.model.instants import Nanos, iso
from domain.model.kill import KillOrder
from domain.model.market import Quote
from domain.model.product import Product, ProductId
from domain.system.recovery import Recovered

LINEAGE_DIGITS = 32
Hears = Callable[[Envelope], None]
MODE = "backtest"
PUNCTUAL = frozenset({ENTRIES, ORDER_MANAGER, PROTECTOR})
"""They work orders: the price that they go by is that of their timers' instants, and an order ends
when its time is over, not with the fill at the step after that.
"""


class BacktestFailed(TradingError):
    """A strategy has died: what it would have done is not known. The text says which and why."""


@frozen
class _NoSignal:
    """No operator stands by."""

    def read(self) -> KillOrder | None:
        """Return that nobody wants it stopped."""
        return None


class Past:
    """Shows hours, and prices of now, to actors that ask a venue for them."""

    def __init__(self, grid: MinuteGrid, clock: VirtualClock) -> None:
        self._grid, self._clock = grid, clock
        self.products: tuple[Product, ...] = ()
        self.quotes: dict[ProductId, Quote] = {}
        self.runtime: FifoRuntime | None = None

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        """Show the products of the account's currency."""
        assert self.runtime is not None
        self.runtime.post(reply_to, ProductsListed(token, self.products, True, None))

    def list_candles(
        self,
        product: ProductId,
        width_ns: Nanos,
        start_ns: Nanos,
        end_ns: Nanos,
        token: int,
        reply_to: ReplyTo,
    ) -> None:
        """Show closed hours; a market without the product has none."""
        assert self.runtime is not None
        is_there = self._grid.has(product)
        bars = self._grid.hours(product, start_ns, end_ns) if is_there else ()
        self.runtime.post(reply_to, CandlesListed(token, product, width_ns, bars, True, None))

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        """Show the newest quotes of products that are played now."""
        assert self.runtime is not None
        known = tuple(self.quotes[each] for each in products if each in self.quotes)
        self.runtime.post(reply_to, QuotesListed(token, known, None))


class BacktestSystem:
    """Everything that lives in a backtest, at the plan's first instant."""

    def __init__(
        self,
        plan: BacktestPlan,
        hears: Hears | None = None,
        before: Recovered | None = None,
    ) -> None:
        """`hears` is told of every record, beside the recorder; `before` is what was before."""
        self.plan = plan
        self.clock = VirtualClock(plan.start_ns)
        self.board = BreakerBoard()
        self.runtime = FifoRuntime(self.clock, self.board, ROUTES, SilentLog, PUNCTUAL)
        self.grid = MinuteGrid(plan.market)
        self.past = Past(self.grid, self.clock)
        self.past.runtime = self.runtime
        self.past.products = tuple(p for p in plan.market.products if p.id in plan.products)
        self.recorder = BacktestRecorder(
            self.runtime.post, self.clock.machine_ns, plan.config.universe.themes
        )
        self._hears = hears
        self._marked: MinutesMarked | None = None
        self.runtime.listen(AUDITOR, _both(self.recorder.hear, hears))
        self.runtime.listen(OUTSIDE, self._answered)
        self.runtime.listen(PROJECTOR, self.recorder.show, SHOWN)
        self.lineage = lineage_of(plan)
        self.venue = BarVenue(
            plan.market,
            plan.opening,
            plan.fees,
            Ids(self.lineage),
            plan.start_ns,
            self.runtime.post,
            self.clock.machine_ns,
            plan.delay_ns,
        )
        self._spawn(Recovered() if before is None else before)

    def _spawn(self, before: Recovered) -> None:
        plan, runtime, approvals = self.plan, self.runtime, Approvals()
        self.venue.last_gate = LastGate(
            self.board, self.clock, _NoSignal(), runtime.epochs, lambda: False, approvals
        )
        config = plan.config
        limit_ns = settings.quote_limit_ns(config)
        chosen, regime = settings.universe_of(config), settings.regime_of(config)
        is_on = config.policy.exits.venue_stops
        known: Recipes = {
            **deciders(runtime, config, approvals, self.past),
            ORDER_MANAGER: order_manager(runtime, self.venue, self.venue),
            PROTECTOR: lambda _: runtime.spawn(Protector, PROTECTOR, (), is_on=is_on),
            ENTRIES: lambda _: runtime.spawn(
                RestingEntries, ENTRIES, settings.working_of(config), limit_ns
            ),
            UNIVERSE: lambda state: runtime.spawn(
                Selector, UNIVERSE, self.past, chosen, regime, state.universe
            ),
        }
        state = evolve(before, lineage=self.lineage)
        for name in in_order(known):
            known[name](state)
        runtime.unlist()

    def begin(self) -> None:
        """Take down the run's first record."""
        plan, config = self.plan, self.plan.config
        world = plan.market.description
        hashes = config.config_hash, config.policy_hash
        started = RunStarted(MODE, "bars", world, *hashes, plan.seed)
        self.recorder.begin(started, plan.start_ns)

    def pass_over(self, minutes: MinutesPassed) -> int:
        """Let the portfolio value minutes at once; return in how many nothing followed from it."""
        self.runtime.post(ReplyTo(PORTFOLIO), minutes)
        self.runtime.hand_over(self.clock.now_ns)
        self.check()
        marked, self._marked = self._marked, None
        if marked is None:
            raise InvariantBroken("the portfolio has not answered what minutes were worth")
        self.recorder.pass_over(minutes, marked)
        if self._hears is not None:
            for at_ns, nlv in zip(marked.at_ns, marked.nlv, strict=True):
                told = EquityMarked(marked.cycle, nlv, marked.opening_nlv)
                self._hears(Envelope(0, told, PORTFOLIO, 0, 0, 0, at_ns))
        return len(marked.at_ns)

    def _answered(self, envelope: Envelope) -> None:
        if isinstance(envelope.body, MinutesMarked):
            self._marked = envelope.body

    def check(self) -> None:
        """Go on only while everybody lives.

        Raises:
            BacktestFailed: a strategy does not.
            InvariantBroken: one of our own does not.
        """
        fallen = self.recorder.fallen
        if fallen is not None:
            text = f"{fallen.actor} failed at {iso(self.clock.now_ns)}: {fallen.cause}"
            if fallen.actor.startswith(STRATEGY):
                raise BacktestFailed(text)
            raise InvariantBroken(text)


def _both(recorder: Hears, other: Hears | None) -> Hears:
    """Return what tells the recorder, and then `other`."""
    if other is None:
        return recorder

    def hear(envelope: Envelope) -> None:
        recorder(envelope)
        other(envelope)

    return hear


def lineage_of(plan: BacktestPlan) -> str:
    """Return the lineage of a repeatable backtest: from what it is of alone."""
    world = f"{plan.market.description}|{plan.start_ns}|{plan.seed}"
    return hashlib.sha256(world.encode()).hexdigest()[:LINEAGE_DIGITS]
