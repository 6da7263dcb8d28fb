"""What is at risk: lots owned, and what approved orders may still add at worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from domain.messages.orders import FillBooked, OrderAdvanced
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder
from domain.model.money import ZERO, Amount, Quantity
from domain.model.orders import TERMINAL, OrderIntent
from domain.model.product import ProductId

REMEMBERED_ENDS = 256
"""Orders that have ended and might yet turn out to be alive at the venue."""


@frozen
class Reservation:
    """An approved order; `filled` is what of it is booked. An ended one reserves nothing."""

    order: ApprovedOrder
    client_order_id: str | None
    filled: Quantity
    has_ended: bool = False

    @property
    def remaining(self) -> Quantity:
        """Return what may still be filled."""
        return Quantity(self.order.quantity - self.filled)

    @property
    def worst_case(self) -> Amount:
        """Return what the rest may cost with fees; an exit costs nothing."""
        if not isinstance(self.order, ApprovedEntry):
            return Amount(ZERO)
        return Amount(self.order.worst_case * self.remaining / self.order.quantity)


@frozen
class Exposure:
    """All reservations, by approval number. Open, pending and unknown orders count alike."""

    reservations: Mapping[int, Reservation] = field(factory=dict)

    def reserve(self, order: ApprovedOrder) -> Exposure:
        """Return the exposure with `order` approved."""
        added = Reservation(order, None, Quantity(ZERO))
        return self._with(order.approval, added)

    def bind(self, intent: OrderIntent, filled: Quantity | None = None) -> Exposure:
        """Return the exposure with the approved order known by its client order id."""
        known = self.reservations.get(intent.order.approval)
        if known is not None and known.client_order_id == intent.client_order_id:
            return self
        so_far = Quantity(ZERO) if filled is None else filled
        added = Reservation(intent.order, intent.client_order_id, so_far)
        return self._with(intent.order.approval, added)

    def fill(self, booked: FillBooked) -> Exposure:
        """Return the exposure after a fill: what is filled is owned, no longer reserved."""
        known = self.reservations.get(booked.order.approval)
        if known is None:
            return self
        filled = Quantity(known.filled + booked.fill.quantity)
        return self._with(booked.order.approval, evolve(known, filled=filled))

    def end(self, moved: OrderAdvanced) -> Exposure:
        """Return the exposure after an order's move: one that has ended reserves nothing.

        One that was thought ended and is found alive reserves again.
        """
        has_ended = moved.state in TERMINAL
        for approval, each in self.reservations.items():
            if each.client_order_id == moved.client_order_id:
                if each.has_ended == has_ended:
                    return self
                changed = self._with(approval, evolve(each, has_ended=has_ended))
                return changed._forgotten() if has_ended else changed
        return self

    def drop(self, approval: int) -> Exposure:
        """Return the exposure without a reservation that will never be sent (dry run)."""
        return Exposure({k: v for k, v in self.reservations.items() if k != approval})

    def entries(self) -> Iterator[Reservation]:
        """Yield the reservations of entries."""
        for each in self.reservations.values():
            if isinstance(each.order, ApprovedEntry) and not each.has_ended:
                yield each

    def selling(self, lot: str) -> Quantity:
        """Return what of a lot is already in exit orders that have not ended."""
        total = ZERO
        for each in self.reservations.values():
            order = each.order
            if isinstance(order, ApprovedExit) and order.lot == lot and not each.has_ended:
                total += each.remaining
        return Quantity(total)

    def _forgotten(self) -> Exposure:
        ended = [approval for approval, each in self.reservations.items() if each.has_ended]
        old = frozenset(ended[:-REMEMBERED_ENDS])
        if not old:
            return self
        return Exposure({k: v for k, v in self.reservations.items() if k not in old})

    def _with(self, approval: int, reservation: Reservation) -> Exposure:
        return Exposure({**self.reservations, approval: reservation})


@frozen
class AtRisk:
    """Quote currency at risk in total and by product and strategy."""

    total: Decimal
    by_product: Mapping[ProductId, Decimal]
    by_strategy: Mapping[str, Decimal]
