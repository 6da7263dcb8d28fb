"""One order of ours: its intent, where it stands, and what of it is filled."""

from __future__ import annotations

from typing import assert_never

from attrs import evolve, frozen

from domain.messages.orders import OrderAdvanced
from domain.messages.venue import OrdersListed
from domain.model.approval import Limit, Market, OrderType, Purpose, StopLimit
from domain.model.errors import InvariantBroken
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import ZERO, Quantity
from domain.model.orders import FillSeen, OrderIntent, OrderSeen, OrderState, VenueStatus
from domain.orders.lifecycle import Event, is_terminal, next_state

CLOCKS_NS = MINUTE
"""By how much the venue's stamps may differ from our market time."""
LIVING = (OrderState.OPEN, OrderState.PARTIALLY_FILLED, OrderState.PENDING_CANCEL)
"""The venue has shown the order, and not its end."""
_RANK = {
    VenueStatus.UNKNOWN: 0,
    VenueStatus.PENDING: 1,
    VenueStatus.QUEUED: 1,
    VenueStatus.OPEN: 2,
    VenueStatus.EDIT_QUEUED: 3,
    VenueStatus.CANCEL_QUEUED: 3,
    VenueStatus.FILLED: 4,
    VenueStatus.CANCELLED: 4,
    VenueStatus.EXPIRED: 4,
    VenueStatus.FAILED: 4,
}
_ENDINGS = {
    VenueStatus.CANCELLED: Event.ENDED_CANCELLED,
    VenueStatus.EXPIRED: Event.ENDED_EXPIRED,
    VenueStatus.FAILED: Event.ENDED_FAILED,
}

TIME_OVER = "time to live is over"
"""Why an entry is cancelled that has rested for as long as it may."""
END_GRACE_NS = 30 * SECOND
"""A resting entry ends at the venue this long after we would have cancelled it."""


@frozen(kw_only=True)
class Order:
    """An order and everything known about it.

    `filled` is what the booked fills add up to, `venue_filled` the most that the venue has shown of
    it. `intended_ns` is market time. `last_sent_ns` is the machine time after which no request for
    it can leave any more, told with the outcome that was lost.
    """

    intent: OrderIntent
    state: OrderState = OrderState.INTENDED
    order_id: str | None = None
    filled: Quantity = Quantity(ZERO)
    venue_filled: Quantity = Quantity(ZERO)
    venue_status: VenueStatus | None = None
    fills: frozenset[str] = frozenset()
    intended_ns: int
    last_sent_ns: int | None = None
    tries: int = 0
    reason: str = ""

    @classmethod
    def intended(cls, intent: OrderIntent, intended_ns: int) -> Order:
        """Return a fresh order of `intent`, written down at market time `intended_ns`."""
        return cls(intent=intent, intended_ns=intended_ns)

    @property
    def remaining(self) -> Quantity:
        """Return what is not filled yet."""
        return Quantity(self.intent.order.quantity - self.filled)

    @property
    def is_terminal(self) -> bool:
        """Tell whether the order has ended."""
        return is_terminal(self.state)

    @property
    def is_settled(self) -> bool:
        """Tell whether the order has ended and every fill the venue showed is booked."""
        return self.is_terminal and self.filled >= self.venue_filled


def lifetime_of(order_type: OrderType) -> Nanos | None:
    """Return how long an order may rest, in market time; None if nobody limits it."""
    return order_type.lifetime_ns if isinstance(order_type, Limit) else None


def takes_at_once(order_type: OrderType) -> bool:
    """Tell whether an order takes what is there and is gone: nothing of it ever rests."""
    match order_type:
        case Limit():
            return not order_type.post_only and order_type.lifetime_ns is None
        case Market():
            return True
        case StopLimit():
            return False
        case _ as other:
            assert_never(other)


def good_till(order_type: OrderType, now_ns: int) -> Nanos | None:
    """Return when the venue itself is to end an order made at market time `now_ns`, if ever."""
    lifetime_ns = lifetime_of(order_type)
    return None if lifetime_ns is None else Nanos(now_ns + lifetime_ns + END_GRACE_NS)


def moved(order: Order) -> OrderAdvanced:
    """Return what everybody is told of an order that stands where `order` stands."""
    asked = order.intent.order
    return OrderAdvanced(
        order.intent.client_order_id,
        order.order_id,
        asked.product,
        asked.side,
        asked.purpose,
        order.state,
        order.filled,
        order.reason,
    )


def needs_fills(order: Order) -> bool:
    """Tell whether the venue has shown more filled than we have booked."""
    return order.venue_filled > order.filled


def is_doubtful(order: Order) -> bool:
    """Tell whether only the venue can say how the order stands.

    A living exit always is: what is left of a lot waits for its end, and the stream may be silent.
    So is an entry that takes at once, and what was accepted and not shown yet.
    """
    if order.is_settled:
        return False
    asked = order.intent.order
    is_short = asked.purpose is Purpose.EXIT or takes_at_once(asked.order_type)
    if order.state in LIVING and is_short:
        return True
    is_unseen = order.state in LIVING and order.venue_status is None
    is_open = order.state in (OrderState.UNKNOWN, OrderState.PENDING_CANCEL)
    return is_open or is_unseen or needs_fills(order)


