"""What is at risk: lots owned, and what approved orders may still add at worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from domain.messages.orders import FillBooked, OrderAdvanced
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder, Purpose
from domain.model.money import ZERO, Amount, Quantity
from domain.model.orders import TERMINAL, OrderIntent
from domain.model.product import ProductId
from domain.orders.protected_sales import ProtectedSales

REMEMBERED_ENDS = 256
"""Orders that have ended and might yet turn out to be alive at the venue."""


@frozen
class Reservation:
    """An approved order; `filled` is what of it is booked."""

    order: ApprovedOrder
    client_order_id: str | None
    filled: Quantity

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
    """Reservations by approval number. Open, pending and unknown orders count alike.

    What has ended reserves nothing and is kept apart, so that a long day costs no decision time.
    """

    living: Mapping[int, Reservation] = field(factory=dict)
    ended: Mapping[int, Reservation] = field(factory=dict)
    protected_sales: ProtectedSales = ProtectedSales()

    def reserve(self, order: ApprovedOrder) -> Exposure:
        """Return the exposure with `order` approved."""
        return self._with(order.approval, Reservation(order, None, Quantity(ZERO)))

    def bind(self, intent: OrderIntent, filled: Quantity | None = None) -> Exposure:
        """Return the exposure with the approved order known by its client order id."""
        approval = intent.order.approval
        known = self.living.get(approval) or self.ended.get(approval)
        if known is not None and known.client_order_id == intent.client_order_id:
            return self
        so_far = Quantity(ZERO) if filled is None else filled
        return self._with(approval, Reservation(intent.order, intent.client_order_id, so_far))

    def fill(self, booked: FillBooked) -> Exposure:
        """Return the exposure after a fill: what is filled is owned, no longer reserved."""
        approval = booked.order.approval
        counted = evolve(self, protected_sales=self.protected_sales.fill(booked))
        known = self.living.get(approval)
        if known is not None:
            return counted._with(approval, _filled(known, booked))
        known = self.ended.get(approval)
        if known is not None:
            return evolve(counted, ended={**self.ended, approval: _filled(known, booked)})
        return counted

    def end(self, moved: OrderAdvanced) -> Exposure:
        """Return the exposure after an order's move: one that has ended reserves nothing.

        One that was thought ended and is found alive reserves again.
        """
        has_ended = moved.state in TERMINAL
        held = self.living if has_ended else self.ended
        approval = _approval_of(held, moved.client_order_id)
        if approval is None:
            return self
        if not has_ended:
            living = {**self.living, approval: held[approval]}
            return evolve(self, living=living, ended=_without(held, approval))
        ended = {**self.ended, approval: held[approval]}
        if len(ended) > REMEMBERED_ENDS:
            ended = _without(ended, next(iter(ended)))
        return evolve(self, living=_without(held, approval), ended=ended)

    def ended_as(self, client_order_id: str) -> Reservation | None:
        """Return the order of that name if it has ended, None where it has not or is long over."""
        approval = _approval_of(self.ended, client_order_id)
        return None if approval is None else self.ended[approval]

    def drop(self, approval: int) -> Exposure:
        """Return the exposure without a reservation that will never be sent (dry run)."""
        return evolve(self, living=_without(self.living, approval))

    def entries(self) -> Iterator[Reservation]:
        """Yield the reservations of entries."""
        for each in self.living.values():
            if isinstance(each.order, ApprovedEntry):
                yield each

    def selling(self, lot: str) -> Quantity:
        """Return what of a lot is already in exit orders that have not ended.

        What protects it does not count: it is cancelled before anything else of the lot is sold.
        """
        total = ZERO
        for each in self.living.values():
            order = each.order
            if isinstance(order, ApprovedExit) and order.lot == lot:
                total += ZERO if order.purpose is Purpose.PROTECTION else each.remaining
        return Quantity(total)

    def _with(self, approval: int, reservation: Reservation) -> Exposure:
        return evolve(self, living={**self.living, approval: reservation})


def _filled(known: Reservation, booked: FillBooked) -> Reservation:
    return evolve(known, filled=Quantity(known.filled + booked.fill.quantity))


def _approval_of(held: Mapping[int, Reservation], client_order_id: str) -> int | None:
    for approval, each in held.items():
        if each.client_order_id == client_order_id:
            return approval
    return None


def _without(held: Mapping[int, Reservation], approval: int) -> dict[int, Reservation]:
    return {number: each for number, each in held.items() if number != approval}


@frozen
class AtRisk:
    """Quote currency at risk in total and by product and strategy."""

    total: Decimal
    by_product: Mapping[ProductId, Decimal]
    by_strategy: Mapping[str, Decimal]
