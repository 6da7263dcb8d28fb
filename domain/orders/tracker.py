"""What to do about our orders: every decision of the order manager, as a state machine.

`step(message, now)` takes what happened and returns what is to be done. An order leaves only after
its intent is durable, each fill is booked once, what may have been sent is never sent again. What
the venue did is learned from the user stream, from listings and from the fill list; nothing here
trusts a cancel until the venue shows the order ended.
"""

from __future__ import annotations

from typing import assert_never

from domain.messages.decisions import OrderApproved
from domain.messages.market import (
    AFTER_GAP,
    OWN_RESTARTS,
    FeedRecovered,
    FeedStalled,
    StreamClosed,
    StreamOpened,
)
from domain.messages.orders import FillBooked, IntentRaised, Receipt, WouldPlace
from domain.messages.supervision import BootCompleted, BreakerTripped, GapSeen
from domain.messages.venue import (
    CancelAnswered,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedOrder, Purpose
from domain.model.breakers import Effect as Strength
from domain.model.breakers import Scope, covering
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.orders import (
    Accepted,
    NotSent,
    OrderIntent,
    OrderSeen,
    OrderState,
    OutcomeLost,
    Rejected,
)
from domain.orders.effects import (
    AfterSnapshot,
    AskAgain,
    BlockEntries,
    Cancel,
    Effect,
    ListFills,
    ListOrders,
    ListReason,
    OfDoubt,
    OpenUserStream,
    Place,
    PriceLost,
    Publish,
    ReleaseEntries,
    RestartUserStream,
    TimeIsUp,
    WakeAfter,
    WakeAt,
    Warn,
)
from domain.orders.identity import client_order_id
from domain.orders.inputs import NewsOfVenue, Now, OrderBookState, OrdersFound, TrackerInput
from domain.orders.lifecycle import Event
from domain.orders.order import (
    Order,
    advance,
    apply_fill,
    apply_seen,
    good_till,
    is_provably_absent,
    lifetime_of,
    moved,
    needs_fills,
)
from domain.orders.own_orders import OwnOrders
from domain.orders.prices import NO_PRICE, KnownPrices
from domain.orders.unread import UnreadOfOurs

RESOLVE_EVERY_NS = Nanos(SECOND)
"""Machine time between questions to the venue while something is unsettled."""
TRIES = 3
TTL_AGAIN_NS = SECOND
WINDOW_NS = 10 * MINUTE
RESTING = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
ENTRIES_BLOCKED_BY_USER_STREAM = "user_stream"
UNKNOWN_ORDER = "unknown_order"
NO_CONNECTION = 0


class OrderTracker:
    """Applies the lifecycle table to all our orders.

    `request_lifetime_ns` is the machine time after which a request that was sent can no longer
    create an order (H). Deterministic: the same steps have the same effects.
    """

    def __init__(
        self, state: OrderBookState, request_lifetime_ns: int, *, is_dry: bool = False
    ) -> None:
        self.orders = OwnOrders(state.orders)
        self._unread = UnreadOfOurs(self.orders)
        self._lineage = state.lineage
        self._number = state.next_number
        self._lifetime_ns = request_lifetime_ns
        self._is_dry = is_dry
        self._user = (NO_CONNECTION, -1)
        self._is_asking = False
        self._prices = KnownPrices()
        self._now = Now(0, 0)
        self._effects: list[Effect] = []

    def begin(self, now: Now) -> tuple[Effect, ...]:
        """Block the products whose orders are in doubt; time out what rests."""
        self._now = now
        for order in tuple(self.orders.unsettled.values()):
            self._judge_doubt(order)
            lifetime_ns = lifetime_of(order.intent.order.order_type)
            if lifetime_ns is not None and not order.is_terminal:
                due_ns = Nanos(order.intended_ns + lifetime_ns)
                self._do(WakeAt(due_ns, TimeIsUp(order.intent.client_order_id)))
        return self._taken()

    def step(self, message: TrackerInput, now: Now) -> tuple[Effect, ...]:
        """Take in one message; return what is to be done, in order."""
        self._now = now
        match message:
            case OrderApproved(order):
                self._intend(order)
            case Receipt():
                self._place(message)
            case PlaceAnswered():
                self._answered(message)
            case CancelAnswered():
                self._cancel_answered(message)
            case BreakerTripped(breaker):
                if breaker.effect >= Strength.HALT:
                    self._cancel_entries(breaker.scope, breaker.name)
            case TimeIsUp(name):
                self._time_out(name)
            case AskAgain():
                self._is_asking = False
                self._ask()
            case PriceLost(product):
                if self._prices.is_unknown(product, self._now.market_ns):
                    self._cancel_entries(Scope.of_product(product), NO_PRICE)
            case BootCompleted():
                if not self._is_dry:
                    self._do(OpenUserStream())
                self._watch()
            case GapSeen():
                self._do(RestartUserStream(AFTER_GAP))
            case _:
                self._learn(message)
        return self._taken()

    def _learn(self, message: NewsOfVenue) -> None:
        match message:
            case UserFrame():
                self._user_frame(message)
            case OrdersFound(listing, reason):
                self._observe(listing, reason)
            case FillsListed():
                self._book(message)
            case StreamOpened(connection=connection):
                self._user = (connection, -1)
            case StreamClosed(reason=reason):
                self._user_lost(reason)
            case FeedStalled(product):
                lost_ns = self._prices.lost(message, self._now.market_ns)
                self._do(WakeAt(lost_ns, PriceLost(product)))
            case FeedRecovered(product):
                self._prices.found(product)
            case _:
                assert_never(message)

    def _do(self, *effects: Effect) -> None:
        self._effects.extend(effects)

    def _taken(self) -> tuple[Effect, ...]:
        effects, self._effects = tuple(self._effects), []
        return effects

    # Sending.

    def _intend(self, asked: ApprovedOrder) -> None:
        number = self._number
        self._number += 1
        end_ns = good_till(asked.order_type, self._now.market_ns)
        intent = OrderIntent(number, client_order_id(self._lineage, number), asked, end_ns)
        if self._is_dry:
            self._do(Publish(WouldPlace(intent)))
            return
        self.orders.keep(Order.intended(intent, self._now.market_ns))
        self._do(Publish(IntentRaised(intent)))

    def _place(self, receipt: Receipt) -> None:
        order = self.orders.get(receipt.client_order_id)
        if order is None or order.state not in (OrderState.INTENDED, OrderState.PENDING_SUBMIT):
            return
        sent = advance(order, Event.SENT, sent_ns=self._now.machine_ns)
        self._keep(order, sent)
        self._do(Place(order.intent, receipt))
        lifetime_ns = lifetime_of(order.intent.order.order_type)
        if lifetime_ns is not None and sent.tries == 1:
            due_ns = Nanos(self._now.market_ns + lifetime_ns)
            self._do(WakeAt(due_ns, TimeIsUp(receipt.client_order_id)))

    def _answered(self, answer: PlaceAnswered) -> None:
        order = self.orders.get(answer.client_order_id)
        if order is None:
            return  # asked by an incarnation before us, and settled since
        match answer.outcome:
            case Accepted(order_id):
                self._shown(order, advance(order, Event.ACCEPTED, order_id=order_id))
            case Rejected(reason, text):
                self._keep(order, advance(order, Event.REJECTED, reason=f"{reason}: {text}"))
            case NotSent(reason, is_final):
                self._not_sent(order, reason, is_final=is_final)
            case OutcomeLost(reason):
                lost = advance(order, Event.OUTCOME_LOST, reason=reason, sent_ns=answer.sent_ns)
                self._keep(order, lost)
                self._do(Warn("outcome unknown", reason, answer.client_order_id))
        self._watch()

    def _not_sent(self, order: Order, reason: str, *, is_final: bool) -> None:
        if is_final or order.tries >= TRIES:
            self._keep(order, advance(order, Event.NOT_SENT_FINAL, reason=reason))
            return
        waiting = advance(order, Event.NOT_SENT_RETRY, reason=reason)
        self._keep(order, waiting)
        if waiting.state is OrderState.PENDING_SUBMIT:
            # The same id again is safe: nothing left. A new receipt keeps the last gate strict.
            self._do(Publish(IntentRaised(order.intent)))

    # Cancelling.

    def _time_out(self, name: str) -> None:
        order = self.orders.get(name)
        if order is None or order.is_terminal:
            return
        if order.order_id is None:  # in doubt: as soon as it is found, its time is over
            self._do(WakeAt(Nanos(self._now.market_ns + TTL_AGAIN_NS), TimeIsUp(name)))
        else:
            self._cancel(name, "time to live is over")

    def _cancel_entries(self, scope: Scope, why: str) -> None:
        for name, order in tuple(self.orders.unsettled.items()):
            asked = order.intent.order
            if asked.purpose is Purpose.ENTRY and scope.covers(asked.product, asked.strategy):
                self._cancel(name, why)

    def _cancel_if_halted(self, order: Order) -> None:
        """Cancel an entry that was on its way when trading halted or its price was lost."""
        asked = order.intent.order
        if asked.purpose is not Purpose.ENTRY or order.state not in RESTING:
            return
        breakers = covering(self._now.breakers, asked.product, asked.strategy)
        why = next((each.name for each in breakers if each.effect >= Strength.HALT), None)
        if self._prices.is_unknown(asked.product, self._now.market_ns):
            why = NO_PRICE
        if why is not None:
            self._cancel(order.intent.client_order_id, why)

    def _cancel(self, name: str, why: str) -> None:
        order = self.orders.get(name)
        if order is None or order.is_terminal or order.order_id is None:
            return
        self._keep(order, advance(order, Event.CANCEL_ASKED, reason=why))
        self._do(Cancel(order.order_id))
        self._watch()

    def _cancel_answered(self, answer: CancelAnswered) -> None:
        if answer.failure is not None:
            self._do(Warn("cancel unanswered", answer.failure))
        for result in answer.results:
            order = self.orders.of_venue(result.order_id)
            if order is not None and not result.success and not order.is_terminal:
                self._keep(order, advance(order, Event.CANCEL_REFUSED, reason=result.reason))
        self._watch()

    # What the venue shows.

    def _user_frame(self, frame: UserFrame) -> None:
        # The session refuses a gap on the wire; this one looks again where orders are at stake,
        # so that nothing between the socket and here can lose a frame in silence.
        connection, last = self._user
        if frame.connection != connection or frame.sequence <= last:
            return
        if frame.sequence > last + 1:
            self._user_lost("sequence gap")
            self._do(RestartUserStream("sequence gap"))
            return
        self._user = (connection, frame.sequence)
        for seen in frame.orders:
            self._see(seen)
        if frame.is_snapshot or self._unread.among(frame.unread):
            # A listing closes the hole: of a reconnect, after which only then entries go on, or
            # of an order in this frame that can't be read.
            self._list(AfterSnapshot(connection))

    def _user_lost(self, reason: str) -> None:
        self._user = (NO_CONNECTION, -1)
        is_ours = reason in OWN_RESTARTS
        self._do(BlockEntries(ENTRIES_BLOCKED_BY_USER_STREAM, reason, may_flap=is_ours))

    def _see(self, seen: OrderSeen) -> None:
        order = self.orders.get(seen.client_order_id)
        if order is not None:
            self._shown(order, apply_seen(order, seen))

    def _shown(self, order: Order, now_is: Order) -> None:
        """Go on with an order that the venue has shown."""
        self._keep(order, now_is)
        self._ask_fills(now_is)
        self._cancel_if_halted(self.orders.get(now_is.intent.client_order_id) or now_is)

    def _observe(self, listing: OrdersListed, reason: ListReason | None) -> None:
        if listing.failure is not None or not listing.is_complete:
            self._do(Warn("orders not listed", listing.failure or "not to its end"))
            self._watch()
            return
        for seen in listing.orders:
            self._see(seen)
        doubts = self._unread.among(listing.unread)
        self._do(*self._unread.take(listing, self._now.breakers))
        there = {seen.client_order_id for seen in listing.orders}
        for name, order in () if doubts else tuple(self.orders.unknown.items()):
            if name not in there and is_provably_absent(order, listing.begun_ns, self._lifetime_ns):
                why = "absent from a complete listing"
                self._keep(order, advance(order, Event.PROVEN_ABSENT, reason=why))
        if reason == AfterSnapshot(self._user[0]) and not doubts:
            evidence = "orders listed after the user stream's snapshot"
            self._do(ReleaseEntries(ENTRIES_BLOCKED_BY_USER_STREAM, evidence))
        self._watch()

    def _ask_fills(self, order: Order) -> None:
        if order.order_id is not None and needs_fills(order):
            self._do(ListFills(order.order_id))
            self._watch()

    def _book(self, listing: FillsListed) -> None:
        if listing.failure is not None:
            self._do(Warn("fills not listed", listing.failure))
        for fill in listing.fills:
            order = self.orders.of_venue(fill.order_id)
            if order is None or fill.entry_id in order.fills:
                continue
            name = order.intent.client_order_id
            self._do(Publish(FillBooked(fill, name, order.intent.order)))
            self._keep(order, apply_fill(order, fill), is_news=True)
        if listing.failure is None:
            self._do(*self._unread.take(listing, self._now.breakers))
        self._watch()

    # Healing.

    def _watch(self) -> None:
        """Ask again in a while if anything is unsettled beyond resting quietly."""
        if not self._is_asking and self.orders.doubtful:
            self._is_asking = True
            self._do(WakeAfter(RESOLVE_EVERY_NS, AskAgain()))

    def _ask(self) -> None:
        doubtful = tuple(self.orders.doubtful.values())
        if not doubtful:
            return
        self._list(OfDoubt())
        for order in doubtful:
            if order.state is OrderState.PENDING_CANCEL and order.order_id is not None:
                self._do(Cancel(order.order_id))
            self._ask_fills(order)
        self._watch()

    def _list(self, reason: ListReason) -> None:
        oldest = min(
            (order.intended_ns - MINUTE for order in self.orders.unsettled.values()),
            default=self._now.market_ns,
        )
        since_ns = min(self._now.market_ns - WINDOW_NS, oldest)
        self._do(ListOrders(Nanos(since_ns), reason))

    def _judge_doubt(self, order: Order) -> None:
        """Keep a product blocked while an order of it may or may not exist."""
        product = order.intent.order.product
        scope = Scope.of_product(product)
        if order.state is OrderState.UNKNOWN:
            why = f"order {order.intent.client_order_id} may or may not exist"
            self._do(BlockEntries(UNKNOWN_ORDER, why, scope))
        elif not self.orders.has_unknown(product):
            evidence = f"the venue shows the order as {order.state.value}"
            self._do(ReleaseEntries(UNKNOWN_ORDER, evidence, scope))

    def _keep(self, old: Order, new: Order, *, is_news: bool = False) -> None:
        """Take `new` in and tell of it, if its state has changed or there is other news."""
        has_moved = new.state is not old.state
        self.orders.keep(new)
        if has_moved and OrderState.UNKNOWN in (old.state, new.state):
            self._judge_doubt(new)
        if has_moved or is_news:
            self._do(Publish(moved(new)))
        if old.is_terminal and not new.is_terminal and new.intent.order.purpose is Purpose.ENTRY:
            # Given up and yet there: nobody waits for it any more.
            self._cancel(new.intent.client_order_id, "found alive after its end")
