"""How long a product is not bought whose entries the venue rejects. Instants are market time."""

from __future__ import annotations

from domain.messages.orders import OrderAdvanced
from domain.model.approval import Purpose
from domain.model.instants import HOUR, Nanos
from domain.model.orders import OrderState
from domain.model.product import ProductId

PAUSED = "rejected_entries"
"""Name of the breaker of a product whose entries the venue rejects."""
LONGEST_PAUSE_NS = HOUR
CAME_TOO_LATE = "INVALID_LIMIT_PRICE_POST_ONLY"
"""What the venue says of a post-only order whose price the market had reached before it came."""
_TAKEN = (OrderState.OPEN, OrderState.PARTIALLY_FILLED, OrderState.FILLED)


class RejectionPauses:
    """Each rejection of an entry in a row doubles its product's pause, from `first_ns` to an hour.

    An entry that the venue takes ends the row. One that only came too late for its price is no
    fault of anybody: the first of them in a row costs no pause.
    """

    def __init__(self, first_ns: int) -> None:
        self._first_ns = first_ns
        # One of each product of the catalogue that was rejected since it was last taken.
        self._rows: dict[ProductId, int] = {}
        self._untils: dict[ProductId, Nanos] = {}
        self._excused: set[ProductId] = set()

    def take(self, news: OrderAdvanced, now_ns: int) -> bool | None:
        """Take in how an order stands: True, its product is paused anew; False, it is no more."""
        if news.purpose is not Purpose.ENTRY:
            return None
        product = news.product
        if news.state is OrderState.REJECTED:
            if CAME_TOO_LATE in news.reason and product not in self._excused:
                self._excused.add(product)
                return None
            row = self._rows[product] = self._rows.get(product, 0) + 1
            length_ns = min(self._first_ns << min(row - 1, 12), LONGEST_PAUSE_NS)
            self._untils[product] = Nanos(now_ns + length_ns)
            return True
        if news.state not in _TAKEN:
            return None
        self._excused.discard(product)
        if product not in self._rows:
            return None
        del self._rows[product], self._untils[product]
        return False

    def until_ns(self, product: ProductId) -> Nanos:
        """Return until when a product is paused; 0: it is not."""
        return self._untils.get(product, Nanos(0))

    def row(self, product: ProductId) -> int:
        """Return how many of its entries in a row were rejected."""
        return self._rows.get(product, 0)
