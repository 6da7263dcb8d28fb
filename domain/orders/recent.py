"""Which orders are ours, for as long as the venue can still show them alive or filled.

What is not known here is foreign and left alone; so nothing is forgotten before its life at the
venue is over beyond doubt. The journal knows every order for ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.model.approval import ApprovedOrder
from domain.model.entries import Unread
from domain.model.instants import DAY, HOUR
from domain.model.orders import OrderIntent, OrderState
from domain.orders.order import Order, takes_at_once

LINGER_NS = HOUR
"""The venue ends an order at its good-till time by itself. An hour more covers clocks that differ,
and the minutes that every regular listing looks back."""
AT_ONCE_NS = DAY
"""An order that takes is filled or gone at once. A day covers a venue that is down in between."""
UNPLACED = (OrderState.REJECTED, OrderState.VOID)
"""States of orders that the venue has said it does not have."""
TIDY_EVERY_NS = HOUR
"""Market time between two walks over everything that is known."""


def last_shown_ns(intent: OrderIntent, intended_ns: int) -> int | None:
    """Return the market time after which the venue has nothing new to show of an order.

    None: there is no such time. It may rest without an end.
    """
    if intent.end_ns is not None:
        return max(intent.end_ns, intended_ns) + LINGER_NS
    if takes_at_once(intent.order.order_type):
        return intended_ns + AT_ONCE_NS
    return None


@frozen
class _Known:
    order: ApprovedOrder | None
    until_ns: int | None

    def is_over(self, at_ns: int) -> bool:
        return self.until_ns is not None and self.until_ns < at_ns

    def lasting(self, until_ns: int) -> _Known:
        """Return the same, to be remembered until `until_ns` at least."""
        longer = None if self.until_ns is None else max(self.until_ns, until_ns)
        return _Known(self.order, longer)


class RecentOrders:
    """Orders of ours by client order id, and the venue's ids of those that it has shown.

    Holds what was intended within its own life and `LINGER_NS` (a day for market orders), and what
    may rest without end; the limits on open orders bound the latter.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._order_ids: dict[str, str] = {}
        self._refused: set[str] = set()
        self._tidied_ns: int | None = None

    @classmethod
    def of(cls, orders: Iterable[Order], now_ns: int) -> RecentOrders:
        """Return what of the journal's orders still matters at market time `now_ns`."""
        recent = cls()
        for order in orders:
            recent.intend(order.intent, order.intended_ns)
            if order.order_id is not None:
                recent.show(order.intent.client_order_id, order.order_id)
            elif order.state in UNPLACED:
                recent.miss(order.intent.client_order_id)
        recent.forget(now_ns)
        return recent

    def intend(self, intent: OrderIntent, intended_ns: int) -> None:
        """Take an order in that was written down at market time `intended_ns`."""
        until_ns = last_shown_ns(intent, intended_ns)
        self._known[intent.client_order_id] = _Known(intent.order, until_ns)

    def show(self, client_order_id: str, order_id: str) -> None:
        """Take note of what the venue lists, if it is one of ours."""
        if client_order_id in self._known:
            self._order_ids[order_id] = client_order_id

    def hear(self, client_order_id: str, order_id: str, now_ns: int) -> None:
        """Take note of an order that has moved: it is ours, however old, and has more to tell."""
        known = self._known.get(client_order_id, _Known(None, now_ns))
        self._known[client_order_id] = known.lasting(now_ns + LINGER_NS)
        self._order_ids[order_id] = client_order_id

    def miss(self, client_order_id: str) -> None:
        """Take note that the venue has refused an order, or never had it: it has no id there."""
        if client_order_id in self._known:
            self._refused.add(client_order_id)

    def get(self, client_order_id: str) -> ApprovedOrder | None:
        """Return what was approved under a client order id; None: foreign, or long over."""
        known = self._known.get(client_order_id)
        return None if known is None else known.order

    def find(self, client_order_id: str, order_id: str) -> ApprovedOrder | None:
        """Return what was approved under a client order id, or what the venue has shown by its own
        id; None: foreign, or long over.
        """
        return self.get(client_order_id) or self.get(self._order_ids.get(order_id, ""))

    def may_include(self, unread: Unread) -> bool:
        """Tell whether an entry that can't be read may be about an order of ours."""
        if unread.client_order_id in self._known or unread.order_id in self._order_ids:
            return True
        if unread.client_order_id:
            return False  # the venue names it, and not by a name of ours
        if unread.order_id:
            return bool(self._known.keys() - self._refused - set(self._order_ids.values()))
        return bool(self._known)

    def has_order_id(self, order_id: str) -> bool:
        """Tell whether the venue has shown an order of ours under this id."""
        return order_id in self._order_ids

    def forget(self, before_ns: int) -> None:
        """Forget what the venue can't show as of anything since market time `before_ns`.

        Cheap to call often: it walks once in `TIDY_EVERY_NS`.
        """
        if self._tidied_ns is not None and before_ns - self._tidied_ns < TIDY_EVERY_NS:
            return
        self._tidied_ns = before_ns
        self._known = {
            key: known for key, known in self._known.items() if not known.is_over(before_ns)
        }
        self._order_ids = {
            key: ours for key, ours in self._order_ids.items() if ours in self._known
        }
        self._refused &= self._known.keys()

    def __len__(self) -> int:
        """Return how many orders are known."""
        return len(self._known)
