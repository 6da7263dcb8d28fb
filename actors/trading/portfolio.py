"""Keeps the books, values them, and watches the limits on losses."""

from __future__ import annotations

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from actors.kernel.topology import ROUTES
from domain.market.bids import Bids
from domain.messages.control import SyncRequested
from domain.messages.decisions import RoundJudged
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LossesMeasured,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import ActorRestarted, BootCompleted, ProductsChanged
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, Nanos
from domain.model.money import Amount, Rate
from domain.model.portfolio import PortfolioView
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import EquityHistory, EquityMark, LossLimits

PUBLISH_EVERY_NS = 250 * MILLISECOND
"""Market time between two views when only prices moved."""


@frozen
class PublishDue(Timer):
    """Prices have moved since the last view; time for the next."""


Inbox = (
    QuoteMoved
    | BidMoved
    | FillBooked
    | RoundJudged
    | PublishDue
    | StatementTaken
    | CashFlowSeen
    | ProductsChanged
    | BootCompleted
    | SyncRequested
    | ActorRestarted
)


@frozen
class PortfolioState:
    """The state to go on with: the ledger (None before the first statement) and past equity."""

    quote_currency: str
    allotment: Amount | None
    ledger: Ledger | None
    marks: tuple[EquityMark, ...]


class Portfolio(Actor):
    """Books fills, values lots at the best bid less the taker fee, watches losses."""

    def __init__(
        self,
        context: ActorContext,
        state: PortfolioState,
        limits: LossLimits,
        quote_limit_ns: Nanos,
    ) -> None:
        super().__init__(context)
        self._quote_limit_ns = quote_limit_ns
        self._limits = limits
        self._allotment = state.allotment
        self._books = Books(state.quote_currency, state.ledger)
        self._equity = EquityHistory(state.marks)
        self._bids = Bids()
        self._taker: Rate | None = None
        self._is_due = False

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved() | BidMoved():
                if self._books.owns(self._bids.take(message)):
                    self._publish_soon()
            case RoundJudged(cycle=cycle):
                self._mark(cycle)
            case PublishDue():
                self._is_due = False
                self._publish()
            case StatementTaken() | ProductsChanged():
                self._books = self._books.apply(message)
            case FillBooked():
                self._books = self._books.apply(message)
                self._publish()
            case CashFlowSeen():
                self._books = self._books.apply(message)
                self._publish()
            case BootCompleted():
                self._books = self._books.apply(message)
                self._taker = message.taker_rate
                self._publish()
            case SyncRequested(token):
                self.send(self.envelope.sender, self._books.report(self.name, token))
                self.prove("its books were compared")
            case ActorRestarted(actor):
                self._show(actor)
            case _:
                self.refuse(message)

    def _show(self, newcomer: str) -> None:
        """Give a fresh incarnation the present view, if it is one that listens."""
        view = self._view()
        if view is not None and newcomer in ROUTES[PortfolioMoved].hears:
            self.send(newcomer, PortfolioMoved(view))

    # Value.

    def _view(self) -> PortfolioView | None:
        now_ns = self.clock.market_ns()
        marks = self._bids.marks(self._books.owned, now_ns, self._quote_limit_ns)
        return self._books.value(marks, self._taker, self._allotment)

    def _publish_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.after(PUBLISH_EVERY_NS, PublishDue())

    def _publish(self) -> None:
        view = self._view()
        if view is not None:
            self.publish(PortfolioMoved(view))

    def _mark(self, cycle: int) -> None:
        view = self._view()
        if view is None:
            return
        self.publish(PortfolioMoved(view))
        self.publish(EquityMarked(cycle, view.nlv, view.opening_nlv))
        if view.nlv is None:
            return
        self._equity.take(EquityMark(Nanos(self.clock.market_ns()), view.nlv, view.opening_nlv))
        losses = self._equity.measure(self._limits)
        self.publish(LossesMeasured(tuple((one.name, one.lost, one.limit) for one in losses)))
        for one in losses:
            if one.is_breached:
                self.trip(one.name, one.reason, effect=Effect.HALT, is_latched=True)
