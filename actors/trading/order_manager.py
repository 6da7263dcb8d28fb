"""Every order of ours, from intent to its last fill.

Writes the intent down before the order leaves, books each fill once, never sends twice what may
have been sent. What the venue did is learned from the user stream, from listings and from the
fill list; nothing here trusts a cancel until the venue shows the order ended.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import AFTER_GAP, OWN_RESTARTS, Venue
from domain.messages.control import Synced, SyncRequested
from domain.messages.decisions import OrderApproved
from domain.messages.market import StreamClosed, StreamOpened
from domain.messages.orders import FillBooked, IntentRaised, PlaceRequest, Receipt, WouldPlace
from domain.messages.supervision import BootCompleted, BreakerTripped, GapSeen, Tick
from domain.messages.venue import (
    CancelAnswered,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedOrder, Purpose, is_covered, lifetime_of
from domain.model.breakers import Breaker, Effect
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
from domain.orders.identity import client_order_id
from domain.orders.lifecycle import Event
from domain.orders.order import (
    Order,
    advance,
    apply_fill,
    apply_seen,
    is_doubtful,
    is_provably_absent,
    moved,
    needs_fills,
)

RESOLVE_EVERY_NS = SECOND
"""Machine time between questions to the venue while something is unsettled."""
TRIES = 3
TTL_AGAIN_NS = SECOND
END_GRACE_NS = 30 * SECOND
"""A resting entry ends at the venue this long after we would have cancelled it."""
WINDOW_NS = 10 * MINUTE
RESTING = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
ENTRIES_BLOCKED_BY_USER_STREAM = "user_stream"
UNKNOWN_ORDER = "unknown_order"


@frozen
class OrderBookState:
    """Where to go on: the journal's lineage, the next intent number, orders not settled yet."""

    lineage: str
    next_number: int
    orders: tuple[Order, ...]


