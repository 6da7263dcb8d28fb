"""A level-2 book kept from a snapshot and absolute changes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal
from itertools import takewhile

from domain.model.market import Level
from domain.model.money import BPS, ZERO, Price, Quantity


class Book:
    """Bids and asks of one product.

    Each side is a mapping of quantities by price and a sorted list of its prices, so that losing
    the best price costs no search, however deep the book is.
    """

    __slots__ = ("_ask_prices", "_asks", "_bid_prices", "_bids")

    def __init__(self) -> None:
        self._bids: dict[Decimal, Quantity] = {}
        self._asks: dict[Decimal, Quantity] = {}
        self._bid_prices: list[Decimal] = []
        self._ask_prices: list[Decimal] = []

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Forget everything and take this snapshot."""
        self._bids, self._asks = _levels(bids), _levels(asks)
        self._bid_prices = sorted(self._bids)
        self._ask_prices = sorted(self._asks)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set the quantities of these prices; zero removes a price, unknown ones are ignored."""
        _apply(bids, self._bids, self._bid_prices)
        _apply(asks, self._asks, self._ask_prices)

    def top(self) -> tuple[Level, Level] | None:
        """Return best bid and best ask, None while a side is empty."""
        if not self._bid_prices or not self._ask_prices:
            return None
        bid, ask = self._bid_prices[-1], self._ask_prices[0]
        return Level(Price(bid), self._bids[bid]), Level(Price(ask), self._asks[ask])

    def best_bid(self) -> Price | None:
        """Return the highest price that somebody pays, None while nobody does."""
        return Price(self._bid_prices[-1]) if self._bid_prices else None

    def depths(self, within_bps: int) -> tuple[Decimal, Decimal] | None:
        """Return what is bid and offered within that distance from the best price of each side.

        In quote currency; None while a side is empty.
        """
        if not self._bid_prices or not self._ask_prices:
            return None
        share = Decimal(within_bps) / BPS
        floor = self._bid_prices[-1] * (1 - share)
        top = self._ask_prices[0] * (1 + share)
        bids = takewhile(lambda price: price >= floor, reversed(self._bid_prices))
        asks = takewhile(lambda price: price <= top, self._ask_prices)
        return (
            sum((price * self._bids[price] for price in bids), ZERO),
            sum((price * self._asks[price] for price in asks), ZERO),
        )

    def __len__(self) -> int:
        return len(self._bids) + len(self._asks)


def _levels(levels: Iterable[Level]) -> dict[Decimal, Quantity]:
    last: dict[Decimal, Quantity] = {level.price: level.quantity for level in levels}
    if all(last.values()):
        return last
    return {price: quantity for price, quantity in last.items() if quantity}


def _apply(
    changes: Iterable[Level], quantities: dict[Decimal, Quantity], prices: list[Decimal]
) -> None:
    for level in changes:
        price, quantity = level.price, level.quantity
        if quantity:
            if price not in quantities:
                insort(prices, price)
            quantities[price] = quantity
        elif quantities.pop(price, None) is not None:
            del prices[bisect_left(prices, price)]
