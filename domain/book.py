"""A level-2 book kept from a snapshot and absolute changes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.market import Level
from domain.money import Price, Quantity


class Book:
    """Bids and asks of one product by price. Best prices are looked for only when they go away."""

    __slots__ = ("_asks", "_best_ask", "_best_bid", "_bids")

    def __init__(self) -> None:
        self._bids: dict[Decimal, Quantity] = {}
        self._asks: dict[Decimal, Quantity] = {}
        self._best_bid: Decimal | None = None
        self._best_ask: Decimal | None = None

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Forget everything and take this snapshot."""
        self._bids = {level.price: level.quantity for level in bids if level.quantity}
        self._asks = {level.price: level.quantity for level in asks if level.quantity}
        self._best_bid = max(self._bids, default=None)
        self._best_ask = min(self._asks, default=None)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set the quantities of these prices; zero removes a price, unknown ones are ignored."""
        best = self._best_bid
        for level in bids:
            price, quantity = level.price, level.quantity
            if quantity:
                self._bids[price] = quantity
                if best is None or price > best:
                    best = price
            elif self._bids.pop(price, None) is not None and price == best:
                best = max(self._bids, default=None)
        self._best_bid = best
        best = self._best_ask
        for level in asks:
            price, quantity = level.price, level.quantity
            if quantity:
                self._asks[price] = quantity
                if best is None or price < best:
                    best = price
            elif self._asks.pop(price, None) is not None and price == best:
                best = min(self._asks, default=None)
        self._best_ask = best

    def top(self) -> tuple[Level, Level] | None:
        """Return best bid and best ask, None while a side is empty."""
        bid, ask = self._best_bid, self._best_ask
        if bid is None or ask is None:
            return None
        return Level(Price(bid), self._bids[bid]), Level(Price(ask), self._asks[ask])

    @property
    def is_crossed(self) -> bool:
        """Tell whether the best bid is at or above the best ask."""
        bid, ask = self._best_bid, self._best_ask
        return bid is not None and ask is not None and bid >= ask

    def __len__(self) -> int:
        return len(self._bids) + len(self._asks)
