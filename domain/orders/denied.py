"""Orders that the venue has shown and does not know any more: what a person may do about them.

By themselves they stay in doubt for ever, and their products blocked. When a person asks, the venue
is asked once more: by id, by a list over each order's whole possible life, and for its fills. Only
what it denies in all three is given up, and a fill that comes later still counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, frozen

from domain.messages.control import SettleRequested
from domain.model.instants import SECOND, Nanos
from domain.orders.effects import FindOrders, ListFills, ListOrders, OfPerson, OfVenue
from domain.orders.order import CLOCKS_NS, Order
from domain.orders.own_orders import OwnOrders

FORGOTTEN_AFTER_NS = 10 * SECOND
"""Machine time after which nobody waits for what was asked: a person has had an answer by then."""


@define
class _Inquiry:
    """What is asked for one request; `named` are the orders with their fills when it began."""

    reason: str
    begun_ns: int
    named: dict[str, frozenset[str]]
    waits_for: int
    failure: str | None = None


@frozen
class Finding:
    """How one request ended: `denied` may be given up for `reason`; of the others `failure`."""

    reason: str
    denied: tuple[Order, ...]
    failure: str | None


class DeniedOrders:
    """What has been asked for people about denied orders; a handful of requests at most."""

    def __init__(self, orders: OwnOrders) -> None:
        self._orders = orders
        self._inquiries: dict[str, _Inquiry] = {}

    def ask(self, asked: SettleRequested, machine_ns: int) -> Iterator[OfVenue]:
        """Yield what the venue is to be asked for a person; nothing if it denies no order."""
        for name, known in tuple(self._inquiries.items()):
            if machine_ns - known.begun_ns > FORGOTTEN_AFTER_NS:
                del self._inquiries[name]
        orders = self._orders.denied()
        if not orders:
            return
        request = asked.request_id
        named = {order.intent.client_order_id: order.fills for order in orders}
        waits_for = len(orders) + 2
        self._inquiries[request] = _Inquiry(asked.reason, machine_ns, named, waits_for)
        ids = tuple(str(order.order_id) for order in orders)
        since_ns = Nanos(min(order.intended_ns for order in orders) - CLOCKS_NS)
        yield FindOrders(ids, request)
        yield ListOrders(since_ns, OfPerson(request))
        for order_id in ids:
            yield ListFills(order_id, request)

    def answered(self, request: str, failure: str | None) -> Finding | None:
        """Take note of an answer whose entries were taken in; return how the request ends.

        None: more is to come, or nobody waits for it.
        """
        inquiry = self._inquiries.get(request)
        if inquiry is None:
            return None
        inquiry.waits_for -= 1
        inquiry.failure = inquiry.failure or failure
        if inquiry.waits_for:
            return None
        del self._inquiries[request]
        denied = () if inquiry.failure else tuple(self._still_denied(inquiry))
        return Finding(inquiry.reason, denied, inquiry.failure)

    def _still_denied(self, inquiry: _Inquiry) -> Iterator[Order]:
        for order in self._orders.denied():
            if inquiry.named.get(order.intent.client_order_id) == order.fills:
                yield order

    def sentences(self, failure: str | None) -> tuple[str, ...]:
        """Return a sentence for each order of which it is not known what became of it."""
        why = "" if failure is None else f": the venue could not be asked ({failure})"
        unsure = (*self._orders.unknown.values(), *self._orders.denied())
        return tuple(
            f"order {order.intent.client_order_id} of {order.intent.order.product} may or may not "
            f"exist{why}"
            for order in unsure
        )
