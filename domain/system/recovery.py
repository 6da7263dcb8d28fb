"""From the journal back to the state: the fold that every start does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from domain.messages.control import OperatorActed
from domain.messages.conversion import ConversionIntended, ConversionSettled
from domain.messages.decisions import ExitProposed, OrderApproved, RoundJudged, StopRaised
from domain.messages.journal import JournalCreated, JournalRestored, RunStarted
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotAdopted,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BY_OPERATOR, BootCompleted, BreakerReset, BreakerTripped
from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.approval import ApprovedEntry
from domain.model.breakers import Breaker
from domain.model.instants import Nanos
from domain.model.money import plain
from domain.model.orders import TERMINAL, OrderIntent, OrderState
from domain.model.product import ProductId
from domain.orders.order import Order, apply_fill
from domain.orders.own_orders import REMEMBERED_ENDS as MOST_ENDS
from domain.orders.recent import AT_ONCE_NS
from domain.orders.venue_stops import VenueStops
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import LIMITS, NOT_RESUMED, EquityHistory, EquityMark, Resumed
from domain.portfolio.proceeds import Proceeds
from domain.portfolio.recent_fills import PAGE, PAGES
from domain.risk.exposure import REMEMBERED_ENDS, Exposure, Reservation
from domain.risk.past_trades import PastTrades
from domain.risk.throttle import Counted, CountedOrders
from domain.risk.view import ApprovedKey
from domain.system.fold_state import FoldState
from domain.system.tally import ClosedBreaker, RunTally
from domain.universe.orders import StandingOrders

KEPT_APPROVALS = 2_000
"""Newest approvals that the risk gate gets back: "once a bar" looks at the present bar alone."""
KEPT_ENDS_NS = 2 * AT_ONCE_NS
"""Market time for which orders that have ended, and fills that are booked, come back at a start:
twice as long as the venue can have more to say of them. The journal knows them for ever."""
MOST_FILLS = PAGE * PAGES
UNSENT = (OrderState.INTENDED, OrderState.PENDING_SUBMIT)


@frozen(kw_only=True)
class Recovered:
    """What the journal says. `last_ns` is the market time of its last record, None if empty.

    `orders` are those that have not ended and the newest of the others; `booked` the newest fills;
    `traded` every product of which an order was ever filled.
    """

    lineage: str = ""
    former: tuple[tuple[str, int], ...] = ()
    """Lineages before a backup was restored, each with its last number that is known here."""
    last_ns: Nanos | None = None
    orders: Mapping[str, Order] = field(factory=dict)
    next_number: int = 1
    next_approval: int = 1
    ledger: Ledger | None = None
    booked: frozenset[str] = frozenset()
    traded: frozenset[ProductId] = frozenset()
    breakers: tuple[Breaker, ...] = ()
    marks: tuple[EquityMark, ...] = ()
    peak: EquityMark | None = None
    resumed: Resumed = NOT_RESUMED
    approved: tuple[ApprovedKey, ...] = ()
    counted: tuple[Counted, ...] = ()
    """Newest rejected orders and filled entries, oldest first: throttles go on counting them."""
    past_trades: PastTrades = PastTrades()
    """What the pace of entries depends on."""
    runs: int = 0
    world: str = ""
    tally: RunTally = RunTally()
    universe: StandingOrders = StandingOrders()
    """What persons have said about what may be bought."""
    boot: BootCompleted | None = None
    """What the newest start read of catalogue and fees."""
    proceeds: Proceeds = Proceeds()

    @property
    def owned(self) -> tuple[str, ...]:
        """Return product and quantity of every lot, as texts."""
        lots = () if self.ledger is None else self.ledger.lots
        return tuple(f"{lot.product} {plain(lot.quantity)}" for lot in lots)

    @property
    def protection(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the same of lots that an order of ours protects at the venue, and of others."""
        stops, lots = VenueStops(self.orders.values()), self.ledger.lots if self.ledger else ()
        told = tuple(zip(self.owned, (stops.is_protected(lot.id) for lot in lots), strict=True))
        protected = tuple(text for text, is_there in told if is_there)
        return protected, tuple(text for text, is_there in told if not is_there)

    @property
    def has_unsettled(self) -> bool:
        """Tell whether an order of ours may still rest at the venue, or have fills to come."""
        return any(not order.is_settled for order in self.orders.values())

    def own_orders(self, machine_ns: Nanos) -> tuple[Order, ...]:
        """Return all orders, oldest first, ready for the order manager.

        Those that have ended too: the venue may show one alive or filled all the same. What may
        have been sent counts as unknown, with this moment as its last possible sending.
        """
        found = []
        for order in self.orders.values():
            if order.state in (*UNSENT, OrderState.UNKNOWN):
                order = evolve(order, state=OrderState.UNKNOWN, last_sent_ns=machine_ns)
            found.append(order)
        return tuple(found)

    def exposure(self) -> Exposure:
        """Return the reservations: of living orders, and of ended ones that may yet be alive."""
        living: dict[int, Reservation] = {}
        ended: dict[int, Reservation] = {}
        for own in self.orders.values():
            held = ended if own.is_terminal else living
            order = own.intent.order
            held[order.approval] = Reservation(order, own.intent.client_order_id, own.filled)
        return Exposure(living, dict(list(ended.items())[-REMEMBERED_ENDS:]))

    def latched(self) -> tuple[Breaker, ...]:
        """Return the breakers that are still open and need the operator."""
        return tuple(each for each in self.breakers if each.is_latched)


