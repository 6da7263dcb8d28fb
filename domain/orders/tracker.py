"""What to do about our orders: every decision of the order manager, as a state machine.

`step(message, now)` takes what happened and returns what is to be done. An order leaves only after
its intent is durable, each fill is booked once, what may have been sent is never sent again. What
the venue did is learned from the user stream, from listings and from the fill list; nothing here
trusts a cancel until the venue shows the order ended.
"""

from __future__ import annotations

from typing import assert_never

from domain.messages.control import SettleRequested
from domain.messages.decisions import OrderApproved, ProtectionWithdrawn
from domain.messages.market import (
    AFTER_GAP,
    OWN_RESTARTS,
    FeedRecovered,
    FeedStalled,
    StreamClosed,
    StreamOpened,
)
from domain.messages.orders import CancelProposed, FillBooked, IntentRaised, Receipt, WouldPlace
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
from domain.model.instants import Nanos
from domain.model.orders import (
    Accepted,
    IdKnown,
    NotSent,
    OrderIntent,
    OrderSeen,
    OrderState,
    OutcomeLost,
    Rejected,
)
from domain.model.product import Side
from domain.model.wording import counted
from domain.orders.doubt import FAR_BACK_NS, questions, window_of
from domain.orders.effects import (
    AfterItsEnd,
    AfterSnapshot,
    AskAgain,
    BlockEntries,
    Cancel,
    Effect,
    FindOrders,
    ListOrders,
    ListReason,
    OfDoubt,
    OfPerson,
    OpenUserStream,
    Place,
    PriceLost,
    Publish,
    ReleaseEntries,
    RestartUserStream,
    TimeIsUp,
    Warn,
)
from domain.orders.inputs import (
    FillsFound,
    NewsOfVenue,
    Now,
    OrderBookState,
    OrdersFound,
    TrackerInput,
)
from domain.orders.lifecycle import Event
from domain.orders.numbers import IntentNumbers
from domain.orders.order import (
    LIVING,
    Order,
    advance,
    apply_fill,
    apply_seen,
    good_till,
    is_another,
    is_anothers,
    is_provably_absent,
    is_within,
    moved,
)
from domain.orders.prices import NO_PRICE, KnownPrices
from domain.orders.sales import RESTING, SaleKeeper
from domain.orders.unread import UnreadOfOurs

TRIES = 3
ENTRIES_BLOCKED_BY_USER_STREAM = "user_stream"
LOST_ORDERS = "lost_orders"
CANCEL_UNDER_WAY = "DUPLICATE_CANCEL_REQUEST"
"""The venue's word for a cancel that came while it was carrying out another one."""


