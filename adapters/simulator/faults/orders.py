"""Faults of orders: cancels that go wrong, fills that show late, new orders that do not stay."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from adapters.simulator.engine.fault_hooks import AS_ASKED, CancelFate, OrderHooks
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.rejections import UNKNOWN_PREVIEW, RequestRejected
from adapters.simulator.engine.ticket import Ticket
from adapters.simulator.engine.world_events import WorldEvents
from adapters.simulator.faults.base import OrderFault
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.venue_kinds import (
    CancelledByVenue,
    CancelRejectedFilled,
    DelayCancel,
    FillAfterCancel,
    HiddenFill,
    HiddenOrder,
    LateFill,
    LoseCancel,
    PartialFills,
    RejectOrder,
)
from domain.model.money import ceil_to
from domain.model.product import ProductId, Side

Kind = TypeVar("Kind", bound=OrderFault)
BY_VENUE = "Cancelled by the venue"


class OrderFaults(OrderHooks):
    """Judges what is done to orders, in the order in which it happens."""

    def __init__(self, schedule: FaultSchedule, world_events: Callable[[], WorldEvents]) -> None:
        self._schedule = schedule
        self._world_events = world_events
        self._told: dict[str, int] = {}
        """Order → how many fills of it have been told late."""
        self._untold: set[str] = set()

    @property
    def orders_lag_ns(self) -> int:
        """For how long new orders are missing from get and list."""
        return max((each.fault.by_ns for each in self._schedule.active(HiddenOrder)), default=0)

    @property
    def fills_lag_ns(self) -> int:
        """For how long new fills are missing from the list of fills."""
        return max((each.fault.by_ns for each in self._schedule.active(LateFill)), default=0)

    def refusal(self, ticket: Ticket) -> RequestRejected | None:
        """Return why a new order is refused."""
        struck = self._strike(RejectOrder, ticket.product.id, ticket.side)
        if struck is None:
            return None
        return RequestRejected(struck.fault.reason, UNKNOWN_PREVIEW, "refused by a scripted fault")

    def accepted(self, order: VenueOrder) -> None:
        """Cancel a new order, if it is to go again."""
        if order.status.is_final:
            return
        struck = self._strike(CancelledByVenue, order.product, order.side)
        if struck is not None:
            self._schedule.later(
                order.created_ns + struck.fault.by_ns,
                lambda: self._world_events().cancel(order.order_id, BY_VENUE),
            )

    def cancel(self, order: VenueOrder) -> CancelFate:
        """Return what becomes of a cancel."""
        product, side = order.product, order.side
        if order.in_book and self._strike(CancelRejectedFilled, product, side) is not None:
            return CancelFate(fills_first=True)
        if self._strike(LoseCancel, product, side) is not None:
            return CancelFate(is_lost=True)
        delayed = self._strike(DelayCancel, product, side)
        return AS_ASKED if delayed is None else CancelFate(delay_ns=delayed.fault.by_ns)

    def cancelled(self, order: VenueOrder) -> None:
        """Let a cancelled order turn out to be filled, some time later."""
        if order.limit_price is None or order.bracket is not None or not order.leaves:
            return
        struck = self._strike(FillAfterCancel, order.product, order.side)
        if struck is None:
            return
        order_id, quantity = order.order_id, self._part(order, struck.fault.share)

        def fill() -> None:
            if not self._world_events().fill_cancelled(order_id, quantity):
                struck.notes.append(f"order {order_id} could not be paid for")

        self._schedule.later(order.updated_ns + struck.fault.by_ns, fill)

    def resting_fill(self, order: VenueOrder, quantity: Decimal) -> Decimal:
        """Return how much a resting order gets of what a trade has for it."""
        for running in self._schedule.active(PartialFills):
            running.struck += 1
            quantity = min(quantity, self._part(order, running.fault.share))
        return quantity

    def tells(self, order: VenueOrder) -> bool:
        """Tell whether an order's new state is told now; if not, it will be."""
        order_id = order.order_id
        if order_id in self._untold:
            return False
        hidden = self._schedule.active(HiddenFill)
        if not hidden or order.fills <= self._told.get(order_id, 0):
            return True
        hidden[0].struck += 1
        self._untold.add(order_id)

        def tell() -> None:
            self._untold.discard(order_id)
            self._told[order_id] = order.fills
            self._world_events().tell(order_id)

        filled_ns = order.last_fill_ns or order.updated_ns
        self._schedule.later(filled_ns + hidden[0].fault.by_ns, tell)
        return False

    def _strike(self, kind: type[Kind], product: ProductId, side: Side) -> Running[Kind] | None:
        for running in self._schedule.active(kind):
            fault = running.fault
            is_meant = fault.product in (None, product) and fault.side in (None, side)
            if is_meant and running.strikes():
                return running
        return None

    def _part(self, order: VenueOrder, share: Decimal) -> Decimal:
        """Return a share of what is open, in whole steps, at least one."""
        step = self._world_events().catalogue.tradable[order.product].base_increment
        return min(order.leaves, ceil_to(order.leaves * share, step))
