"""The second decision pipeline: actors of its own that meet the very messages of the primary's.

A system of actors by itself, in virtual time: it stands where the primary stood when it took up a
message, hands the same message to its own actor of that name, and lets it work until all is quiet.
So it sees what the primary sees, in the same order, at the same time; its books, its board and its
approvals are its own. Nobody in it can reach a venue: there is no order manager and no port.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from actors.kernel.base import FIRST_EPOCH
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.routes import Routes
from actors.kernel.topology import ALLOCATOR, AUDITOR, EXITS, PORTFOLIO, RISK_GATE, ROUTES
from actors.trading.approvals import Approvals
from adapters.runtime.binding import Seen
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from app.run.deciders import deciders
from app.shadow.comparison import ShadowComparison
from app.shadow.desk import Desk
from app.shadow.silent import SilentLog, SilentQuotes
from config.effective import Config
from domain.messages.decisions import (
    CycleDue,
    OrderApproved,
    ProposalRefused,
    RestProposed,
    RoundJudged,
    RoundProposed,
)
from domain.messages.market import (
    BarClosed,
    BidMoved,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    QuoteMoved,
)
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotAdopted,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import (
    BY_OPERATOR,
    ActorDown,
    BootCompleted,
    ProductsChanged,
    TradingReady,
)
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.messages.venue import QuotesListed
from domain.model.approval import ApprovedExit, Purpose
from domain.model.breakers import Breaker, Scope
from domain.model.errors import TradingError
from domain.portfolio.losses import LIMITS
from domain.risk.pauses import PAUSED
from domain.risk.throttle import REJECTED, REPEATED
from domain.system.recovery import Recovered

OBSERVED = (ALLOCATOR, RISK_GATE, EXITS, PORTFOLIO)
"""Whose messages the shadow's actors of the same names get."""
PRICES = (QuoteMoved, BidMoved)
_WORLD = (
    *PRICES,
    BarClosed,
    HistoryLoaded,
    FeedStalled,
    FeedRecovered,
    UniverseJudged,
    RegimeJudged,
    CycleDue,
    StatementTaken,
    CashFlowSeen,
    LotsMissing,
    LotReleased,
    LotAdopted,
    BootCompleted,
    ProductsChanged,
    TradingReady,
    QuotesListed,
)
_ORDERS = (IntentRaised, OrderAdvanced, FillBooked, WouldPlace)
HEARD = frozenset((*_WORLD, *_ORDERS, RoundProposed, RestProposed, RoundJudged))
SAID = frozenset((OrderApproved, ProposalRefused, RoundJudged, EquityMarked))
OWN_BREAKERS = frozenset((*LIMITS, REJECTED, REPEATED, PAUSED, "late"))
"""Breakers that follow from a pipeline's own decisions; all others are the world's."""


class ShadowFailed(TradingError):
    """The shadow can't go on; the text says why."""