class OrderManager(Actor):
    """Applies the lifecycle table; the only one who asks for orders and their fills."""

    def __init__(
        self,
        context: ActorContext,
        venue: Venue,
        state: OrderBookState,
        *,
        is_dry: bool,
    ) -> None:
        super().__init__(context)
        self._venue = venue
        self._lineage = state.lineage
        self._number = state.next_number
        self._orders = {order.intent.client_order_id: order for order in state.orders}
        self._by_order_id = {
            order.order_id: order.intent.client_order_id
            for order in state.orders
            if order.order_id is not None
        }
        self._is_dry = is_dry
        self._token = 0
        self._user = (0, -1)
        self._is_resolving = False
        self._resync_token = -1

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case OrderApproved(order):
                self._intend(order)
            case Receipt():
                self._place(message)
            case PlaceAnswered():
                self._answered(message)
            case UserFrame():
                self._user_frame(message)
            case OrdersListed():
                self._observe(message)
            case FillsListed():
                self._fills(message)
            case CancelAnswered():
                self._cancel_answered(message)
            case Tick(what):
                self._tick(what)
            case SyncRequested(token):
                self.send(self.envelope.sender, Synced(self.name, token))
                self.prove("orders and fills of the venue taken in")
            case BreakerTripped(breaker):
                if breaker.effect >= Effect.HALT:
                    self._cancel_entries(breaker)
            case BootCompleted():
                self._boot()
            case StreamOpened(connection=connection):
                self._user = (connection, -1)
            case GapSeen():
                self._venue.restart_user_stream(AFTER_GAP)
            case StreamClosed():
                self._user_lost(message)
            case _:
                super().receive(message)

    # Sending.

    def _intend(self, order: ApprovedOrder) -> None:
        number = self._number
        self._number += 1
        end_ns, lifetime_ns = None, lifetime_of(order.order_type)
        if lifetime_ns is not None:
            end_ns = Nanos(self.clock.market_ns() + lifetime_ns + END_GRACE_NS)
        intent = OrderIntent(number, client_order_id(self._lineage, number), order, end_ns)
        if self._is_dry:
            self.publish(WouldPlace(intent))
            return
        self._orders[intent.client_order_id] = Order.intended(intent, self.clock.market_ns())
        self.publish(IntentRaised(intent))

    def _place(self, receipt: Receipt) -> None:
        order = self._orders.get(receipt.client_order_id)
        if order is None or order.state not in (OrderState.INTENDED, OrderState.PENDING_SUBMIT):
            return
        sent = advance(order, Event.SENT, sent_ns=self.clock.machine_ns())
        self._keep(order, sent)
        self._venue.place(PlaceRequest(order.intent, receipt, self.epoch), self.reply_to())
        lifetime_ns = lifetime_of(order.intent.order.order_type)
        if lifetime_ns is not None and sent.tries == 1:
            self.after(lifetime_ns, Tick(f"ttl:{order.intent.client_order_id}"))

    def _answered(self, answer: PlaceAnswered) -> None:
        order = self._orders.get(answer.client_order_id)
        if order is None:
            return  # asked by an incarnation before us, and settled since
        match answer.outcome:
            case Accepted(order_id):
                self._by_order_id[order_id] = answer.client_order_id
                self._keep(order, advance(order, Event.ACCEPTED, order_id=order_id))
                self._ask_fills_if_missing(answer.client_order_id)
                self._cancel_if_halted(answer.client_order_id)
            case Rejected(reason, text):
                self._keep(order, advance(order, Event.REJECTED, reason=f"{reason}: {text}"))
            case NotSent(reason, is_final):
                self._not_sent(order, reason, is_final=is_final)
            case OutcomeLost(reason):
                lost = advance(order, Event.OUTCOME_LOST, reason=reason, sent_ns=answer.sent_ns)
                self._keep(order, lost)
                self.log.warning("outcome unknown", order=answer.client_order_id, reason=reason)
        self._watch()

    def _not_sent(self, order: Order, reason: str, *, is_final: bool) -> None:
        if is_final or order.tries >= TRIES:
            self._keep(order, advance(order, Event.NOT_SENT_FINAL, reason=reason))
            return
        self._keep(order, advance(order, Event.NOT_SENT_RETRY, reason=reason))
        # The same id again is safe: nothing left. A new receipt keeps the last gate strict.
        self.publish(IntentRaised(order.intent))

    # Cancelling.

    def _tick(self, what: str) -> None:
        kind, _, client_id = what.partition(":")
        if kind == "ttl":
            self._time_out(client_id)
        elif kind == "resolve":
            self._is_resolving = False
            self._resolve()

    def _time_out(self, client_id: str) -> None:
        order = self._orders[client_id]
        if order.is_terminal:
            return
        if order.order_id is None:  # in doubt: as soon as it is found, its time is over
            self.after(TTL_AGAIN_NS, Tick(f"ttl:{client_id}"))
        else:
            self._cancel(client_id, "time to live is over")

    def _cancel_entries(self, breaker: Breaker) -> None:
        for client_id, order in tuple(self._orders.items()):
            asked = order.intent.order
            if asked.purpose is Purpose.ENTRY and is_covered(asked, breaker.scope):
                self._cancel(client_id, breaker.name)

    def _cancel_if_halted(self, client_id: str) -> None:
        """Cancel an entry that was on its way when trading halted."""
        order = self._orders[client_id]
        if order.intent.order.purpose is not Purpose.ENTRY or order.state not in RESTING:
            return
        for breaker in self.board.open:
            if breaker.effect >= Effect.HALT and is_covered(order.intent.order, breaker.scope):
                self._cancel(client_id, breaker.name)
                return

    def _cancel(self, client_id: str, why: str) -> None:
        order = self._orders.get(client_id)
        if order is None or order.is_terminal or order.order_id is None:
            return
        self._keep(order, advance(order, Event.CANCEL_ASKED, reason=why))
        self._token += 1
        self._venue.cancel((order.order_id,), self._token, self.reply_to())
        self._watch()

    def _cancel_answered(self, answer: CancelAnswered) -> None:
        if answer.failure is not None:
            self.log.warning("cancel unanswered", reason=answer.failure)
        for result in answer.results:
            client_id = self._by_order_id.get(result.order_id)
            if client_id is None or result.success:
                continue
            order = self._orders[client_id]
            if not order.is_terminal:
                self._keep(order, advance(order, Event.CANCEL_REFUSED, reason=result.reason))
        self._watch()

    # What the venue shows.

    def _user_frame(self, frame: UserFrame) -> None:
        connection, last = self._user
        if frame.connection != connection:
            return
        if frame.sequence != last + 1:
            if frame.sequence > last:
                self._user = (0, -1)
                self._user_lost(StreamClosed("user", connection, "sequence gap"))
                self._venue.restart_user_stream("sequence gap")
            return
        self._user = (connection, frame.sequence)
        for seen in frame.orders:
            self._see(seen)
        if frame.is_snapshot:
            self._resync()

    def _user_lost(self, closed: StreamClosed) -> None:
        name, is_ours = ENTRIES_BLOCKED_BY_USER_STREAM, closed.reason in OWN_RESTARTS
        self.trip(name, closed.reason, effect=Effect.BLOCK, may_flap=is_ours)

    def _resync(self) -> None:
        """After a reconnect a listing closes the hole; only then entries go on."""
        self._token += 1
        self._resync_token = self._token
        self._list(self._token)

    def _see(self, seen: OrderSeen) -> None:
        order = self._orders.get(seen.client_order_id)
        if order is None:
            return
        self._by_order_id[seen.order_id] = seen.client_order_id
        self._keep(order, apply_seen(order, seen))
        self._ask_fills_if_missing(seen.client_order_id)
        self._cancel_if_halted(seen.client_order_id)

    def _observe(self, listing: OrdersListed) -> None:
        if listing.failure is not None or not listing.is_complete:
            self.log.warning("orders not listed", reason=listing.failure)
            self._watch()
            return
        for seen in listing.orders:
            self._see(seen)
        there = {seen.client_order_id for seen in listing.orders}
        lifetime_ns = self._venue.request_lifetime_ns
        for client_id, order in tuple(self._orders.items()):
            if client_id not in there and is_provably_absent(order, listing.begun_ns, lifetime_ns):
                reason = "absent from a complete listing"
                self._keep(order, advance(order, Event.PROVEN_ABSENT, reason=reason))
        if listing.token == self._resync_token:
            evidence = "orders listed after the user stream's snapshot"
            self.close(ENTRIES_BLOCKED_BY_USER_STREAM, evidence)
        self._watch()

    def _ask_fills_if_missing(self, client_id: str) -> None:
        order = self._orders[client_id]
        if order.order_id is None or not needs_fills(order):
            return
        self._token += 1
        self._venue.list_fills(
            since_ns=None, order_ids=(order.order_id,), token=self._token, reply_to=self.reply_to()
        )
        self._watch()

    def _fills(self, listing: FillsListed) -> None:
        if listing.failure is not None:
            self.log.warning("fills not listed", reason=listing.failure)
        for fill in listing.fills:
            client_id = self._by_order_id.get(fill.order_id)
            if client_id is None:
                continue
            order = self._orders[client_id]
            if fill.entry_id in order.fills:
                continue
            updated = apply_fill(order, fill)
            self._orders[client_id] = updated
            self.publish(FillBooked(fill, client_id, order.intent.order))
            self.publish(moved(updated))
        self._watch()

    # Healing.

    def _boot(self) -> None:
        if not self._is_dry:
            self._venue.open_user_stream(self.reply_to())
        self._watch()

    def _watch(self) -> None:
        """Ask again in a while if anything is unsettled beyond resting quietly."""
        if not self._is_resolving and any(is_doubtful(each) for each in self._orders.values()):
            self._is_resolving = True
            self.after_machine(RESOLVE_EVERY_NS, Tick("resolve"))

    def _resolve(self) -> None:
        doubtful = [order for order in self._orders.values() if is_doubtful(order)]
        if not doubtful:
            return
        self._token += 1
        self._list(self._token)
        for order in doubtful:
            if order.state is OrderState.PENDING_CANCEL and order.order_id is not None:
                self._venue.cancel((order.order_id,), self._token, self.reply_to())
            self._ask_fills_if_missing(order.intent.client_order_id)
        self._watch()

    def _list(self, token: int) -> None:
        since_ns = self.clock.market_ns() - WINDOW_NS
        for order in self._orders.values():
            if not order.is_settled:
                since_ns = min(since_ns, order.intended_ns - MINUTE)
        self._venue.list_orders(
            since_ns=Nanos(since_ns), is_live_only=False, token=token, reply_to=self.reply_to()
        )

    def starting(self) -> None:
        """Block the products whose orders the journal leaves in doubt; time out what rests."""
        for client_id, order in self._orders.items():
            self._judge_doubt(order)
            lifetime_ns = lifetime_of(order.intent.order.order_type)
            if lifetime_ns is not None and not order.is_terminal:
                self.at(order.intended_ns + lifetime_ns, Tick(f"ttl:{client_id}"))

    def _judge_doubt(self, order: Order) -> None:
        """Keep a product blocked while an order of it may or may not exist."""
        product = order.intent.order.product
        scope = f"product:{product}"
        if order.state is OrderState.UNKNOWN:
            reason = f"order {order.intent.client_order_id} may or may not exist"
            self.trip(UNKNOWN_ORDER, reason, effect=Effect.BLOCK, scope=scope)
        elif not any(
            each.state is OrderState.UNKNOWN and each.intent.order.product == product
            for each in self._orders.values()
        ):
            evidence = f"the venue shows the order as {order.state.value}"
            self.close(UNKNOWN_ORDER, evidence, scope=scope)

    def _keep(self, old: Order, new: Order) -> None:
        self._orders[new.intent.client_order_id] = new
        if OrderState.UNKNOWN in (old.state, new.state) and new.state is not old.state:
            self._judge_doubt(new)
        if new.state is not old.state:
            self.publish(moved(new))
        if old.is_terminal and not new.is_terminal and new.intent.order.purpose is Purpose.ENTRY:
            # Given up and yet there: nobody waits for it any more.
            self._cancel(new.intent.client_order_id, "found alive after its end")
