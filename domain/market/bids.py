"""The newest best bid of each product: what a lot is judged and valued by."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.messages.market import BidMoved, QuoteMoved
from domain.model.instants import Nanos
from domain.model.market import Doubt, Quote
from domain.model.money import Price
from domain.model.product import ProductId


@frozen
class Bid:
    """A best bid, the market time at which it was last known to be true, and what is odd about it.

    Prices are for valuing whatever the doubt; who sells by one looks at it.
    """

    price: Price
    confirmed_ns: Nanos
    doubt: Doubt | None = None


class Bids:
    """One bid a product, from whole books and from books without offers alike."""

    def __init__(self) -> None:
        self._newest: dict[ProductId, Quote | BidMoved] = {}

    def take(self, moved: QuoteMoved | BidMoved) -> ProductId:
        """Take in a price and return its product; one older than what is known changes nothing."""
        seen = moved.quote if isinstance(moved, QuoteMoved) else moved
        known = self._newest.get(seen.product)
        if known is None or known.confirmed_ns <= seen.confirmed_ns:
            self._newest[seen.product] = seen
        return seen.product

    def get(self, product: ProductId) -> Bid | None:
        """Return the newest bid, however old it is."""
        seen = self._newest.get(product)
        return None if seen is None else Bid(seen.bid, seen.confirmed_ns, seen.doubt)

    def marks(
        self, products: Iterable[ProductId], now_ns: Nanos, limit_ns: Nanos
    ) -> dict[ProductId, Price]:
        """Return the bids of `products` that are at most `limit_ns` old."""
        found = ((product, self._newest.get(product)) for product in products)
        return {
            product: seen.bid
            for product, seen in found
            if seen is not None and now_ns - seen.confirmed_ns <= limit_ns
        }
