"""What the venue is asked about orders of which only it can say how they stand.

Who has a name at the venue is asked for by it, however old: no list has to show it. Only what may
not be there at all has to be looked for in a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.orders import OrderState
from domain.orders.effects import Cancel, FindOrders, ListFills, ListOrders, OfDoubt, OfVenue
from domain.orders.order import CLOCKS_NS, Order, needs_fills
from domain.orders.own_orders import OwnOrders

WINDOW_NS = 10 * MINUTE
FAR_BACK_NS = 30 * DAY
"""How far back an id is looked for that the venue says it knows."""


def window_of(orders: OwnOrders, now_ns: int) -> Nanos:
    """Return the market time since which a list holds the whole life of all that is unsettled."""
    begun = (order.intended_ns - CLOCKS_NS for order in orders.unsettled.values())
    return Nanos(min((now_ns - WINDOW_NS, *begun)))


def questions(orders: OwnOrders, now_ns: int) -> Iterator[OfVenue]:
    """Return what to ask at market time `now_ns`; nothing if nothing is in doubt."""
    doubtful = tuple(orders.to_ask())
    order_ids = _ids(doubtful)
    if len(order_ids) < len(doubtful):
        yield ListOrders(window_of(orders, now_ns), OfDoubt())
    if order_ids:
        yield FindOrders(order_ids)
    for order in doubtful:
        if order.order_id is None:
            continue
        if order.state is OrderState.PENDING_CANCEL:
            yield Cancel(order.order_id)
        if needs_fills(order):
            yield ListFills(order.order_id)


def _ids(orders: Iterable[Order]) -> tuple[str, ...]:
    return tuple(order.order_id for order in orders if order.order_id is not None)