class Pipeline:
    """Decides beside the primary. `take` is called with what was seen, in order."""

    def __init__(
        self, config: Config, recovered: Recovered, start_ns: int, comparison: ShadowComparison
    ) -> None:
        self._comparison = comparison
        self._board = BreakerBoard()
        clock = VirtualClock(start_ns)
        self._runtime = VirtualRuntime(clock, self._board, _routes(), SilentLog, seed=0)
        self._runtime.listen(AUDITOR, self._hear)
        self._clock = clock
        open_orders = (each.intent for each in recovered.orders.values() if not each.is_settled)
        self._desk = Desk(self._runtime.announce, open_orders)
        self._board.restore(recovered.latched())
        self._theirs: tuple[Breaker, ...] = ()
        self._world: dict[tuple[str, Scope], Breaker] = {}
        self._proposed: RoundProposed | None = None
        self._fallen = ""
        self._epoch = FIRST_EPOCH
        for recipe in deciders(self._runtime, config, Approvals(), SilentQuotes()).values():
            recipe(recovered)
        self._runtime.unlist()

    def take(self, seen: Seen) -> None:
        """Go where the primary was, and do what it was about to do.

        Raises:
            ShadowFailed: an actor of the shadow has died.
        """
        self._runtime.run_to(seen.market_ns)
        if seen.breakers is not self._theirs:
            self._take_breakers(seen.breakers)
        if seen.actor == RISK_GATE and seen.epoch != self._epoch:
            self._epoch = seen.epoch
            self._comparison.has_rebuilt()
        if seen.is_said:
            self._compare(seen.message)
        else:
            self._hand_on(seen.actor, seen.message)
        self._desk.look(self._clock.now_ns)
        self._runtime.run_to(seen.market_ns)
        if self._fallen:
            raise ShadowFailed(self._fallen)

    # What the primary takes up.

    def _hand_on(self, actor: str, message: Any) -> None:
        match message:
            case RoundProposed(cycle=cycle):
                mine, self._proposed = self._proposed, None
                if mine is not None and mine.cycle == cycle:
                    self._post(actor, mine)
            case RoundJudged():
                if actor == PORTFOLIO:
                    self._post(actor, message)
            case IntentRaised() | OrderAdvanced() | FillBooked() | WouldPlace():
                followed = self._desk.follow(message)
                if isinstance(message, FillBooked) and isinstance(message.order, ApprovedExit):
                    self._at_venue(message.order)
                if followed is not None:
                    self._post(actor, followed)
            case QuoteMoved() | BidMoved():
                self._post(actor, message)
                self._desk.price(message)
            case BootCompleted() | ProductsChanged():
                self._desk.learn(message)
                self._post(actor, message)
            case _:
                self._post(actor, message)

    def _at_venue(self, sold: ApprovedExit) -> None:
        if sold.purpose is Purpose.PROTECTION:
            self._comparison.sold_at_venue(sold.lot)

    def _compare(self, message: Any) -> None:
        now_ns = self._clock.now_ns
        match message:
            case OrderApproved(order):
                self._comparison.judged(message, now_ns, is_primary=True)
                self._desk.pair(order)
            case ProposalRefused():
                self._comparison.judged(message, now_ns, is_primary=True)
            case RoundJudged(cycle=cycle):
                self._comparison.close_round(cycle, now_ns)
                self._desk.close_round(now_ns)
            case EquityMarked():
                self._comparison.equity(message, now_ns, is_primary=True)

    def _post(self, actor: str, message: Any) -> None:
        self._runtime.post(ReplyTo(actor), message)

    # What its own actors say.

    def _hear(self, envelope: Envelope) -> None:
        message, now_ns = envelope.body, self._clock.now_ns
        match message:
            case RoundProposed():
                self._proposed = message
            case OrderApproved(order):
                self._comparison.judged(message, now_ns, is_primary=False)
                self._desk.approve(order, now_ns)
            case ProposalRefused():
                self._comparison.judged(message, now_ns, is_primary=False)
            case RoundJudged(cycle=cycle):
                self._comparison.has_judged(cycle)
            case EquityMarked():
                self._comparison.equity(message, now_ns, is_primary=False)
            case ActorDown(actor, cause=cause):
                self._fallen = self._fallen or f"{actor}: {cause}"
            case _:
                pass  # for the record of a journal that the shadow does not keep

    # What stops both.

    def _take_breakers(self, theirs: tuple[Breaker, ...]) -> None:
        """Open and close what is the world's; a person's resume counts for both."""
        before, self._theirs = self._theirs, theirs
        world = {(each.name, each.scope): each for each in _of_world(theirs)}
        for key, breaker in world.items():
            if self._world.get(key) != breaker:
                self._board.trip(breaker, may_flap=True)
        for name, scope in self._world.keys() - world.keys():
            self._close(self._world[name, scope])
        self._world = world
        open_now = {each.name for each in theirs}
        for each in before:
            if each.name in LIMITS and each.name not in open_now:
                self._close(each)

    def _close(self, breaker: Breaker) -> None:
        evidence = "it has closed at the primary"
        self._board.reset(breaker.name, breaker.scope, by=BY_OPERATOR, evidence=evidence)


def _of_world(breakers: Iterable[Breaker]) -> Iterable[Breaker]:
    return (each for each in breakers if each.name not in OWN_BREAKERS)


def _routes() -> Routes:
    """Return the system's routes, but for rounds: they go on when the primary's do."""
    held = (RoundProposed, RoundJudged)
    return {
        kind: evolve(row, hears=(AUDITOR,)) if kind in held else row for kind, row in ROUTES.items()
    }
