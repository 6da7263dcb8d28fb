"""Entries of orders and fills that could not be read, and may be about an order of ours.

What is provably nobody's but somebody else's is left alone. The rest makes what we know of our
orders incomplete: entries are blocked until the venue has shown the same order readably.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages.venue import FillsListed, OrdersListed
from domain.model.breakers import Breaker
from domain.model.entries import EntryKind, Unread
from domain.orders.effects import BlockEntries, Effect, ReleaseEntries
from domain.orders.order import needs_fills
from domain.orders.own_orders import OwnOrders

UNREADABLE_ORDERS = "unreadable_orders"


class UnreadOfOurs:
    """What of the unread entries may be ours, kind by kind, until it is known otherwise."""

    def __init__(self, orders: OwnOrders) -> None:
        self._orders = orders
        self._open: dict[tuple[EntryKind, str], Unread] = {}
        """By kind and identity: as many as we have orders, and one of each kind without any."""

    def among(self, unread: Iterable[Unread]) -> tuple[Unread, ...]:
        """Return those of `unread` that may be about an order of ours."""
        return tuple(each for each in unread if self._may_be_ours(each))

    def take(
        self, listing: OrdersListed | FillsListed, breakers: Iterable[Breaker]
    ) -> tuple[Effect, ...]:
        """Take a complete listing in after its readable entries; return what follows."""
        was_open = any(each.name == UNREADABLE_ORDERS for each in breakers)
        kind = EntryKind.ORDER if isinstance(listing, OrdersListed) else EntryKind.FILL
        self._forget(kind, listing)
        for each in self.among(listing.unread):
            self._open.setdefault((kind, each.order_id or each.client_order_id), each)
        if self._open and not was_open:
            return (BlockEntries(UNREADABLE_ORDERS, self._sentence()),)
        if was_open and not self._open:
            return (ReleaseEntries(UNREADABLE_ORDERS, "the venue shows our orders readably"),)
        return ()

    def _forget(self, kind: EntryKind, listing: OrdersListed | FillsListed) -> None:
        """Forget what this listing has settled."""
        shown: set[str] = set()
        if isinstance(listing, OrdersListed):
            ids = ((seen.order_id, seen.client_order_id) for seen in listing.orders)
            shown = {each for pair in ids for each in pair}
        for key, each in tuple(self._open.items()):
            if key[0] is kind and self._is_settled(each, shown, is_listed=bool(listing.unread)):
                del self._open[key]

    def _is_settled(self, each: Unread, shown: set[str], *, is_listed: bool) -> bool:
        names = {each.order_id, each.client_order_id} - {""}
        if not self._may_be_ours(each) or names & shown:
            return True
        order = self._orders.get(each.client_order_id) or self._orders.of_venue(each.order_id)
        if order is not None:
            return order.is_settled or (each.kind is EntryKind.FILL and not needs_fills(order))
        return not is_listed

    def _may_be_ours(self, each: Unread) -> bool:
        orders = self._orders
        if each.kind is EntryKind.EVENT:
            return bool(orders.unsettled)
        if orders.get(each.client_order_id) or orders.of_venue(each.order_id):
            return True
        if each.client_order_id:
            return False  # the venue names it, and not by a name of ours
        if each.order_id:
            return any(order.order_id is None for order in orders.unsettled.values())
        return len(orders) > 0

    def _sentence(self) -> str:
        each = next(iter(self._open.values()))
        name = each.client_order_id or each.order_id or "without an id"
        return f"an unreadable {each.kind} may be ours ({name}): {each.reason}"