def is_within(order: Order, since_ns: int | None) -> bool:
    """Tell whether a list since that market time holds the order's whole possible life."""
    return since_ns is not None and since_ns <= order.intended_ns - CLOCKS_NS


def is_provably_absent(order: Order, listing: OrdersListed, lifetime_ns: int) -> bool:
    """Tell whether a complete listing without the order proves that it will never be there.

    The listing must have begun (machine time) after the last instant at which a request that may
    have left could still create the order, and hold all that was created since it was intended.
    """
    if order.state is not OrderState.UNKNOWN or order.last_sent_ns is None:
        return False
    is_late = listing.begun_ns > order.last_sent_ns + lifetime_ns
    return is_late and is_within(order, listing.since_ns)


def is_another(order: Order, seen: OrderSeen) -> bool:
    """Tell whether what the venue has under the id of `order` can't be what we intended.

    Then the id was used before by a journal of which ours is an older copy.
    """
    asked = order.intent.order
    is_older = seen.created_ns is not None and seen.created_ns < order.intended_ns - CLOCKS_NS
    is_of_other_size = seen.quantity is not None and seen.quantity != asked.quantity
    is_otherwise = (seen.product, seen.side) != (asked.product, asked.side)
    return is_older or is_of_other_size or is_otherwise


def is_anothers(order: Order, fill: FillSeen) -> bool:
    """Tell whether a fill can't be of what we intended."""
    asked = order.intent.order
    is_older = fill.at_ns < order.intended_ns - CLOCKS_NS
    return is_older or (fill.product, fill.side) != (asked.product, asked.side)


def advance(
    order: Order,
    event: Event,
    *,
    reason: str | None = None,
    order_id: str | None = None,
    sent_ns: int | None = None,
) -> Order:
    """Return `order` after `event`.

    Raises:
        IllegalTransition: the lifecycle table has no such cell.
    """
    return evolve(
        order,
        state=next_state(order.state, event),
        reason=order.reason if reason is None else reason,
        order_id=order_id or order.order_id,
        last_sent_ns=order.last_sent_ns if sent_ns is None else sent_ns,
        tries=order.tries + (event is Event.SENT),
    )


def apply_seen(order: Order, seen: OrderSeen) -> Order:
    """Return `order` with what the venue shows of it.

    Older pictures change nothing: status only moves up the rank pending, open, cancel queued,
    ended; the cumulative quantity only grows. An ending counts once its fills are booked.
    """
    newest = order.venue_status
    if newest is None or _RANK[seen.status] >= _RANK[newest]:
        newest = seen.status
    updated = evolve(
        order,
        order_id=seen.order_id,
        venue_status=newest,
        venue_filled=max(order.venue_filled, seen.filled),
    )
    return _settle(updated)


def without_venue(order: Order, reason: str) -> Order:
    """Return `order` as one that the venue will never have: its id stands for another one there."""
    given_up = advance(order, Event.ID_TAKEN, reason=reason)
    return evolve(given_up, order_id=None, venue_status=None, venue_filled=order.filled)


def given_up(order: Order, reason: str) -> Order:
    """Return `order` as one of which nothing more comes: the venue denies it.

    It keeps its id there: a fill of it that comes all the same is booked.
    """
    event = Event.ENDED_CANCELLED if order.fills else Event.DENIED
    return evolve(advance(order, event, reason=reason), venue_filled=order.filled)


def apply_fill(order: Order, fill: FillSeen) -> Order:
    """Return `order` with `fill` booked; a fill booked before changes nothing.

    Raises:
        InvariantBroken: more is filled than was ordered.
    """
    if fill.entry_id in order.fills:
        return order
    filled = Quantity(order.filled + fill.quantity)
    wanted = order.intent.order.quantity
    if filled > wanted:
        raise InvariantBroken(
            f"order {order.intent.client_order_id}: {filled} filled of {wanted} ordered"
        )
    updated = evolve(
        order,
        filled=filled,
        fills=order.fills | {fill.entry_id},
        order_id=order.order_id or fill.order_id,
    )
    event = Event.FILL_COMPLETE if filled == wanted else Event.FILL
    return _settle(advance(updated, event))


def _settle(order: Order) -> Order:
    """Draw the conclusion from the newest venue status, if its fills are booked."""
    status = order.venue_status
    if status is None:
        return order
    if not status.is_terminal:
        queued = status is VenueStatus.CANCEL_QUEUED
        return advance(order, Event.SEEN_CANCEL_QUEUED if queued else Event.SEEN_LIVE)
    if needs_fills(order):
        # It has ended there, but we don't know all of it yet: what lives to us lives on until we
        # do, what has ended to us stays ended and takes its late fills.
        return order if is_terminal(order.state) else advance(order, Event.SEEN_LIVE)
    if status is not VenueStatus.FILLED:
        return advance(order, _ENDINGS[status])
    if order.filled == order.intent.order.quantity:
        return order  # the fills themselves have completed it
    # The venue calls it filled below its quantity: the rest will not come.
    return advance(order, Event.ENDED_CANCELLED, reason="closed by the venue below its quantity")
