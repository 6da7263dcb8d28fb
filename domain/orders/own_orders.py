"""The orders of ours that are known, with those at hand that somebody still has to look after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.model.orders import OrderState
from domain.model.product import ProductId
from domain.orders.order import Order, is_doubtful

REMEMBERED_ENDS = 10_000
"""Settled orders kept for what the venue may still say of them: late fills, or that they live.

The venue takes at most 30 requests a second of us, and a listing looks back ten minutes: half of
what could be placed in that time at the very most, and days of what our limits let through.
"""


class OwnOrders:
    """Orders by client order id and by the venue's id; every look-up and change is constant work.

    `unsettled` have not ended or miss fills, `doubtful` need the venue's word, `unknown` may or may
    not exist, `missing` are alive in our books and lacked by a list of the venue's (True: the venue
    does not know them by id either); each in the order in which they came to be so.
    """

    def __init__(
        self, orders: Iterable[Order] = (), remembered_ends: int = REMEMBERED_ENDS
    ) -> None:
        self._orders: dict[str, Order] = {}
        self._by_order_id: dict[str, str] = {}
        self._ended: dict[str, None] = {}
        self._remembered_ends = remembered_ends
        self.unsettled: dict[str, Order] = {}
        self.doubtful: dict[str, Order] = {}
        self.unknown: dict[str, Order] = {}
        self.missing: dict[str, bool] = {}
        for order in orders:
            self.keep(order)

    def __len__(self) -> int:
        """Return how many orders are known."""
        return len(self._orders)

    def get(self, client_order_id: str) -> Order | None:
        """Return an order of ours, None if it is not ours or long over."""
        return self._orders.get(client_order_id)

    def of_venue(self, order_id: str) -> Order | None:
        """Return an order of ours by the venue's id."""
        client_order_id = self._by_order_id.get(order_id)
        return None if client_order_id is None else self._orders.get(client_order_id)

    def is_in_doubt(self, product: ProductId) -> bool:
        """Tell whether an order for `product` may or may not exist, as far as the venue tells."""
        unsure = (*self.unknown.values(), *self.denied())
        return any(each.intent.order.product == product for each in unsure)

    def denied(self) -> tuple[Order, ...]:
        """Return the orders that are alive in our books and that the venue does not know by id."""
        names = (name for name, is_denied in self.missing.items() if is_denied)
        return tuple(self._orders[name] for name in names)

    def to_ask(self) -> Iterator[Order]:
        """Return the orders of which only the venue can say how they stand."""
        yield from self.doubtful.values()
        yield from (self._orders[name] for name in self.missing if name not in self.doubtful)

    def keep(self, order: Order) -> None:
        """Take `order` in, in place of what was known of it; forget what ended longest ago."""
        name = order.intent.client_order_id
        before = self._orders.get(name)
        if before is not None and before.order_id != order.order_id:
            self._unname(before)
        self._orders[name] = order
        if order.order_id is not None:
            self._by_order_id[order.order_id] = name
        if order.is_terminal:
            self.missing.pop(name, None)
        _mark(self.unsettled, order, is_in=not order.is_settled)
        _mark(self.doubtful, order, is_in=is_doubtful(order))
        _mark(self.unknown, order, is_in=order.state is OrderState.UNKNOWN)
        if not order.is_settled:
            self._ended.pop(name, None)
            return
        self._ended.setdefault(name)
        if len(self._ended) > self._remembered_ends:
            self._forget(next(iter(self._ended)))

    def _forget(self, name: str) -> None:
        del self._ended[name]
        self._unname(self._orders.pop(name))

    def _unname(self, order: Order) -> None:
        """Forget the venue's id of an order, unless it stands for another one by now."""
        order_id, name = order.order_id, order.intent.client_order_id
        if order_id is not None and self._by_order_id.get(order_id) == name:
            del self._by_order_id[order_id]


def _mark(marked: dict[str, Order], order: Order, *, is_in: bool) -> None:
    if is_in:
        marked[order.intent.client_order_id] = order
    else:
        marked.pop(order.intent.client_order_id, None)
