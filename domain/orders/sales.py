"""Sales of a lot that an order at the venue protects: what protects it goes first, and only then.

A sale is written down, with everything that it needs to leave, before the protection of its lot is
cancelled; it leaves once the venue has shown that this has ended. So the lot is naked for as long
as one request takes, and never sold twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.instants import SECOND
from domain.model.orders import OrderState
from domain.orders.effects import Publish
from domain.orders.keeper import OrderKeeper
from domain.orders.lifecycle import Event
from domain.orders.order import Order, advance
from domain.orders.protected_sales import ProtectedSales

RESTING = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
UNKNOWN_FOR_NS = 5 * SECOND
"""Machine time after which a stop no longer waits for protection of which nobody knows whether it
exists: five lists have not shown it. Should it be there after all, it holds the coins, and the
venue refuses the sale."""
MAKES_ROOM = "makes room for a sale of its lot"
SOLD_MEANWHILE = "its lot was sold in part at the venue since it was approved"
RUN_ENDED = "the run ended before it left"
SOLD_INSTEAD = "its lot is sold instead"


class SaleKeeper(OrderKeeper):
    """Keeps sales and the protection of their lots apart."""

    def __init__(self, orders: Iterable[Order]) -> None:
        super().__init__(orders)
        self._protected_sales = ProtectedSales()
        self._waiting: dict[str, str] = {}
        """Sales that wait for the end of protection, each with its lot."""

    def end(self) -> tuple[Publish, ...]:
        """Close what was written down and has not left, such as a sale that waits for the end of
        protection: the process ends in order, and nobody sends it any more.

        Without this the next start would have to ask the venue what became of it.
        """
        self._waiting.clear()  # nothing may go on because something else has ended
        for order in tuple(self.orders.unsettled.values()):
            if order.state is OrderState.INTENDED:
                self._keep(order, advance(order, Event.NOT_SENT_FINAL, reason=RUN_ENDED))
        return tuple(each for each in self._taken() if isinstance(each, Publish))

    def _may_leave(self, order: Order) -> bool:
        """Tell whether an order may be sent now; a sale may have to wait, or be given up."""
        asked, name = order.intent.order, order.intent.client_order_id
        self._waiting.pop(name, None)
        if not isinstance(asked, ApprovedExit):
            return True
        if asked.sold_at_venue != self._protected_sales.of(asked.lot):
            self._keep(order, advance(order, Event.NOT_SENT_FINAL, reason=SOLD_MEANWHILE))
            return False
        if not any(self._in_the_way(order)):
            return True
        self._waiting[name] = asked.lot
        self._make_room(asked.lot, MAKES_ROOM, but=name)
        return False

    def _make_room(self, lot: str, why: str, *, but: str = "") -> None:
        """Cancel what protects a lot, or would; `but` is who asks for it."""
        for order in tuple(self._protecting(lot)):
            name = order.intent.client_order_id
            if name in self._waiting and name != but:
                del self._waiting[name]
                self._keep(order, advance(order, Event.NOT_SENT_FINAL, reason=SOLD_INSTEAD))
            elif order.state in RESTING:
                self._cancel(name, why)

    def _count_sale(self, booked: FillBooked) -> None:
        self._protected_sales = self._protected_sales.fill(booked)

    def _keep(self, old: Order, new: Order, *, is_news: bool = False) -> None:
        """Take `new` in; a sale of its lot that waits may go on, or what protects it is known now
        by a name that can be cancelled.
        """
        super()._keep(old, new, is_news=is_news)
        lot = _protected_by(new)
        if lot is None:
            return
        if new.state in RESTING and lot in self._waiting.values():
            self._cancel(new.intent.client_order_id, MAKES_ROOM)
        self._go_on()

    def _go_on(self) -> None:
        """Ask for a new receipt for each sale that nothing stands in the way of any more."""
        for name in tuple(self._waiting):
            order = self.orders.get(name)
            if order is None or order.is_terminal:
                del self._waiting[name]
            elif not any(self._in_the_way(order)):
                del self._waiting[name]
                self._do(Publish(IntentRaised(order.intent)))

    def _in_the_way(self, sale: Order) -> Iterator[Order]:
        """Yield what has to end before a sale may leave."""
        asked = sale.intent.order
        if not isinstance(asked, ApprovedExit):
            return
        is_urgent = asked.purpose is Purpose.EXIT and asked.reason is ExitReason.STOP
        for order in self._protecting(asked.lot):
            is_itself = order.intent.client_order_id == sale.intent.client_order_id
            if not is_itself and not (is_urgent and self._is_long_unknown(order)):
                yield order

    def _is_long_unknown(self, order: Order) -> bool:
        if order.state is not OrderState.UNKNOWN or order.last_sent_ns is None:
            return False
        return self._now.machine_ns - order.last_sent_ns >= UNKNOWN_FOR_NS

    def _protecting(self, lot: str) -> Iterator[Order]:
        for order in self.orders.unsettled.values():
            if _protected_by(order) == lot:
                yield order


def _protected_by(order: Order) -> str | None:
    """Return the lot that an order protects, None if it protects none."""
    asked = order.intent.order
    if isinstance(asked, ApprovedExit) and asked.purpose is Purpose.PROTECTION:
        return asked.lot
    return None
