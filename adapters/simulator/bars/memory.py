"""A store that lives as long as one backtest: orders, fills and balances in memory."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from adapters.simulator.engine.orders import Fill, VenueOrder
from adapters.simulator.engine.store import Batch, FillQuery, OrderQuery


class MemoryStore:
    """Keeps what the engine saves; nothing of it outlives the object.

    Begins with `opening`: currency → amount of our own account.
    """

    def __init__(self, opening: Mapping[tuple[str, str], Decimal]) -> None:
        self._meta: dict[str, str] = {}
        self._balances = dict(opening)
        self._orders: dict[str, VenueOrder] = {}
        self._of_client: dict[str, VenueOrder] = {}
        self._fills: dict[str, list[Fill]] = {}
        self._count = 0

    def meta(self, key: str) -> str | None:
        """Return a remembered value."""
        return self._meta.get(key)

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """Return all totals by owner and currency."""
        return dict(self._balances)

    def live_orders(self) -> list[VenueOrder]:
        """Return the orders that are not final, oldest first."""
        return [each for each in self._orders.values() if not each.status.is_final]

    def order(self, order_id: str) -> VenueOrder | None:
        """Return an order by the venue's id."""
        return self._orders.get(order_id)

    def order_of_client(self, client_order_id: str) -> VenueOrder | None:
        """Return an order by its client's id."""
        return self._of_client.get(client_order_id)

    def find_orders(self, query: OrderQuery) -> list[VenueOrder]:
        """Return orders by id and time of acceptance, newest first."""
        found = [
            each
            for each in self._orders.values()
            if (not query.order_ids or each.order_id in query.order_ids)
            and (query.from_ns is None or each.created_ns >= query.from_ns)
        ]
        return found[: -query.limit - 1 : -1]

    def find_fills(self, query: FillQuery) -> list[Fill]:
        """Return the fills of some orders, newest first."""
        ids = query.order_ids or tuple(self._fills)
        found = [fill for order_id in ids for fill in self._fills.get(order_id, ())]
        found.sort(key=lambda fill: -fill.number)
        return found[: query.limit]

    def last_numbers(self) -> tuple[int, int]:
        """Return how many orders and fills there are: they are numbered from 1."""
        return len(self._orders), self._count

    def save(self, batch: Batch) -> None:
        """Keep a batch."""
        for order in batch.orders:
            self._orders[order.order_id] = order
            self._of_client.setdefault(order.client_order_id, order)
        for fill in batch.fills:
            self._fills.setdefault(fill.order_id, []).append(fill)
        self._count += len(batch.fills)
        self._balances.update(batch.balances)
        self._meta.update(batch.meta)

    def close(self) -> None:
        """Give nothing back: there is no file."""
