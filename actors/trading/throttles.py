"""Stops entries while orders are rejected again and again, or one product is bought so."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.timers import Timer
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.messages.portfolio import LimitUse
from domain.model.breakers import GLOBAL, Effect, Scope
from domain.model.instants import SECOND
from domain.model.orders import OrderState
from domain.model.product import Side
from domain.risk.throttle import Throttle, ThrottleLimits

REJECTED = "rejected_orders"
"""Name of the breaker while the venue rejects order after order."""
REPEATED = "repeated_entries"
"""Name of the breaker of a product that was bought again and again."""


@frozen
class ThrottleLook(Timer):
    """Time to see whether it has been quiet for long enough."""

    name: str
    scope: Scope


class Throttles:
    """Counts for `actor`, opens the breakers, and closes them after a quiet window."""

    def __init__(self, actor: Actor, limits: ThrottleLimits) -> None:
        self._actor, self._limits = actor, limits
        window_ns = limits.window_ns
        self._throttles = {
            REJECTED: Throttle(limits.rejected_orders, window_ns),
            REPEATED: Throttle(limits.entries_per_product, window_ns),
        }
        self._tripped: set[ThrottleLook] = set()

    def begin(self) -> None:
        """Take over what an incarnation before has left open: it gets a quiet window too."""
        for breaker in self._actor.board.open:
            if breaker.name in self._throttles:
                look = ThrottleLook(breaker.name, breaker.scope)
                self._tripped.add(look)
                self._actor.after(self._limits.window_ns, look)

    def advanced(self, moved: OrderAdvanced) -> bool:
        """Count an order that was rejected; tell whether it was."""
        is_rejected = moved.state is OrderState.REJECTED
        if is_rejected:
            many = f"{self._limits.rejected_orders} orders were rejected"
            why = f"{many} within {self._window}, the last: {moved.reason or 'no reason given'}"
            self._count(ThrottleLook(REJECTED, GLOBAL), moved.client_order_id, why)
        return is_rejected

    def filled(self, booked: FillBooked) -> None:
        """Count an entry that was filled."""
        product = booked.fill.product
        if booked.fill.side is Side.BUY:
            many = f"{self._limits.entries_per_product} entries of {product} were filled"
            look = ThrottleLook(REPEATED, Scope.of_product(product))
            self._count(look, booked.client_order_id, f"{many} within {self._window}")

    def look(self, due: ThrottleLook) -> None:
        """Close the breaker if it has been quiet for a window, else look again then."""
        quiet_at = self._throttles[due.name].quiet_at(due.scope)
        if self._actor.clock.market_ns() < quiet_at:
            self._actor.at(quiet_at, due)
            return
        self._tripped.discard(due)
        self._actor.close(due.name, f"none for {self._window}", scope=due.scope)

    def uses(self) -> Iterator[LimitUse]:
        """Yield how far each limit is used now: of entries by the product with the most."""
        limits, unit = self._limits, f"orders in {self._window}"
        now_ns = self._actor.clock.market_ns()
        for name, limit in (
            (REJECTED, limits.rejected_orders),
            (REPEATED, limits.entries_per_product),
        ):
            key, used = self._throttles[name].fullest(now_ns)
            of_product = f"{name} {key.partition(':')[2]}" if name == REPEATED and used else name
            yield LimitUse(of_product, Decimal(used), Decimal(limit), unit)

    @property
    def _window(self) -> str:
        return f"{self._limits.window_ns // SECOND} s"

    def _count(self, what: ThrottleLook, order: str, why: str) -> None:
        throttle = self._throttles[what.name]
        is_reached = throttle.count(what.scope, order, self._actor.clock.market_ns())
        if is_reached and what not in self._tripped:
            self._tripped.add(what)
            self._actor.trip(what.name, why, effect=Effect.REDUCE_ONLY, scope=what.scope)
            self._actor.at(throttle.quiet_at(what.scope), what)