def fold(records: Iterable[tuple[int, Any]], quote_currency: str) -> Recovered:
    """Return the state after all `records`: pairs of market time and message, oldest first."""
    journal = JournalFold(quote_currency)
    for at_ns, message in records:
        journal.take(at_ns, message)
    return journal.result()


class JournalFold:
    """The fold while it goes on, record by record; values handed out are frozen."""

    def __init__(self, quote_currency: str) -> None:
        self._lineage = ""
        self._former: tuple[tuple[str, int], ...] = ()
        self._last_ns: Nanos | None = None
        self._orders: dict[str, Order] = {}
        self._number = self._approval = 0
        self._books = Books(quote_currency)
        self._ended: dict[str, int] = {}
        self._booked: dict[str, int] = {}
        self._traded: set[ProductId] = set()
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._equity = EquityHistory()
        self._boot: BootCompleted | None = None
        self._approved: deque[ApprovedKey] = deque(maxlen=KEPT_APPROVALS)
        self._counted, self._past_trades = CountedOrders(), PastTrades()
        self._universe, self._proceeds = StandingOrders(), Proceeds()
        self._runs, self._world = 0, ""
        self._tally = RunTally()
        self._moved: dict[str, OrderAdvanced] = {}
        self._closed: dict[tuple[str, str], ClosedBreaker] = {}

    @property
    def last_ns(self) -> Nanos | None:
        """Market time of the newest record so far, None if there is none."""
        return self._last_ns

    def _forget(self) -> None:
        """Another world has another account; only latched breakers outlive it."""
        self._orders, self._ended, self._booked, self._traded = {}, {}, {}, set()
        self._moved = {}
        self._books = evolve(self._books, ledger=None)
        self._equity, self._boot, self._proceeds = EquityHistory(), None, Proceeds()
        self._approved.clear()
        self._counted, self._past_trades = CountedOrders(), PastTrades()

    def take(self, at_ns: int, message: Any) -> None:
        """Take the next record, of that market time."""
        self._last_ns = Nanos(max(self._last_ns or 0, at_ns))
        match message:
            case IntentRaised(intent):
                is_new = intent.client_order_id not in self._orders
                self._tally = evolve(self._tally, orders=self._tally.orders + is_new)
                self._intent(at_ns, intent)
            case OrderAdvanced():
                self._counted.take(message, at_ns)
                self._advance(at_ns, message)
            case FillBooked():
                self._counted.take(message, at_ns)
                self._fill(at_ns, message)
            case RoundJudged(cycle=cycle):
                self._tally = evolve(self._tally, cycles=cycle)
            case OrderApproved(order):
                self._approval = max(self._approval, order.approval)
                if isinstance(order, ApprovedEntry):
                    key = (order.strategy, order.product, order.side, int(order.bar_ns))
                    self._approved.append(key)
            case EquityMarked(_, nlv, opening):
                if nlv is not None:
                    self._equity.take(EquityMark(Nanos(at_ns), nlv, opening))
            case _:
                self._take_life(message)

    def _take_life(self, message: Any) -> None:
        match message:
            case JournalCreated(lineage):
                self._lineage = lineage
            case JournalRestored(lineage):
                self._former += ((self._lineage, self._number),)
                self._lineage = lineage
            case RunStarted(world=world):
                self._runs += 1
                self._tally, self._closed = RunTally(), {}
                if world and self._world and world != self._world:
                    self._forget()
                self._world = world or self._world
                # What was open without a latch ended with its process.
                self._breakers = {k: b for k, b in self._breakers.items() if b.is_latched}
            case BreakerTripped(breaker):
                self._breakers[(breaker.name, breaker.scope)] = breaker
            case BreakerReset(name, scope, by):
                if name in LIMITS and by == BY_OPERATOR:
                    self._equity.rebase(name)
                self._close(message, self._breakers.pop((name, scope), None))
            case StatementTaken() | CashFlowSeen() | LotsMissing() | ExitProposed():
                self._books = self._books.apply(message)
            case LotReleased() | LotAdopted() | StopRaised():
                self._books = self._books.apply(message)
            case BootCompleted():
                self._boot = message
                self._books = self._books.apply(message)
            case OperatorActed() | ConversionIntended() | ConversionSettled():
                self._proceeds = self._proceeds.after(message)
            case AssetBanned() | BanCleared() | RegimeSet() | RegimeCleared():
                self._universe = self._universe.apply(message)
            case _:
                pass  # told for people, not for the state

    def _close(self, reset: BreakerReset, known: Breaker | None) -> None:
        reason = "" if known is None else known.reason
        how = f"by {reset.by}: {reset.evidence}"
        key = (reset.name, reset.scope)
        self._closed[key] = ClosedBreaker(reset.name, reset.scope, reason, how)

    def _intent(self, at_ns: int, intent: OrderIntent) -> None:
        self._number = max(self._number, intent.number)
        if intent.client_order_id not in self._orders:
            self._orders[intent.client_order_id] = Order.intended(intent, at_ns)

    def _advance(self, at_ns: int, moved: OrderAdvanced) -> None:
        if moved.state in TERMINAL:
            self._moved.pop(moved.client_order_id, None)
        else:
            self._moved[moved.client_order_id] = moved
        order = self._orders.get(moved.client_order_id)
        if order is None:
            return  # over for long
        order_id = moved.order_id or order.order_id
        self._keep(at_ns, evolve(order, state=moved.state, order_id=order_id, reason=moved.reason))

    def _fill(self, at_ns: int, booked: FillBooked) -> None:
        self._booked[booked.fill.entry_id] = at_ns
        _forget_old(self._booked, at_ns, MOST_FILLS)
        self._traded.add(booked.fill.product)
        self._proceeds = self._proceeds.after(booked)
        self._tally = evolve(self._tally, fills=self._tally.fills + 1)
        order = self._orders.get(booked.client_order_id)
        if order is not None:
            self._keep(at_ns, apply_fill(order, booked.fill))
        if self._books.is_open:
            before = self._books
            self._books = before.apply(booked)
            ledgers = before.ledger, self._books.ledger
            if self._books is not before:
                self._past_trades = self._past_trades.after(booked, at_ns, *ledgers)

    def _keep(self, at_ns: int, order: Order) -> None:
        """Take an order's move in; forget what ended so long ago that nothing more is heard."""
        name = order.intent.client_order_id
        self._orders[name] = order
        self._ended.pop(name, None)
        if order.is_terminal:
            self._ended[name] = at_ns
            for gone in _forget_old(self._ended, at_ns, MOST_ENDS):
                del self._orders[gone]

    def result(self) -> Recovered:
        """Return what the records so far say."""
        return Recovered(
            lineage=self._lineage,
            former=self._former,
            last_ns=self._last_ns,
            orders=dict(self._orders),
            next_number=self._number + 1,
            next_approval=self._approval + 1,
            ledger=self._books.ledger,
            booked=frozenset(self._booked),
            traded=frozenset(self._traded),
            breakers=tuple(self._breakers.values()),
            marks=self._equity.marks,
            peak=self._equity.peak,
            resumed=dict(self._equity.resumed),
            approved=tuple(self._approved),
            counted=self._counted.newest,
            past_trades=self._past_trades,
            runs=self._runs,
            world=self._world,
            universe=self._universe,
            boot=self._boot,
            proceeds=self._proceeds,
            tally=evolve(
                self._tally,
                open_orders=tuple(self._moved.values()),
                intents=tuple(self._orders[x].intent for x in self._moved if x in self._orders),
                closed=tuple(self._closed.values()),
            ),
        )

    def state(self) -> FoldState:
        """Return everything that this fold goes on from."""
        return FoldState(
            quote_currency=self._books.quote_currency,
            lineage=self._lineage,
            former=self._former,
            last_ns=self._last_ns,
            orders=tuple(self._orders.values()),
            ended=tuple(self._ended.items()),
            number=self._number,
            approval=self._approval,
            ledger=self._books.ledger,
            products=tuple(self._books.products.values()),
            booked=tuple(self._booked.items()),
            traded=tuple(sorted(self._traded)),
            breakers=tuple(self._breakers.values()),
            marks=self._equity.marks,
            peak=self._equity.peak,
            resumed=tuple(self._equity.resumed.items()),
            boot=self._boot,
            approved=tuple(self._approved),
            counted=self._counted.kept,
            filled_assets=tuple(self._past_trades.filled.items()),
            stopped_assets=tuple(self._past_trades.stopped.items()),
            filled_entries=self._past_trades.entries,
            losses=self._past_trades.losses,
            lost_ns=self._past_trades.lost_ns,
            universe=self._universe,
            runs=self._runs,
            world=self._world,
            tally=self._tally,
            moved=tuple(self._moved.values()),
            closed=tuple(self._closed.values()),
            proceeds=self._proceeds,
        )

    @classmethod
    def after(cls, state: FoldState) -> JournalFold:
        """Return the fold that goes on from `state`, as if it had seen every record before."""
        own = cls(state.quote_currency)
        own._lineage, own._former, own._last_ns = state.lineage, state.former, state.last_ns
        own._orders = {each.intent.client_order_id: each for each in state.orders}
        own._ended, own._booked = dict(state.ended), dict(state.booked)
        own._traded = set(state.traded)
        own._number, own._approval = state.number, state.approval
        products = {each.id: each for each in state.products}
        own._books = Books(state.quote_currency, state.ledger, products)
        own._breakers = {(each.name, each.scope): each for each in state.breakers}
        own._equity = EquityHistory(state.marks, state.peak, dict(state.resumed))
        own._boot, own._universe, own._proceeds = state.boot, state.universe, state.proceeds
        own._approved.extend(state.approved)
        own._counted = CountedOrders(state.counted)
        assets = dict(state.filled_assets), dict(state.stopped_assets)
        own._past_trades = PastTrades(*assets, state.filled_entries, state.losses, state.lost_ns)
        own._runs, own._world, own._tally = state.runs, state.world, state.tally
        own._moved = {each.client_order_id: each for each in state.moved}
        own._closed = {(each.name, each.scope): each for each in state.closed}
        return own


def _forget_old(kept: dict[str, int], at_ns: int, most: int) -> list[str]:
    """Take out of `kept` (name → market time, oldest first) what is too old or too much; return
    the names.
    """
    gone: list[str] = []
    for name, since_ns in kept.items():
        if len(kept) - len(gone) <= most and since_ns >= at_ns - KEPT_ENDS_NS:
            break
        gone.append(name)
    for name in gone:
        del kept[name]
    return gone
