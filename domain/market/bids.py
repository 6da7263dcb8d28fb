"""The newest best bid of each product: what a lot is judged and valued by."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.messages.market import BidMoved, QuoteMoved
from domain.model.instants import Nanos
from domain.model.money import Price
from domain.model.product import ProductId


@frozen
class Bid:
    """A best bid, and the market time at which it was last known to be true."""

    price: Price
    confirmed_ns: Nanos


class Bids:
    """One bid a product, from whole books and from books without offers alike."""

    def __init__(self) -> None:
        self._bids: dict[ProductId, Bid] = {}

    def take(self, moved: QuoteMoved | BidMoved) -> ProductId:
        """Take in a price and return its product; one older than what is known changes nothing."""
        if isinstance(moved, QuoteMoved):
            quote = moved.quote
            product, bid = quote.product, Bid(quote.bid, quote.confirmed_ns)
        else:
            product, bid = moved.product, Bid(moved.bid, moved.confirmed_ns)
        known = self._bids.get(product)
        if known is None or known.confirmed_ns <= bid.confirmed_ns:
            self._bids[product] = bid
        return product

    def get(self, product: ProductId) -> Bid | None:
        """Return the newest bid, however old it is."""
        return self._bids.get(product)

    def marks(
        self, products: Iterable[ProductId], now_ns: Nanos, limit_ns: Nanos
    ) -> dict[ProductId, Price]:
        """Return the bids of `products` that are at most `limit_ns` old."""
        found = ((product, self._bids.get(product)) for product in products)
        return {
            product: bid.price
            for product, bid in found
            if bid is not None and now_ns - bid.confirmed_ns <= limit_ns
        }
