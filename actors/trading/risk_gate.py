"""The single authority over what may be sent. Keeps its own books, judges, reserves.

Its books are a fold of the same fills as the portfolio's, so that a fill moves from "reserved" to
"owned" in one step and two proposals of one round can never both use the same room.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen

from actors.kernel.base import Actor, ActorContext
from actors.trading.approvals import Approvals
from actors.trading.rule_failures import RuleFailures
from actors.trading.throttles import ThrottleLook, Throttles
from domain.decisions.cycle_status import degraded_by, status_of
from domain.market.bids import Bids
from domain.messages.control import SyncRequested
from domain.messages.decisions import (
    EntryProposed,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    ProtectionProposed,
    RestProposed,
    RoundJudged,
    RoundProposed,
    StopRaised,
)
from domain.messages.market import (
    BarClosed,
    BidMoved,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    MinutesClosed,
    QuoteMoved,
)
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import (
    CapsMeasured,
    CashFlowSeen,
    LotAdopted,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted, ProductsChanged, TradingReady
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.approval import ApprovedEntry, ApprovedOrder, Reason, Refusal
from domain.model.context import Regime
from domain.model.cycle import CycleStage, StageTime, Stopwatch
from domain.model.funnel import LOSSES_KEPT, Funnel, FunnelLoss, Stage
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Quote
from domain.model.money import Amount, Price, Rate
from domain.model.product import ProductId
from domain.model.universe import Standing
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from domain.portfolio.valuation import Equity
from domain.risk.chains import EntryChain, EntryChains
from domain.risk.exposure import Exposure
from domain.risk.gate import (
    Rules,
    judge_entry,
    judge_exit,
    judge_protection,
    judge_rest,
    limits_used,
    rest_refused,
)
from domain.risk.mandate import Mandate
from domain.risk.past_trades import PastTrades
from domain.risk.reasons import NOTHING_LEFT
from domain.risk.throttle import Counted, ThrottleLimits
from domain.risk.view import ApprovedKey, RiskView, approved_key

REMEMBERED_APPROVALS = 10_000
"""Bars that have led to an order. Only a newest bar is decided on, and a bar older than the limit
of its age is refused anyway: this holds many hours of what one system can ask for."""

Bars = BarClosed | HistoryLoaded | MinutesClosed
Prices = QuoteMoved | BidMoved | Bars | FeedStalled | FeedRecovered
Orders = IntentRaised | OrderAdvanced | FillBooked | WouldPlace | EntryDropped
Account = StatementTaken | CashFlowSeen | LotsMissing | LotReleased | LotAdopted | StopRaised
Life = BootCompleted | ProductsChanged | TradingReady | SyncRequested
Selected = UniverseJudged | RegimeJudged
Proposals = RoundProposed | RestProposed | ExitProposed | ProtectionProposed
Inbox = Proposals | Prices | Orders | Account | Life | Selected | ThrottleLook


@frozen
class GateState:
    """The state to go on with after recovery."""

    ledger: Ledger | None
    exposure: Exposure
    next_approval: int
    approved: tuple[ApprovedKey, ...]
    counted: tuple[Counted, ...] = ()
    """What the throttles have counted so far, oldest first."""
    past_trades: PastTrades = PastTrades()


class RiskGate(Actor):
    """Judges rounds and exits on one frozen view each."""

    def __init__(
        self,
        context: ActorContext,
        rules: Rules,
        mandate: Mandate,
        state: GateState,
        approvals: Approvals,
        quote_limit_ns: Nanos,
        throttle: ThrottleLimits,
    ) -> None:
        super().__init__(context)
        self._throttles = Throttles(self, throttle)
        self._counted = state.counted
        self._failures = RuleFailures(self)
        self._approvals = approvals
        self._quote_limit_ns = quote_limit_ns
        self._rules = rules
        self._mandate = mandate
        self._books = Books(mandate.quote_currency, state.ledger)
        self._exposure = state.exposure
        self._chains = EntryChains()
        self._approval = state.next_approval
        self._approved: OrderedDict[ApprovedKey, None] = OrderedDict.fromkeys(state.approved)
        self._past_trades = state.past_trades
        self._cycle = 0
        self._in_cycle: Counter[str] = Counter()
        self._quotes: dict[ProductId, Quote] = {}
        self._bids = Bids()
        self._bar_ends: dict[ProductId, int] = {}
        self._stalled: dict[ProductId, str] = {}
        # One of each product of the catalogue; none before the first judgement.
        self._standings: dict[ProductId, Standing] = {}
        self._regime = Regime.CHOP
        self._maker: Rate | None = None
        self._taker: Rate | None = None
        self._is_ready = False
        # What says the equity at any bids, and what it was made of.
        self._valued: tuple[Ledger | None, Rate | None, Equity | None] = None, None, None

    def starting(self) -> None:
        """Go on with what the throttles have counted before."""
        self._throttles.begin(self._counted)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case RoundProposed():
                self._judge_round(message)
            case RestProposed():
                self._judge_rest(message)
            case ExitProposed():
                self._tell(judge_exit(message, self._view(), self._approval))
            case ProtectionProposed():
                self._tell(judge_protection(message, self._view(), self._approval))
            case (
                QuoteMoved()
                | BidMoved()
                | BarClosed()
                | HistoryLoaded()
                | MinutesClosed()
                | FeedStalled()
                | FeedRecovered()
            ):
                self._observe(message)
            case IntentRaised() | OrderAdvanced() | FillBooked() | WouldPlace() | EntryDropped():
                self._follow(message)
            case ThrottleLook():
                self._throttles.look(message)
            case _:
                self._learn(message)

    def _observe(self, message: Prices) -> None:
        match message:
            case QuoteMoved(quote):
                self._quotes[quote.product] = quote
                self._bids.take(message)
            case BidMoved():
                self._bids.take(message)
            case BarClosed(bar):
                self._bar_ends[bar.product] = bar.start_ns + MINUTE
            case HistoryLoaded(product, width_ns, bars):
                if bars and width_ns == MINUTE:
                    self._bar_ends[product] = bars[-1].start_ns + MINUTE
            case MinutesClosed(closed):
                for columns in closed:
                    self._bar_ends[columns.product] = int(columns.start_ns[-1]) + MINUTE
            case FeedStalled(product, reason):
                self._stalled[product] = reason
            case FeedRecovered(product):
                self._stalled.pop(product, None)
            case _:
                self.refuse(message)

    def _follow(self, message: Orders) -> None:
        match message:
            case IntentRaised(intent):
                self._exposure = self._exposure.bind(intent)
            case OrderAdvanced():
                self._exposure = self._exposure.end(message)
                if self._throttles.take(message):
                    self._measure()
            case FillBooked():
                self._filled(message)
            case WouldPlace(intent):
                self._exposure = self._exposure.drop(intent.order.approval)
            case EntryDropped(order):
                self._exposure = self._exposure.drop(order.approval)
            case _:
                self.refuse(message)

    def _learn(self, message: Account | Life | Selected) -> None:
        match message:
            case BootCompleted():
                self._books = self._books.apply(message)
                self._maker, self._taker = message.maker_rate, message.taker_rate
            case (
                StatementTaken()
                | CashFlowSeen()
                | LotsMissing()
                | LotReleased()
                | LotAdopted()
                | StopRaised()
                | ProductsChanged()
            ):
                self._books = self._books.apply(message)
            case UniverseJudged(standings):
                self._standings = {each.product: each for each in standings}
            case RegimeJudged(reading):
                self._regime = reading.regime
            case TradingReady():
                self._is_ready = True
            case SyncRequested(token):
                self.send(self.envelope.sender, self._books.report(self.name, token))
                self.prove("its books were compared")
            case _:
                self.refuse(message)

    # Judging.

    def _judge_round(self, proposed: RoundProposed) -> None:
        approved: list[ProductId] = []
        refused: list[tuple[ProductId, Reason]] = []
        if proposed.cycle != self._cycle:
            self._cycle, self._in_cycle = proposed.cycle, Counter()
        for entry, verdict in self._judged(proposed.entries):
            if isinstance(verdict, OrderApproved):
                approved.append(entry.proposal.product)
            else:
                refused.append((entry.proposal.product, verdict.refusals[0].reason))
            self.publish(verdict)
            self._failures.take(entry.proposal.product, verdict)
        breakers = self.board.open
        self.publish(
            RoundJudged(
                proposed.cycle,
                proposed.next_ns,
                tuple(approved),
                tuple(refused),
                proposed.late,
                _judged_funnel(proposed.funnel, approved, refused),
                status_of(proposed, len(approved), breakers),
                degraded_by(proposed, breakers),
                self._times(proposed.watch),
                self._nlv(),
            )
        )
        self._measure()

    def _times(self, watch: Stopwatch | None) -> tuple[StageTime, ...]:
        """Return how long the stages of a cycle took, of which the gate is the last."""
        return () if watch is None else watch.lap(CycleStage.GATE, self.clock.machine_ns()).times

    def _judged(
        self, entries: Iterable[EntryProposed]
    ) -> Iterator[tuple[EntryProposed, OrderApproved | ProposalRefused]]:
        """Yield each entry and what became of it; what is approved counts for the next.

        They share a view for as long as none is approved and no breaker opens or closes.
        """
        view: RiskView | None = None
        for entry in entries:
            if view is None or view.breakers is not self.board.open:
                view = self._view()
            verdict = judge_entry(entry, view, self._approval, self._rules)
            if isinstance(verdict, OrderApproved) and isinstance(verdict.order, ApprovedEntry):
                self._reserve(entry, verdict.order)
                view = None
            yield entry, verdict

    def _measure(self) -> None:
        """Tell how far each limit is used: after a round, a fill, and a rejected order."""
        if self.is_heard(CapsMeasured):
            used = (*limits_used(self._view(), self._rules), *self._throttles.uses())
            self.publish(CapsMeasured(used))

    def _judge_rest(self, wanted: RestProposed) -> None:
        """Judge what is left of an entry; what came of it is asked of our own books."""
        name = wanted.client_order_id
        ended = self._exposure.ended_as(name)
        chain = None if ended is None else self._chains.take(ended.order.approval)
        verdict: OrderApproved | ProposalRefused
        if ended is None or chain is None:
            why = Refusal(
                reason=NOTHING_LEFT, observed="not known any more", limit="an ended entry"
            )
            verdict = rest_refused(wanted, name, why)
        else:
            chain = chain.after(name, ended.filled)
            number, takes = self._approval, wanted.takes
            verdict = judge_rest(chain, self._view(), number, self._rules, takes=takes)
            if isinstance(verdict, OrderApproved):
                self._approve(verdict.order, chain)
        self.publish(verdict)
        self._measure()

    def _tell(self, verdict: OrderApproved | ProposalRefused) -> None:
        if isinstance(verdict, OrderApproved):
            self._approve(verdict.order)
        self.publish(verdict)

    def _approve(self, order: ApprovedOrder, chain: EntryChain | None = None) -> None:
        if chain is not None and isinstance(order, ApprovedEntry):
            self._chains.keep(chain.with_newest(order))
        self._approval += 1
        self._exposure = self._exposure.reserve(order)
        self._approvals.add(order)

    def _reserve(self, entry: EntryProposed, order: ApprovedEntry) -> None:
        ends_ns = Nanos(self.clock.market_ns() + self._mandate.lifetime_ns)
        chain = EntryChain(entry=entry, order=order, quantity=order.quantity, ends_ns=ends_ns)
        self._approve(order, chain)
        self._in_cycle[entry.strategy] += 1
        self._approved[approved_key(entry)] = None
        if len(self._approved) > REMEMBERED_APPROVALS:
            self._approved.popitem(last=False)

    def _filled(self, booked: FillBooked) -> None:
        books = self._books.apply(booked)
        if books is not self._books:  # the same fill again frees no reservation twice
            now_ns, ledgers = self.clock.market_ns(), (self._books.ledger, books.ledger)
            self._past_trades = self._past_trades.after(booked, now_ns, *ledgers)
            self._books = books
            self._exposure = self._exposure.fill(booked)
            self._throttles.take(booked)
            self._measure()

    def _nlv(self) -> Amount | None:
        """Return the equity by our own books, as a view has it."""
        ledger, taker = self._books.ledger, self._taker
        if ledger is not self._valued[0] or taker is not self._valued[1]:
            self._valued = ledger, taker, self._books.equity(taker, self._mandate.allotment)
        equity = self._valued[2]
        return None if equity is None else equity.at(self._marks() if equity.held else {})

    def _marks(self) -> dict[ProductId, Price]:
        now_ns = self.clock.market_ns()
        return self._bids.marks(self._books.owned, now_ns, self._quote_limit_ns)

    def _view(self) -> RiskView:
        now_ns, marks = self.clock.market_ns(), self._marks()
        return RiskView(
            at_ns=now_ns,
            machine_ns=Nanos(self.clock.machine_ns()),
            is_ready=self._is_ready,
            mandate=self._mandate,
            breakers=self.board.open,
            products=self._books.products,
            quotes=self._quotes,
            bar_ends=self._bar_ends,
            stalled=self._stalled,
            portfolio=self._books.value(marks, self._taker, self._mandate.allotment),
            maker=self._maker,
            taker=self._taker,
            regime=self._regime,
            standings=self._standings,
            exposure=self._exposure,
            approved=self._approved.keys(),
            approved_in_cycle=self._in_cycle,
            past_trades=self._past_trades,
        )


def _judged_funnel(
    before: Funnel, approved: Sequence[ProductId], refused: Sequence[tuple[ProductId, Reason]]
) -> Funnel:
    """Return how far the round's products came, with those that the gate let pass."""
    if not (approved or refused):
        return before
    losses = tuple(FunnelLoss(one, Stage.APPROVED, reason) for one, reason in refused)
    return evolve(before, approved=len(approved), losses=(*losses, *before.losses)[:LOSSES_KEPT])
