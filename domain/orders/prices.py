"""Of which products the price is known: no entry of another may rest."""

from __future__ import annotations

from domain.messages.market import FeedRecovered, FeedStalled
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId
from domain.orders.effects import PriceLost, WakeAt

NO_PRICE = "the price is not known"
PRICE_LIFE_NS = 5 * SECOND
"""Market time for which a price counts as known after it was last confirmed."""


class KnownPrices:
    """Remembers which products are stalled, and since when their price is not known any more."""

    def __init__(self) -> None:
        self._since_ns: dict[ProductId, Nanos] = {}

    def heard(self, news: FeedStalled | FeedRecovered, now_ns: int) -> tuple[WakeAt, ...]:
        """Take note of a stall or its end; return when to look at the orders of the product."""
        product = news.product
        if isinstance(news, FeedRecovered):
            self._since_ns.pop(product, None)
            return ()
        since_ns = Nanos(now_ns + max(0, PRICE_LIFE_NS - news.age_ns))
        return (WakeAt(self._since_ns.setdefault(product, since_ns), PriceLost(product)),)

    def is_unknown(self, product: ProductId, now_ns: int) -> bool:
        """Tell whether the price of the product is not known now."""
        since_ns = self._since_ns.get(product)
        return since_ns is not None and since_ns <= now_ns
