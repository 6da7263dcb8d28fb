"""What protection has sold of each lot: known to who approves sales and to who sends them.

Both count the same fills in the same order from the moment they were built together. A sale that
was approved before the last of them would sell more than is left: the counts differ then.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedExit, Purpose
from domain.model.money import ZERO, Quantity

REMEMBERED_LOTS = 1_000
"""Lots whose protection was filled last; one that was sold before a thousand others is gone."""


@frozen
class ProtectedSales:
    """Quantity by lot; deterministic, so that two who take the same fills always agree."""

    by_lot: Mapping[str, Quantity] = field(factory=dict)

    def of(self, lot: str) -> Quantity:
        """Return what protection has sold of a lot."""
        return self.by_lot.get(lot, Quantity(ZERO))

    def fill(self, booked: FillBooked) -> ProtectedSales:
        """Return the sums with a fill that was not counted before."""
        order = booked.order
        if not isinstance(order, ApprovedExit) or order.purpose is not Purpose.PROTECTION:
            return self
        sums = {lot: sold for lot, sold in self.by_lot.items() if lot != order.lot}
        sums[order.lot] = Quantity(self.of(order.lot) + booked.fill.quantity)
        if len(sums) > REMEMBERED_LOTS:
            del sums[next(iter(sums))]
        return ProtectedSales(sums)
