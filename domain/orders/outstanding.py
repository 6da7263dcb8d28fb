"""What our own books call alive, or on its way: no list of the venue argues it away by silence.

A sweep believes the venue's lists of what it did not know. Of what we know ourselves it wants more:
each request that has left needs its outcome, or its time must be over; each order that we saw alive
needs its end, told by our books or by the venue asked for that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from domain.messages.orders import OrderAdvanced
from domain.model.approval import ApprovedOrder
from domain.model.instants import SECOND
from domain.model.orders import TERMINAL, OrderSeen, OrderState
from domain.orders.order import Order

LEAVES_WITHIN_NS = 12 * SECOND
"""Machine time from the word to send an order until its request can't leave any more: an approval
lives for 2 s, and 10 s later a request that hangs in the socket is cut."""

SENT = (OrderState.PENDING_SUBMIT, OrderState.UNKNOWN)
MAYBE_SENT = (OrderState.INTENDED, *SENT)
"""After a crash: the record of the sending may have been lost with it."""

IsMeant = Callable[[ApprovedOrder], bool]
"""Tells whether an order is to go."""


@frozen
class _Known:
    """`left_by_ns` is the machine time after which the request can't leave, None once it is out
    that the venue has the order.
    """

    order: ApprovedOrder
    order_id: str | None
    left_by_ns: int | None


class Outstanding:
    """Orders of ours that have not ended, by client order id; as many as the limits let through.

    `lifetime_ns` is the machine time after which a request that left can't create an order (H).
    """

    def __init__(self, lifetime_ns: int) -> None:
        self._lifetime_ns = lifetime_ns
        self._known: dict[str, _Known] = {}
        self._settled_ns = 0

    def restore(self, orders: Iterable[Order], left_by_ns: int) -> None:
        """Take in what the journal leaves open; no request of it leaves after `left_by_ns`."""
        for order in orders:
            if not order.is_terminal:
                name, is_sent = order.intent.client_order_id, order.state in MAYBE_SENT
                left_ns = left_by_ns if is_sent else None
                self._known[name] = _Known(order.intent.order, order.order_id, left_ns)

    def hear(self, moved: OrderAdvanced, order: ApprovedOrder | None, now_ns: int) -> None:
        """Take in what our books say at machine time `now_ns` of what was approved as `order`."""
        name = moved.client_order_id
        before = self._known.pop(name, None)
        if before is not None and before.left_by_ns is not None:
            self._settled_ns = now_ns
        asked = order if before is None else before.order
        if asked is None or moved.state in TERMINAL or moved.state is OrderState.INTENDED:
            return
        left_by_ns = None
        if moved.state in SENT:
            # In doubt its lane is done with it: it left before now, if it left at all.
            is_waiting = moved.state is OrderState.PENDING_SUBMIT
            left_by_ns = now_ns + LEAVES_WITHIN_NS if is_waiting else now_ns
        self._known[name] = _Known(asked, moved.order_id, left_by_ns)

    def see(self, seen: OrderSeen) -> None:
        """Take in what the venue, asked for one order, says of it."""
        known = self._known.get(seen.client_order_id)
        if known is None:
            return
        if seen.status.is_terminal:
            del self._known[seen.client_order_id]
        else:
            there = evolve(known, order_id=seen.order_id, left_by_ns=None)
            self._known[seen.client_order_id] = there

    def alive(self, is_meant: IsMeant) -> tuple[str, ...]:
        """Return the venue's ids of what is to go and has not ended."""
        return tuple(
            known.order_id
            for known in self._known.values()
            if known.order_id is not None and is_meant(known.order)
        )

    def is_proven(self, begun_ns: int, is_meant: IsMeant) -> bool:
        """Tell whether a list begun at machine time `begun_ns` shows whatever could still come.

        It does if every request of what is to go had its outcome before, or had lived too long.
        """
        return begun_ns >= self._settled_ns and not any(
            known.left_by_ns is not None and begun_ns <= known.left_by_ns + self._lifetime_ns
            for known in self._known.values()
            if is_meant(known.order)
        )

    def __len__(self) -> int:
        """Return how many orders have not ended."""
        return len(self._known)
