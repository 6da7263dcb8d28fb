"""Orders that wait for a price: stop-limit orders, and brackets whose limit has not filled yet."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.orders import Trigger, VenueOrder
from domain.model.money import ZERO, floor_to
from domain.model.product import Product, ProductId

BEYOND_TRIGGER = Decimal("0.05")
"""How far below its trigger a bracket still sells."""


class StopWatch:
    """Orders whose stop price has not been reached, by the product whose trades reach it."""

    def __init__(self, canonical: Callable[[ProductId], ProductId]) -> None:
        self._canonical = canonical
        self._waiting: dict[ProductId, list[VenueOrder]] = {}

    def add(self, order: VenueOrder) -> None:
        """Let an order wait."""
        self._waiting.setdefault(self._canonical(order.product), []).append(order)

    def remove(self, order: VenueOrder) -> None:
        """Let an order wait no longer, if it does."""
        waiting = self._waiting.get(self._canonical(order.product), [])
        if order in waiting:
            waiting.remove(order)

    def waits(self, product: ProductId) -> bool:
        """Tell whether any order waits for trades of `product`."""
        return bool(self._waiting.get(product))

    def reached(
        self, product: ProductId, low: Decimal, high: Decimal, since_ns: int
    ) -> list[VenueOrder]:
        """Return the orders whose stop lies where trades between `low` and `high` reach it.

        An order accepted or edited after `since_ns`, the time of the trades, is not reached.
        """
        return [
            order
            for order in self._waiting.get(product, ())
            if order.priority[0] <= since_ns and _is_reached(order, low, high)
        ]


def _is_reached(order: VenueOrder, low: Decimal, high: Decimal) -> bool:
    stop = order.stop_price or ZERO
    return high >= stop if order.stop_is_above else low <= stop


def trigger(order: VenueOrder, product: Product) -> None:
    """Turn an order into the limit order that its stop makes of it."""
    order.trigger = Trigger.TRIGGERED
    if order.kind.is_bracket:
        lowest = EXACT.multiply(order.stop_price or ZERO, 1 - BEYOND_TRIGGER)
        step = product.price_increment
        order.limit_price = max(floor_to(lowest, step).quantize(step, ROUND_FLOOR), step)
