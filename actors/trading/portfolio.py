"""Keeps the books, values them, and watches the limits on losses."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from actors.kernel.topology import ROUTES
from domain.market.bids import Bids
from domain.messages.control import SyncRequested
from domain.messages.decisions import ExitProposed, RoundJudged, StopRaised
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LedgerReported,
    LimitUse,
    LossesMeasured,
    LotAdopted,
    LotReleased,
    LotsMissing,
    MinutesMarked,
    MinutesPassed,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import (
    BY_OPERATOR,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    ProductsChanged,
)
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.money import ZERO, Amount, Price, Rate
from domain.model.pnl import open_of
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import (
    KEEP_NS,
    LIMITS,
    NOT_RESUMED,
    EquityHistory,
    EquityMark,
    LossLimits,
    Resumed,
)
from domain.portfolio.valuation import allotted_cash, value

PUBLISH_EVERY_NS = 250 * MILLISECOND
"""Market time between two views when only prices moved."""
NEVER_NS = 2**63
LOOK_EVERY_NS = SECOND
"""Market time between two views while lots are owned, though no price moves."""


@frozen
class PublishDue(Timer):
    """Prices have moved since the last view; time for the next."""


@frozen
class Look(Timer):
    """Time to see whether what the lots are valued by is still known."""


Inbox = (
    QuoteMoved
    | BidMoved
    | FillBooked
    | ExitProposed
    | StopRaised
    | RoundJudged
    | MinutesPassed
    | PublishDue
    | Look
    | StatementTaken
    | CashFlowSeen
    | LotsMissing
    | LotReleased
    | LotAdopted
    | ProductsChanged
    | BootCompleted
    | SyncRequested
    | ActorRestarted
    | BreakerReset
)


@frozen(eq=False)
class _Shown:
    """A view, and all that it was made of."""

    ledger: Ledger
    marks: Mapping[ProductId, Price]
    taker: Rate
    view: PortfolioView

    def holds(self, ledger: Ledger, marks: Mapping[ProductId, Price], taker: Rate) -> bool:
        """Tell whether a view of these would be the same one."""
        is_ours = (
            ledger is self.ledger and taker is self.taker and marks.keys() == self.marks.keys()
        )
        return is_ours and all(marks[each] is bid for each, bid in self.marks.items())


@frozen
class PortfolioState:
    """The state to go on with: the ledger (None before the first statement) and past equity."""

    quote_currency: str
    allotment: Amount | None
    ledger: Ledger | None
    marks: tuple[EquityMark, ...]
    peak: EquityMark | None = None
    resumed: Resumed = NOT_RESUMED


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
        self._equity = EquityHistory(state.marks, state.peak, state.resumed)
        # By what is heard, not by the board: between a resume and its being heard nothing trips
        # again for the loss that a person has just gone on from.
        self._tripped = {each.name for each in self.board.open} & set(LIMITS)
        self._cycle = 0
        self._bids = Bids()
        self._taker: Rate | None = None
        self._shown: _Shown | None = None
        self._is_due = False
        self._is_looking = False

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved() | BidMoved():
                if self._books.owns(self._bids.take(message)):
                    self._publish_soon()
            case RoundJudged(cycle=cycle):
                self._cycle = cycle
                self._mark()
            case MinutesPassed():
                self.send(self.envelope.sender, self._passed(message))
            case PublishDue():
                self._is_due = False
                self._publish()
            case Look():
                self.after(LOOK_EVERY_NS, message)
                if self._books.owned:
                    self._publish()
            case StatementTaken() | ProductsChanged() | ExitProposed():
                self._books = self._books.apply(message)
            case FillBooked() | StopRaised():
                self._books = self._books.apply(message)
                self._publish()
            case CashFlowSeen() | LotsMissing() | LotReleased() | LotAdopted():
                self._mark()  # what was earned before the flow was earned with what was there then
                self._books = self._books.apply(message)
                self._publish()
            case BootCompleted():
                self._boot(message)
            case BreakerReset(name, _, by):
                if name in self._tripped:
                    self._resumed(name, is_by_person=by == BY_OPERATOR)
            case SyncRequested(token):
                self.send(self.envelope.sender, self._report(token))
                self.prove("its books were compared")
            case ActorRestarted(actor):
                self._show(actor)
            case _:
                self.refuse(message)

    def _report(self, token: int) -> LedgerReported:
        """Return what the books hold, and what of the cash may be used here."""
        report, ledger = self._books.report(self.name, token), self._books.ledger
        if ledger is None:
            return report
        return evolve(report, allotted=allotted_cash(ledger, self._allotment))

    def _boot(self, boot: BootCompleted) -> None:
        self._books = self._books.apply(boot)
        self._taker = boot.taker_rate
        self._publish()
        if not self._is_looking:
            self._is_looking = True
            self.after(LOOK_EVERY_NS, Look())

    def _show(self, newcomer: str) -> None:
        """Give a fresh incarnation the present view, if it is one that listens."""
        view = self._view()
        if view is not None and newcomer in ROUTES[PortfolioMoved].hears:
            self.send(newcomer, PortfolioMoved(view))

    # Value.

    def _view(self) -> PortfolioView | None:
        now_ns = self.clock.market_ns()
        books, taker, shown = self._books, self._taker, self._shown
        marks = self._bids.marks(books.owned, now_ns, self._quote_limit_ns)
        if books.ledger is None or taker is None:
            return None
        if shown is None or not shown.holds(books.ledger, marks, taker):
            view = value(books.ledger, marks, taker, self._allotment)
            shown = self._shown = _Shown(books.ledger, marks, taker, view)
        return shown.view

    def _publish_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.after(PUBLISH_EVERY_NS, PublishDue())

    def _publish(self) -> None:
        """Show the present view, and judge the limits on losses by it."""
        view = self._view()
        if view is not None:
            self.publish(PortfolioMoved(view))
            self._judge(view)

    def _mark(self) -> None:
        """Keep the present equity, for the windows of the limits and for the next start."""
        view = self._view()
        if view is None:
            return
        self.publish(PortfolioMoved(view))
        self._keep(view)
        self._judge(view)

    def _resumed(self, limit: str, *, is_by_person: bool) -> None:
        """Let a limit count anew from here: a person has seen the loss and goes on."""
        self._tripped.discard(limit)
        if is_by_person:
            self._equity.rebase(limit)
            self._publish()

    def _keep(self, view: PortfolioView) -> None:
        marked = EquityMarked(self._cycle, view.nlv, view.opening_nlv, open_of(view.origins))
        self.publish(marked)
        if view.nlv is not None:
            self._equity.take(self._marked(view.nlv, view))

    def _passed(self, minutes: MinutesPassed) -> MinutesMarked:
        """Keep the equity of minutes up to the first from which more may follow."""
        equity = self._books.equity(self._taker, self._allotment)
        if equity is None:
            return MinutesMarked(self._cycle, (), (), Amount(ZERO))
        opening, nlvs = equity.opening_nlv, equity.column(minutes.bids, len(minutes.at_ns))
        times = minutes.at_ns[: len(nlvs)]
        keep_ns = KEEP_NS if equity.held else NEVER_NS  # else nobody looks between two cycles
        told, limits = self._tripped, self._limits
        count = self._equity.pass_row(times, nlvs, opening, limits, told, keep_ns)
        return MinutesMarked(self._cycle, times[:count], tuple(nlvs[:count]), opening)

    def _judge(self, view: PortfolioView) -> None:
        """Halt where a limit is reached. Between two cycles a mark is kept where the history asks
        for it, and of a breach: it has to be in what a person resumes from.
        """
        if view.nlv is None:
            return
        now = self._marked(view.nlv, view)
        if self._equity.wants(now):
            self._keep(view)
        is_shown = self.is_heard(LossesMeasured)
        if not (is_shown or self._equity.may_breach(self._limits, now, self._tripped)):
            return
        losses = self._equity.measure(self._limits, now)
        if losses and is_shown:
            uses = (LimitUse(one.name, one.lost, one.limit, one.unit) for one in losses)
            self.publish(LossesMeasured(tuple(uses)))
        breached = [one for one in losses if one.is_breached and one.name not in self._tripped]
        if breached:
            self._keep(view)
        for one in breached:
            self._tripped.add(one.name)
            self.trip(one.name, one.reason, effect=Effect.HALT, is_latched=True)

    def _marked(self, nlv: Amount, view: PortfolioView) -> EquityMark:
        return EquityMark(Nanos(self.clock.market_ns()), nlv, view.opening_nlv)
