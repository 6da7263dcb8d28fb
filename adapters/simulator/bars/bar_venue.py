"""A venue that is played step by step where something can happen, and stands still elsewhere.

The matching engine, its books, fees and checks are those of the embedded venue. What it does not
have is what lies between a trader and a venue: requests, streams, sockets, a database. An answer is
there at the instant of the question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import frozen

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import LastGate, Leaving, Post
from adapters.simulator.bars.memory import MemoryStore
from adapters.simulator.bars.words import fill_seen, seen, ticket_of
from adapters.simulator.engine.accounts import OWN, FeeRates, VenueAccounts
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.event_queue import Due, EventQueue, PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.orders import Status, VenueOrder
from adapters.simulator.engine.planning import Planner
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.rejections import RequestRejected
from adapters.simulator.engine.states import States
from adapters.simulator.engine.store import FillQuery, OrderQuery
from adapters.simulator.market_data.source import PlayedMarket, Step
from domain.messages.market import StreamOpened
from domain.messages.orders import PlaceRequest
from domain.messages.venue import (
    CancelAnswered,
    CancelResult,
    FillsListed,
    OrderPreviewed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedOrder
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start
from domain.model.money import ZERO, Amount
from domain.model.orders import Accepted, NotSent, OrderSeen, PlaceOutcome, Rejected
from domain.model.product import ProductId

CONNECTION = 1
MOST = 1_000_000
UNNAMED = "UNKNOWN_FAILURE_REASON"
REQUEST_LIFE_NS = Nanos(10 * SECOND)
"""Of the embedded venue; here no request is ever in doubt."""


@frozen
class _OnTheWay:
    """A request that comes at `arrives_ns`; of a `product`, if it is an order."""

    arrives_ns: Nanos
    product: ProductId | None
    arrive: Callable[[], None]


class BarVenue:
    """One account on one market; everything happens in calls, at the engine's present instant, or
    `delay_ns` after it, market time.

    `opening` is what the account begins with, by currency. `post` delivers answers, `last_gate` is
    asked before an order is taken, as everywhere.
    """

    def __init__(
        self,
        market: PlayedMarket,
        opening: Mapping[str, Decimal],
        fees: FeeRates,
        ids: Ids,
        start_ns: Nanos,
        post: Post,
        machine_ns: Callable[[], Nanos],
        delay_ns: int = 0,
    ) -> None:
        self.fees = fees
        self._market = market
        self._post, self._machine_ns = post, machine_ns
        self.last_gate: LastGate = _nobody
        self._clock = PlayedClock(start_ns)
        self._events = EventQueue()
        self._catalogue = catalogue = Catalogue(market.products)
        self._books = {name: VenueBook() for name in catalogue.played}
        self._ledger = VenueAccounts({(OWN, name): each for name, each in opening.items()})
        self._store = MemoryStore({})
        self._last: dict[ProductId, Decimal] = {}
        self._changed: dict[str, VenueOrder] = {}
        self._user: ReplyTo | None = None
        self._frames = 0
        self._delay_ns = delay_ns
        self._on_the_way: deque[_OnTheWay] = deque()
        self._matching = self._make_matching(ids)

    def _make_matching(self, ids: Ids) -> MatchingEngine:
        quirks, hooks, books = (
            VenueQuirks(),
            FaultHooks(),
            self._catalogue.with_aliases(self._books),
        )
        planner = Planner(
            catalogue=self._catalogue,
            books=books,
            ledger=self._ledger,
            clock=self._clock,
            fees=self.fees,
            flags=States(self._market, self._clock, self._catalogue, quirks).flags,
            last_price=self._last_price,
        )
        return MatchingEngine(
            catalogue=self._catalogue,
            books=books,
            ledger=self._ledger,
            store=self._store,
            event_queue=self._events,
            clock=self._clock,
            planner=planner,
            ids=ids,
            audience=self,
            quirks=quirks,
            hooks=hooks,
        )

    # The market.

    def reach(self, now_ns: Nanos) -> None:
        """Let happen what is due up to `now_ns`: orders expire."""
        while (due_ns := self._events.next_ns()) <= now_ns:
            self._clock.now_ns = Nanos(max(self._clock.now_ns, due_ns))
            date = self._events.pop(due_ns, Due.QUEUED)
            assert date is not None  # it has no other dates than those of orders
            self._matching.due(date[1])
        self._clock.now_ns = Nanos(max(self._clock.now_ns, now_ns))

    def play(self, step: Step) -> None:
        """Let one product's market do what the step says; an earlier instant than now is wrong."""
        self.reach(step.at_ns)
        book = self._books[step.product]
        if step.trades:
            self._last[step.product] = step.trades[-1].price
            if self._matching.watches(step.product):
                self._matching.print_trades(step.product, step.trades)
        book.replace(step.bids, step.asks)
        self._matching.work_reached()

    def show(self, step: Step) -> None:
        """Show a book without letting anything trade: of an instant at which nothing of ours is."""
        self._books[step.product].replace(step.bids, step.asks)

    def darken(self, product: ProductId) -> None:
        """Show an empty book: nobody knows at what anything could be traded."""
        self._books[product].replace((), ())

    def settle(self) -> None:
        """Make everything durable and tell what has become of orders."""
        self._matching.commit()
        changed, self._changed = self._changed, {}
        if changed and self._user is not None:
            orders = tuple(seen(each) for each in changed.values())
            self._frame(self._user, orders=orders, is_snapshot=False)

    def resting(self) -> tuple[VenueOrder, ...]:
        """Return the orders that may still trade, oldest first."""
        return tuple(self._matching.live())

    def balances(self) -> dict[str, Decimal]:
        """Return what the account has, by currency."""
        return {name: self._ledger.total(name) for name in self._ledger.currencies()}

    def _last_price(self, product: ProductId) -> Decimal | None:
        """Return the price of the latest trade before now."""
        known = self._last.get(product)
        if known is not None:
            return known
        row = self._market.last_before(product, bucket_start(self._clock.now_ns, MINUTE))
        return None if row is None else row.close

    # Who is told what the engine does.

    def order_changed(self, order: VenueOrder) -> None:
        """Keep in mind that an order has a new state."""
        self._changed[order.order_id] = order

    def book_changed(self, product: ProductId) -> None:
        """Tell nobody: who wants a price reads the steps."""

    # Orders.

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        """Take an order, or say why not; it comes when its time on the way is over."""
        why = self.last_gate(request)
        if why is not None:
            self._answer(request, reply_to, NotSent(why, is_final=True))
            return
        product = request.intent.order.product
        self._send(product, lambda: self._answer(request, reply_to, self._place(request)))

    def _answer(self, request: PlaceRequest, reply_to: ReplyTo, outcome: PlaceOutcome) -> None:
        name = request.intent.client_order_id
        self._post(reply_to, PlaceAnswered(name, outcome, self._machine_ns()))
        self.settle()

    def _place(self, request: PlaceRequest) -> PlaceOutcome:
        product = self._catalogue.tradable[request.intent.order.product]
        try:
            order = self._matching.create(ticket_of(request.intent, product))
        except RequestRejected as refused:
            reason = refused.preview if refused.error == UNNAMED else refused.error
            return Rejected(reason, refused.message)
        return Accepted(order.order_id)

    def preview(
        self, order: ApprovedOrder, end_ns: Nanos | None, token: int, reply_to: ReplyTo
    ) -> None:
        """Say that nothing is against an order: what is, is said when it comes."""
        del order, end_ns
        answer = OrderPreviewed(token, (), Amount(ZERO), Amount(ZERO), None)
        self._post(reply_to, answer)

    # What is on the way.

    def _send(self, product: ProductId | None, arrive: Callable[[], None]) -> None:
        if self._delay_ns:
            arrives_ns = Nanos(self._clock.now_ns + self._delay_ns)
            self._on_the_way.append(_OnTheWay(arrives_ns, product, arrive))
        else:
            arrive()

    def due(self, before_ns: int) -> Nanos | None:
        """Return when the next request comes, if that is before `before_ns`."""
        waiting = self._on_the_way
        return waiting[0].arrives_ns if waiting and waiting[0].arrives_ns < before_ns else None

    def receive(self) -> None:
        """Take what has come by now."""
        waiting = self._on_the_way
        while waiting and waiting[0].arrives_ns <= self._clock.now_ns:
            waiting.popleft().arrive()

    def on_the_way(self) -> set[ProductId]:
        """Return the products of which an order is on the way."""
        return {each.product for each in self._on_the_way if each.product is not None}

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Cancel orders, when the time on the way is over."""
        self._send(None, lambda: self._cancel(order_ids, token, reply_to))

    def _cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        results = []
        for order_id in order_ids:
            order = self._matching.find(order_id)
            can = order is not None and not order.status.is_final
            if order is not None and can and order.status is not Status.CANCEL_QUEUED:
                self._matching.cancel(order)
            reason = "" if can else "UNKNOWN_CANCEL_ORDER"
            results.append(CancelResult(order_id, can, reason))
        self._post(reply_to, CancelAnswered(token, tuple(results), None))
        self.settle()

    def list_orders(
        self, *, since_ns: Nanos | None, is_live_only: bool, token: int, reply_to: ReplyTo
    ) -> None:
        """List orders."""
        found = self._store.find_orders(OrderQuery(from_ns=since_ns, limit=MOST))
        if is_live_only:
            found = [each for each in found if not each.status.is_final]
        self._orders(found, token, reply_to, since_ns)

    def find_orders(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Show some orders."""
        query = OrderQuery(order_ids=order_ids, limit=MOST)
        self._orders(self._store.find_orders(query), token, reply_to, None)

    def _orders(
        self, found: list[VenueOrder], token: int, reply_to: ReplyTo, since_ns: Nanos | None
    ) -> None:
        orders = tuple(seen(each) for each in found)
        listed = OrdersListed(token, orders, True, self._machine_ns(), None, since_ns)
        self._post(reply_to, listed)

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        """List fills, oldest first."""
        found = self._store.find_fills(FillQuery(order_ids=order_ids, limit=MOST))
        fills = tuple(fill_seen(each) for each in reversed(found) if each.at_ns >= (since_ns or 0))
        self._post(reply_to, FillsListed(token, fills, True, None))

    def open_user_stream(self, reply_to: ReplyTo) -> None:
        """Tell `reply_to` of every change of an order from now on."""
        self._user = reply_to
        self._post(reply_to, StreamOpened("user", CONNECTION))
        orders = tuple(seen(each) for each in self._matching.live())
        self._frame(reply_to, orders=orders, is_snapshot=True)

    def restart_user_stream(self, reason: str) -> None:
        """Do nothing: no frame of this stream can be lost."""

    def _frame(
        self, reply_to: ReplyTo, orders: tuple[OrderSeen, ...], *, is_snapshot: bool
    ) -> None:
        number, self._frames = self._frames, self._frames + 1
        self._post(reply_to, UserFrame(CONNECTION, number, self._clock.now_ns, orders, is_snapshot))

    @property
    def request_lifetime_ns(self) -> Nanos:
        """A request that comes is carried out."""
        return REQUEST_LIFE_NS


def _nobody(request: Leaving) -> str | None:
    del request
    return "nobody has said what may leave"
