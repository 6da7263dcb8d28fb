"""The read model: folds events into the status that people and scripts read.

Says one human line a cycle and one for each thing that matters; may be slow without trading
noticing.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import Meter, StatusBoard
from actors.kernel.timers import Timer
from actors.reporting import rows, wording
from actors.reporting.data_rows import OddData, data_rows
from actors.reporting.deals import Deals
from actors.reporting.foregone_rows import foregone_rows
from actors.reporting.identity import ActorStatus, RunIdentity
from actors.reporting.measures import Measure, Measures
from actors.reporting.metering import ALWAYS, Metering
from actors.reporting.narrator import Narrator
from actors.reporting.pnl_rows import pnl_rows
from actors.reporting.universe_rows import funnel_row
from domain.market.bids import Bids
from domain.messages.control import (
    DiscrepancyFound,
    ReconcileFinished,
    StatusPublished,
    StatusRequested,
    SweepFinished,
)
from domain.messages.decisions import CycleDue, ExitHindered, ProposalRefused, RoundJudged
from domain.messages.market import (
    BidMoved,
    FeedRecovered,
    FeedStalled,
    PriceDoubted,
    QuoteMoved,
    TradesLate,
)
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import (
    CashFlowSeen,
    LotAdopted,
    LotReleased,
    LotsListed,
    LotsMissing,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import (
    ActorDown,
    ActorProven,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    BreakerTripped,
    DrillStarted,
    GapSeen,
    ProductsChanged,
    TradingReady,
)
from domain.messages.venue import EntriesUnread
from domain.model.breakers import Breaker
from domain.model.entries import EntryKind
from domain.model.instants import SECOND, iso
from domain.model.orders import TERMINAL, OrderIntent
from domain.model.portfolio import PortfolioView
from domain.model.product import Product, ProductId
from domain.orders.venue_stops import VenueStops
from domain.portfolio.books import Books
from domain.shadow.foregone import ForegoneLedger
from domain.system.rate_budget import BudgetUse
from domain.system.tally import ClosedBreaker, RunTally

JITTER_BINS = 10


@frozen
class Publish(Timer):
    """Time to publish the status."""


Catalogue = BootCompleted | ProductsChanged
Event = (
    BreakerTripped
    | BreakerReset
    | WouldPlace
    | EntryDropped
    | ProposalRefused
    | ExitHindered
    | LotsListed
    | DiscrepancyFound
    | ActorRestarted
    | ActorProven
    | ActorDown
    | DrillStarted
    | GapSeen
    | StatementTaken
    | CashFlowSeen
    | LotsMissing
    | LotReleased
    | LotAdopted
    | SweepFinished
    | TradingReady
    | Catalogue
)
"""What is said in a line, and hardly changes the status otherwise."""
Inbox = (
    QuoteMoved
    | BidMoved
    | PortfolioMoved
    | Publish
    | CycleDue
    | RoundJudged
    | IntentRaised
    | OrderAdvanced
    | FillBooked
    | FeedStalled
    | FeedRecovered
    | PriceDoubted
    | TradesLate
    | ReconcileFinished
    | StatusRequested
    | EntriesUnread
    | Measure
    | Event
)


class Projector(Actor):
    """Keeps the newest of everything and publishes it once a second of machine time.

    Bounds: quotes and stalls are of products of the catalogue, breakers open or closed have names
    from the code and scopes from catalogue or config, orders are those not ended yet, what is left
    out has the client's tally. What an order asks for is known of those raised since we began.
    """

    def __init__(
        self,
        context: ActorContext,
        identity: RunIdentity,
        status: StatusBoard,
        roster: Callable[[], tuple[ActorStatus, ...]],
        tally: RunTally,
        books: Books,
        budgets: Callable[[], tuple[BudgetUse, ...]],
        stops: VenueStops,
        meter: Meter,
    ) -> None:
        super().__init__(context)
        self._metering = Metering(meter)
        self._stops, self._budgets = stops, budgets
        self._narrator = Narrator(self.log, Deals(books), books.quote_currency)
        self._identity, self._status, self._roster = identity, status, roster
        self._view: PortfolioView | None = None
        self._bids = Bids()
        self._foregone = ForegoneLedger()
        self._hindered: dict[str, str] = {}
        self._stalled: dict[ProductId, FeedStalled] = {}
        self._odd = OddData()
        self._closed = {(each.name, each.scope): each for each in tally.closed}
        self._reasons: dict[tuple[str, str], str] = {}
        self._jitter = [0] * JITTER_BINS
        self.cycles, self.orders, self.fills = tally.cycles, tally.orders, tally.fills
        self._orders = {each.client_order_id: each for each in tally.open_orders}
        self._intents = {each.client_order_id: each for each in tally.intents}
        self._products: dict[ProductId, Product] = {}
        self._judged: RoundJudged | None = None
        self._judged_ns = 0
        self._filled: set[ProductId] = set()
        self._measures = Measures()
        self._reconcile: ReconcileFinished | None = None
        self._left_out: dict[tuple[EntryKind, str], EntriesUnread] = {}

    def starting(self) -> None:
        """Begin to publish."""
        self.after_machine(SECOND, Publish())

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        if isinstance(message, ALWAYS):
            self._metering.take(message)
        if isinstance(message, Measure):
            self._measures.take(message, self.envelope.at_ns)
            return
        match message:
            case QuoteMoved() | BidMoved():
                self._bids.take(message)
                self._foregone.take(message)
            case PortfolioMoved(view):
                self._view = view
            case Publish():
                self._publish()
            case CycleDue():
                self._count_jitter(message)
            case RoundJudged():
                self._round(message)
            case IntentRaised(intent):
                self._intend(intent)
            case OrderAdvanced():
                self._advance(message)
            case FillBooked():
                self.fills += 1
                self._filled.add(message.order.product)
                self._narrator.fill(message, is_alive=message.client_order_id in self._orders)
            case FeedStalled() | FeedRecovered():
                self._stall(message)
            case PriceDoubted() | TradesLate():
                self._note_odd(message)
            case ReconcileFinished():
                self._reconcile = message
            case StatusRequested(token):
                self._tell_times()
                self._status.publish(self.report())
                self.publish(StatusPublished(token))
            case EntriesUnread():
                self._left_out[(message.kind, message.reason)] = message
            case _:
                self._say(message)

    def _learn(self, news: Catalogue) -> None:
        self._products = {each.id: each for each in news.products}
        self._narrator.learn(news)
        self._foregone.learn(news)

    def _tell_times(self) -> None:
        """Have the times that were measured since the last cycle written down."""
        taken = self._metering.taken()
        if taken is not None:
            self.publish(taken)

    def _publish(self) -> None:
        self.after_machine(self._identity.publish_every_ns, Publish())
        self._status.publish(self.report())
        self.prove("a status was published")

    def _say(self, message: Event) -> None:
        match message:
            case BreakerTripped(breaker):  # told by the alerts
                self._reasons[(breaker.name, breaker.scope)] = breaker.reason
            case BreakerReset():
                self._close(message)
            case BootCompleted() | ProductsChanged():
                self._learn(message)
            case ProposalRefused():
                self._narrator.refusal(message)
                self._foregone.refuse(message, self.envelope.at_ns)
            case ExitHindered():
                self._hinder(message)
            case StatementTaken() | CashFlowSeen() | LotsMissing() | LotReleased() | LotAdopted():
                self._narrator.learn(message)
            case LotsListed() | DiscrepancyFound() | ActorDown() | TradingReady():
                pass  # told by others
            case (
                WouldPlace()
                | EntryDropped()
                | SweepFinished()
                | ActorRestarted()
                | ActorProven()
                | DrillStarted()
                | GapSeen()
            ):
                self._narrator.tell(message)
            case _:
                self.refuse(message)

    def _hinder(self, told: ExitHindered) -> None:
        self._hindered.pop(told.lot, None)
        if told.hindrance is not None:
            self._hindered[told.lot] = ("dust: " if told.is_dust else "") + told.hindrance

    def _stall(self, message: FeedStalled | FeedRecovered) -> None:
        if isinstance(message, FeedStalled):
            if message.product not in self._stalled:
                self._metering.take(message)
            self._stalled[message.product] = message
        else:
            self._stalled.pop(message.product, None)
            self._narrator.recovery(message)

    def _close(self, reset: BreakerReset) -> None:
        key = (reset.name, reset.scope)
        how = f"by {reset.by}: {reset.evidence}"
        self._narrator.closed(reset, was_told=key in self._reasons)
        self._closed[key] = ClosedBreaker(*key, self._reasons.pop(key, ""), how)

    def _round(self, judged: RoundJudged) -> None:
        self.cycles, self._filled = judged.cycle, set()
        self._judged, self._judged_ns = judged, self.envelope.at_ns
        left_ns = judged.next_ns - self.clock.market_ns()
        blocked = self.board.strongest()
        why = None if blocked is None else f"{blocked.name}: {blocked.reason}"
        regime = self._measures.regime
        line = wording.cycle(judged, self._view, left_ns, why, len(self._stalled), regime)
        self._narrator.round(judged, line)
        self._tell_times()

    def _count_jitter(self, due: CycleDue) -> None:
        if due.cycle == 1 or not self._identity.jitter:
            return
        span = self._identity.interval_ns * self._identity.jitter
        share = (self.clock.market_ns() - due.slot_ns) / span
        self._jitter[min(JITTER_BINS - 1, max(0, int(share * JITTER_BINS)))] += 1

    def _intend(self, intent: OrderIntent) -> None:
        if intent.client_order_id not in self._intents:  # it may be told again
            self.orders += 1
            self._metering.raised()
        self._intents[intent.client_order_id] = intent
        self._stops.intend(intent)

    def _advance(self, moved: OrderAdvanced) -> None:
        self._narrator.order(moved)
        self._metering.order(moved, self._orders.get(moved.client_order_id))
        self._stops.advance(moved)
        if moved.state in TERMINAL:
            self._orders.pop(moved.client_order_id, None)
            self._intents.pop(moved.client_order_id, None)
        else:
            self._orders[moved.client_order_id] = moved

    def report(self) -> dict[str, object]:
        """Return the status document of the command-line contract; decimals are strings."""
        identity, open_now, roster = self._identity, self.board.open, self._roster()
        return {
            "schema": rows.SCHEMA,
            "mode": identity.mode,
            "world": identity.world,
            "config_hash": identity.config_hash,
            "policy_hash": identity.policy_hash,
            "market_time": iso(self.clock.market_ns()),
            **rows.halt_members(self.board.strongest()),
            "cycles": self.cycles,
            "orders_total": self.orders,
            "fills_total": self.fills,
            **rows.equity_members(self._view),
            "other_wallet": rows.other_wallet_row(self._view),
            "last_known": self._measures.last_known_row(),
            "last_decision": rows.decision_row(self._judged, self._judged_ns),
            "limits": self._measures.limit_rows(),
            "actors": [rows.actor_row(member) for member in roster],
            "breakers": rows.breaker_rows(open_now, self._measures.losses, self._closed.values()),
            "strategies": pnl_rows(self._view.origins if self._view else ()),
            "positions": self._positions(rows.guard_of(roster, open_now)),
            "orders_open": [
                rows.order_row(order, self._intents.get(order.client_order_id))
                for order in self._orders.values()
            ],
            "funnel": funnel_row(self._judged, self._filled),
            "foregone": foregone_rows(self._foregone.rows()),
            "universe": self._measures.universe_row(),
            "regime": self._measures.regime_row(),
            "stalled": {name: self._stalled[name].reason for name in sorted(self._stalled)},
            "market_data": self._data_rows(open_now),
            "left_out": [wording.left_out(each) for each in self._left_out.values()],
            "reconcile": self._reconcile_text(),
            "clock": self._measures.clock_row(),
            "jitter_histogram": list(self._jitter),
            "rate_budgets": rows.budget_rows(self._budgets(), self.clock.wall_ns()),
            "guards_proven": self._identity.guards_proven,
        }

    def _note_odd(self, news: PriceDoubted | TradesLate) -> None:
        if isinstance(news, PriceDoubted):
            self._odd.doubted[news.product] = news
            self._narrator.doubt(news)
        else:
            self._narrator.late(news, is_first=news.product not in self._odd.late)
            self._odd.late[news.product] = news.count

    def _data_rows(self, breakers: tuple[Breaker, ...]) -> list[dict[str, object]]:
        now_ns, limit_ns = self.clock.market_ns(), self._identity.quote_limit_ns
        followed = [self._products[name] for name in sorted(self._products)]
        prices = self._bids, self._stalled
        return data_rows(followed, *prices, breakers, now_ns, limit_ns, self._odd)

    def _positions(self, guard: str) -> list[dict[str, object]]:
        return [
            rows.position_row(
                lot,
                self._bids.get(lot.product),
                self._hindered.get(lot.id),
                guard=rows.protection(guard, at_venue=self._stops.is_protected(lot.id)),
                product=self._products.get(lot.product),
            )
            for lot in (self._view.lots if self._view else ())
        ]

    def _reconcile_text(self) -> str | None:
        if self._reconcile is None:
            return None
        return "clean" if self._reconcile.is_clean else "; ".join(self._reconcile.problems)
