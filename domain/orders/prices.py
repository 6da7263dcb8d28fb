"""Of which products the price is known: no entry of another may rest."""

from __future__ import annotations

from domain.messages.market import FeedStalled
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId

NO_PRICE = "the price is not known"
PRICE_LIFE_NS = 5 * SECOND
"""Market time for which a price counts as known after it was last confirmed."""


class KnownPrices:
    """Remembers which products are stalled, and since when their price is not known any more."""

    def __init__(self) -> None:
        self._since_ns: dict[ProductId, Nanos] = {}

    def lost(self, stalled: FeedStalled, now_ns: int) -> Nanos:
        """Take note of a stall; return from when on the price is not known."""
        since_ns = Nanos(now_ns + max(0, PRICE_LIFE_NS - stalled.age_ns))
        return self._since_ns.setdefault(stalled.product, since_ns)

    def found(self, product: ProductId) -> None:
        """The feed of the product has recovered."""
        self._since_ns.pop(product, None)

    def is_unknown(self, product: ProductId, now_ns: int) -> bool:
        """Tell whether the price of the product is not known now."""
        since_ns = self._since_ns.get(product)
        return since_ns is not None and since_ns <= now_ns
