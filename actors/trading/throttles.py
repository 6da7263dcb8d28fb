"""Stops entries while orders are rejected again and again, or one product is bought so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.timers import Timer
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.messages.portfolio import LimitUse
from domain.model import wording
from domain.model.breakers import Effect, Scope
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId
from domain.risk.pauses import PAUSED, RejectionPauses
from domain.risk.throttle import (
    REJECTED,
    REPEATED,
    Counted,
    Throttle,
    ThrottleLimits,
    counted,
    unquiet,
)


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
        self._pauses = RejectionPauses(limits.rejection_pause_seconds * SECOND)
        self._tripped: set[ThrottleLook] = set()

    def begin(self, known: Iterable[Counted]) -> None:
        """Go on with the orders that the journal knows, oldest first, and with what is open.

        What an incarnation before has left open gets a quiet window too.
        """
        for breaker in self._actor.board.open:
            if breaker.name in (*self._throttles, PAUSED):
                look = ThrottleLook(breaker.name, breaker.scope)
                self._tripped.add(look)
                self._actor.after(self._limits.window_ns, look)
        now_ns = self._actor.clock.market_ns()
        for each in unquiet(known, self._throttles):
            if now_ns < self._throttles[each.name].quiet_at(each.scope):
                self._trip(each)

    def take(self, message: OrderAdvanced | FillBooked) -> bool:
        """Count an order that was rejected, or an entry that was filled; tell whether it was."""
        if isinstance(message, OrderAdvanced):
            self._pause(message)
        one = counted(message, self._actor.clock.market_ns())
        if one is None:
            return False
        if self._throttles[one.name].count(one.scope, one.client_order_id, one.at_ns):
            self._trip(one)
        return True

    def look(self, due: ThrottleLook) -> None:
        """Close the breaker if it has been quiet for long enough, else look again then."""
        quiet_at = self._quiet_at(due)
        if self._actor.clock.market_ns() < quiet_at:
            self._actor.at(quiet_at, due)
            return
        self._tripped.discard(due)
        evidence = "its pause is over" if due.name == PAUSED else f"none for {self._window}"
        self._actor.close(due.name, evidence, scope=due.scope)

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

    def _quiet_at(self, due: ThrottleLook) -> Nanos:
        if due.name != PAUSED:
            return self._throttles[due.name].quiet_at(due.scope)
        return self._pauses.until_ns(ProductId(due.scope.partition(":")[2]))

    def _pause(self, news: OrderAdvanced) -> None:
        """Leave a product alone whose entry was rejected; one that is taken ends that."""
        product, actor = news.product, self._actor
        change = self._pauses.take(news, actor.clock.market_ns())
        look = ThrottleLook(PAUSED, Scope.of_product(product))
        if change is None:
            return
        if not change:
            self._tripped.discard(look)
            actor.close(PAUSED, "the venue has taken an entry of it", scope=look.scope)
            return
        until_ns, row = self._pauses.until_ns(product), self._pauses.row(product)
        span = f"{(until_ns - actor.clock.market_ns()) // SECOND} s"
        many = wording.counted(row, "entry", "entries")
        why = f"{many} rejected in a row, not bought for {span}: {news.reason}"
        actor.trip(PAUSED, why, effect=Effect.BLOCK, scope=look.scope)
        if look not in self._tripped:
            self._tripped.add(look)
            actor.at(until_ns, look)

    def _trip(self, last: Counted) -> None:
        look = ThrottleLook(last.name, last.scope)
        if look in self._tripped:
            return
        self._tripped.add(look)
        why = self._why(last)
        self._actor.trip(look.name, why, effect=Effect.REDUCE_ONLY, scope=look.scope)
        self._actor.at(self._throttles[look.name].quiet_at(look.scope), look)

    def _why(self, last: Counted) -> str:
        limits = self._limits
        if last.name == REJECTED:
            many = f"{limits.rejected_orders} orders were rejected"
            return f"{many} within {self._window}, the last: {last.about}"
        many = f"{limits.entries_per_product} entries of {last.about} were filled"
        return f"{many} within {self._window}"