class OrderTracker(SaleKeeper):
    """Applies the lifecycle table to all our orders.

    `request_lifetime_ns` is the machine time after which a request that was sent can no longer
    create an order (H). Deterministic: the same steps have the same effects.
    """

    def __init__(
        self, state: OrderBookState, request_lifetime_ns: int, *, is_dry: bool = False
    ) -> None:
        super().__init__(state.orders)
        self._unread = UnreadOfOurs(self.orders)
        self._prices = KnownPrices()
        self._numbers = IntentNumbers(state.lineage, state.next_number, state.former)
        self._lifetime_ns = request_lifetime_ns
        self._is_dry = is_dry
        self._user: tuple[int, int] | None = None
        """The user stream's connection and its newest frame; None while there is no stream."""

    def begin(self) -> tuple[Effect, ...]:
        """Block the products whose orders are in doubt; time out what rests."""
        for order in tuple(self.orders.unsettled.values()):
            self._judge_doubt(order)
            if not order.is_terminal:
                self._limit_life(order, order.intended_ns)
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
            case CancelProposed() | ProtectionWithdrawn():
                self._let_go(message)
            case TimeIsUp(name):
                self._time_out(name)
            case AskAgain():
                self._is_asking = False
                self._go_on()
                self._do(*questions(self.orders, self._now.market_ns))
                self._watch()
            case PriceLost(product):
                if self._prices.is_unknown(product, self._now.market_ns):
                    self._cancel_entries(Scope.of_product(product), NO_PRICE)
            case BootCompleted():
                if not self._is_dry:
                    self._do(OpenUserStream())
                self._watch()
            case GapSeen():
                self._do(RestartUserStream(AFTER_GAP))
            case SettleRequested():
                self._settle(message)
            case _:
                self._learn(message)
        return self._taken()

    def _learn(self, message: NewsOfVenue) -> None:
        match message:
            case UserFrame():
                self._user_frame(message)
            case OrdersFound(listing, reason):
                self._observe(listing, reason)
                if isinstance(reason, OfPerson | FindOrders):
                    self._heard(reason.request, listing, self._unread.among(listing.unread))
            case FillsFound(fills, request):
                self._book(fills)
                self._heard(request, fills, self._unread.among(fills.unread))
            case FillsListed():
                self._book(message)
            case StreamOpened(connection=connection):
                self._user = (connection, -1)
            case StreamClosed(reason=reason):
                self._user_lost(reason)
            case FeedStalled() | FeedRecovered():
                self._do(*self._prices.heard(message, self._now.market_ns))
            case _:
                assert_never(message)

    # Sending.

    def _intend(self, asked: ApprovedOrder) -> None:
        end_ns = good_till(asked.order_type, self._now.market_ns)
        intent = OrderIntent(*self._numbers.take(), asked, end_ns)
        if self._is_dry:
            self._do(Publish(WouldPlace(intent)))
            return
        self.orders.keep(Order.intended(intent, self._now.market_ns))
        self._do(Publish(IntentRaised(intent)))

    def _place(self, receipt: Receipt) -> None:
        order = self.orders.get(receipt.client_order_id)
        if order is None or order.state not in (OrderState.INTENDED, OrderState.PENDING_SUBMIT):
            return
        if not self._may_leave(order):
            return
        sent = advance(order, Event.SENT)
        self._keep(order, sent)
        self._do(Place(order.intent, receipt))
        if sent.tries == 1:
            self._limit_life(sent, self._now.market_ns)

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
            case IdKnown(reason):
                known = advance(order, Event.OUTCOME_LOST, reason=reason, sent_ns=answer.sent_ns)
                self._keep(order, known)
                self._do(Warn("used before", reason, answer.client_order_id))
                self._do(ListOrders(Nanos(self._now.market_ns - FAR_BACK_NS), OfDoubt()))
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

    def _let_go(self, unwanted: CancelProposed | ProtectionWithdrawn) -> None:
        if isinstance(unwanted, CancelProposed):
            self._cancel(unwanted.client_order_id, unwanted.reason)
        else:
            self._make_room(unwanted.lot, unwanted.why)

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

    def _cancel_answered(self, answer: CancelAnswered) -> None:
        if answer.failure is not None:
            self._do(Warn("cancel unanswered", answer.failure))
        for result in answer.results:
            order = self.orders.of_venue(result.order_id)
            if order is not None and not result.success and not order.is_terminal:
                # That another cancel is on its way is no news of why the order goes.
                reason = None if result.reason == CANCEL_UNDER_WAY else result.reason
                self._keep(order, advance(order, Event.CANCEL_REFUSED, reason=reason))
        self._watch()

    # What the venue shows.

    def _user_frame(self, frame: UserFrame) -> None:
        # The session refuses a gap on the wire; this one looks again where orders are at stake,
        # so that nothing between the socket and here can lose a frame in silence.
        if self._user is None:
            return
        connection, last = self._user
        if frame.connection != connection or frame.sequence <= last:
            return
        if frame.sequence > last + 1:
            self._user_lost("sequence gap")
            self._do(RestartUserStream("sequence gap"))
            return
        self._user = (connection, frame.sequence)
        self._see_all(frame.orders)
        if frame.is_snapshot or self._unread.among(frame.unread):
            # A listing closes the hole: of a reconnect, after which only then entries go on, or
            # of an order in this frame that can't be read.
            since_ns = window_of(self.orders, self._now.market_ns)
            self._do(ListOrders(since_ns, AfterSnapshot(connection)))

    def _user_lost(self, reason: str) -> None:
        self._user = None
        is_ours = reason in OWN_RESTARTS
        self._do(BlockEntries(ENTRIES_BLOCKED_BY_USER_STREAM, reason, may_flap=is_ours))

    def _see_all(self, orders: tuple[OrderSeen, ...]) -> None:
        strange = []
        for seen in orders:
            order = self.orders.get(seen.client_order_id)
            if order is None:
                strange.append(seen)
            else:
                self._see(order, seen)
        if not strange:
            return
        lost = self._numbers.skip({seen.client_order_id for seen in strange})
        if lost:
            count = counted(len(lost), "order")
            why = f"the venue has {count} that this journal does not hold: older copy?"
            self._do(BlockEntries(LOST_ORDERS, why, is_latched=True))
        for seen in strange:
            is_entry = seen.client_order_id in lost and seen.side is Side.BUY
            if is_entry and not seen.status.is_terminal:
                self._do(Cancel(seen.order_id))  # nobody would sell what it buys

    def _see(self, order: Order, seen: OrderSeen) -> None:
        """Take in what the venue shows under the id of an order of ours."""
        if is_another(order, seen):
            self._give_up(order)
            return
        if self.orders.missing.pop(seen.client_order_id, None):
            self._judge_doubt(order)
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
        self._see_all(listing.orders)
        doubts = self._unread.among(listing.unread)
        self._do(*self._unread.take(listing, self._now.breakers))
        if not doubts:
            self._miss(listing, reason)
        if self._user and reason == AfterSnapshot(self._user[0]) and not doubts:
            evidence = "orders listed after the user stream's snapshot"
            self._do(ReleaseEntries(ENTRIES_BLOCKED_BY_USER_STREAM, evidence))
        self._watch()

    def _miss(self, listing: OrdersListed, reason: ListReason | None) -> None:
        """Judge the orders of ours that a complete listing should have and does not."""
        there = {seen.client_order_id for seen in listing.orders}
        asked = reason.order_ids if isinstance(reason, FindOrders) else ()
        for name, order in tuple(self.orders.unsettled.items()):
            if name in there:
                continue
            if is_provably_absent(order, listing, self._lifetime_ns):
                why = "absent from a complete listing"
                self._keep(order, advance(order, Event.PROVEN_ABSENT, reason=why))
            elif order.state in LIVING and order.order_id in asked:
                self.orders.missing[name] = True
                self._judge_doubt(order)
            elif order.state in LIVING and is_within(order, listing.since_ns):
                self.orders.missing.setdefault(name, False)

    def _book(self, listing: FillsListed) -> None:
        if listing.failure is not None:
            self._do(Warn("fills not listed", listing.failure))
        for fill in listing.fills:
            order = self.orders.of_venue(fill.order_id)
            if order is None:
                self._ask_whose(fill.order_id)
                continue
            if fill.entry_id in order.fills or is_anothers(order, fill):
                continue
            name = order.intent.client_order_id
            if order.is_terminal:
                self._do(AfterItsEnd(moved(order), f"filled {fill.quantity} more"))
            booked = FillBooked(fill, name, order.intent.order)
            self._do(Publish(booked))
            self._count_sale(booked)
            self._keep(order, apply_fill(order, fill), is_news=True)
        if listing.failure is None:
            self._do(*self._unread.take(listing, self._now.breakers))
        self._watch()
