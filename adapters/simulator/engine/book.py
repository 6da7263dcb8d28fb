"""The shown book of one product: the market's levels less what we took, and our resting orders."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from decimal import Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.matching import after_takes
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.wire import text
from domain.model.market import Level
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import Side

Levels = Sequence[Level]
Shown = tuple[Levels, Levels]
"""Bids and asks, best first."""

NOTHING: Shown = ((), ())


class VenueBook:
    """Market levels until the next step replaces them, and our orders in price-time order."""

    def __init__(self) -> None:
        self._bids: Levels = ()
        self._asks: Levels = ()
        self._orders: dict[Side, list[VenueOrder]] = {Side.BUY: [], Side.SELL: []}
        self._shown: Shown | None = NOTHING
        self.has_orders = False

    def replace(self, bids: Levels, asks: Levels) -> None:
        """Take over the market's levels of a new step; what we had taken comes back with it."""
        self._bids = bids
        self._asks = asks
        self._shown = None if self.has_orders else (bids, asks)

    def take(self, side: Side, takes: Iterable[Level]) -> None:
        """Remove what an order of `side` took from the opposite side's market levels."""
        if side is Side.BUY:
            self._asks = after_takes(self._asks, takes)
        else:
            self._bids = after_takes(self._bids, takes)
        self._shown = None

    def add(self, order: VenueOrder) -> None:
        """Let an order rest."""
        insort(self._orders[order.side], order, key=_rank)
        self._changed()

    def remove(self, order: VenueOrder) -> None:
        """Take a resting order out."""
        self._orders[order.side].remove(order)
        self._changed()

    def touch(self) -> None:
        """Show the book anew: a resting order was filled in part."""
        self._shown = None

    def resting(self, side: Side) -> Sequence[VenueOrder]:
        """Return our resting orders of a side, best price first, then oldest first."""
        return self._orders[side]

    def best_own(self, side: Side) -> Decimal | None:
        """Return the best price at which we rest on `side`."""
        orders = self._orders[side]
        return orders[0].limit_price if orders else None

    def market(self, side: Side) -> Levels:
        """Return the market's levels of a side that are shown: none that crosses our orders."""
        levels = self._bids if side is Side.BUY else self._asks
        opposite = self.best_own(Side.SELL if side is Side.BUY else Side.BUY)
        if opposite is None:
            return levels
        if side is Side.BUY:
            return tuple(level for level in levels if level.price < opposite)
        return tuple(level for level in levels if level.price > opposite)

    def shown(self) -> Shown:
        """Return bids and asks as everyone sees them; never crossed, never locked."""
        if self._shown is None:
            self._shown = (self._side(Side.BUY), self._side(Side.SELL))
        return self._shown

    def best(self, side: Side) -> Decimal | None:
        """Return the best shown price of a side."""
        levels = self.shown()[0 if side is Side.BUY else 1]
        return levels[0].price if levels else None

    def _side(self, side: Side) -> Levels:
        return merged(self.market(side), self._orders[side], descending=side is Side.BUY)

    def _changed(self) -> None:
        self.has_orders = any(self._orders.values())
        self._shown = None


def _rank(order: VenueOrder) -> tuple[Decimal, tuple[int, int]]:
    price = order.limit_price or ZERO
    return (-price if order.side is Side.BUY else price, order.priority)


def merged(levels: Levels, orders: Sequence[VenueOrder], *, descending: bool) -> Levels:
    """Return `levels` with the orders' open quantity added at their prices."""
    if not orders:
        return levels
    quantities = {level.price: Decimal(level.quantity) for level in levels}
    for order in orders:
        price = Price(order.limit_price or ZERO)
        quantities[price] = EXACT.add(quantities.get(price, ZERO), order.leaves)
    prices = sorted(quantities, reverse=descending)
    return tuple(Level(price, Quantity(quantities[price])) for price in prices)


def changes(side: str, before: Levels, after: Levels, instant: str) -> list[str]:
    """Return the level2 updates (JSON texts) that turn `before` into `after`, best level first.

    `side` is the wire's word, bid or offer. Only levels that changed are named; a level that
    is gone has quantity 0. Both sides are walked once, so equal books cost almost nothing.
    """
    if before is after:
        return []
    head = f'{{"side":"{side}","event_time":"{instant}","price_level":"'
    descending = side == "bid"
    updates: list[str] = []
    old_count, new_count = len(before), len(after)
    i = j = 0
    while i < old_count and j < new_count:
        old, new = before[i], after[j]
        if old is new:
            i += 1
            j += 1
            continue
        old_price, new_price = old.price, new.price
        if old_price == new_price:
            if old.quantity != new.quantity:
                updates.append(_update(head, new))
            i += 1
            j += 1
        elif (old_price > new_price) is descending:
            updates.append(f'{head}{text(old_price)}","new_quantity":"0"}}')
            i += 1
        else:
            updates.append(_update(head, new))
            j += 1
    updates += [f'{head}{text(level.price)}","new_quantity":"0"}}' for level in before[i:]]
    updates += [_update(head, level) for level in after[j:]]
    return updates


def _update(head: str, level: Level) -> str:
    return f'{head}{text(level.price)}","new_quantity":"{text(level.quantity)}"}}'
