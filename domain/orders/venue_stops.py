"""Orders of ours that protect lots at the venue, as far as they have come."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from domain.messages.orders import OrderAdvanced
from domain.model.approval import ApprovedExit, StopLimit
from domain.model.money import ZERO, Price, Quantity
from domain.model.orders import TERMINAL, OrderIntent, OrderState
from domain.orders.order import Order

RESTING = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)


@frozen(kw_only=True)
class VenueStop:
    """One of them: `quantity` is what it sells in all, `filled` what of that is sold."""

    lot: str
    quantity: Quantity
    stop_price: Price
    state: OrderState = OrderState.INTENDED
    filled: Quantity = Quantity(ZERO)

    @property
    def remaining(self) -> Quantity:
        """Return what it may still sell."""
        return Quantity(self.quantity - self.filled)

    @property
    def is_resting(self) -> bool:
        """Tell whether the venue has shown it alive and nobody has asked for its end."""
        return self.state in RESTING


class VenueStops:
    """Those that have not ended, by client order id: of a lot one, two while one replaces another.

    Built from the journal's orders, and kept by what the order manager tells.
    """

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._alive: dict[str, VenueStop] = {}
        for order in orders:
            if not order.is_terminal:
                self.intend(order.intent)
                self._set(order.intent.client_order_id, order.state, order.filled)

    def intend(self, intent: OrderIntent) -> None:
        """Take an order in, if it protects a lot."""
        asked = intent.order
        if isinstance(asked, ApprovedExit) and isinstance(asked.order_type, StopLimit):
            name, stop_price = intent.client_order_id, asked.order_type.stop_price
            stop = VenueStop(lot=asked.lot, quantity=asked.quantity, stop_price=stop_price)
            self._alive.setdefault(name, stop)

    def advance(self, moved: OrderAdvanced) -> VenueStop | None:
        """Take in how far an order is; return the one that it is, None if it protects nothing."""
        if moved.state in TERMINAL:
            ended = self._alive.pop(moved.client_order_id, None)
            return None if ended is None else evolve(ended, state=moved.state, filled=moved.filled)
        return self._set(moved.client_order_id, moved.state, moved.filled)

    def of(self, lot: str) -> tuple[VenueStop, ...]:
        """Return what protects a lot at the venue, or is on its way to, oldest first."""
        return tuple(stop for stop in self._alive.values() if stop.lot == lot)

    def is_protected(self, lot: str) -> bool:
        """Tell whether an order of ours rests at the venue and waits for the stop of a lot."""
        return any(stop.is_resting for stop in self.of(lot))

    def lots(self) -> tuple[str, ...]:
        """Return the lots that something protects at the venue, or is on its way to."""
        return tuple(dict.fromkeys(stop.lot for stop in self._alive.values()))

    def _set(self, name: str, state: OrderState, filled: Quantity) -> VenueStop | None:
        known = self._alive.get(name)
        if known is not None:
            known = self._alive[name] = evolve(known, state=state, filled=filled)
        return known
