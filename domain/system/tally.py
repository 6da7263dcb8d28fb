"""What people are told of the present run, as the journal counts it."""

from __future__ import annotations

from attrs import frozen

from domain.messages.orders import OrderAdvanced
from domain.model.breakers import Scope


@frozen
class ClosedBreaker:
    """A breaker that was open in this run: why, and how it closed."""

    name: str
    scope: Scope
    reason: str
    closed: str


@frozen(kw_only=True)
class RunTally:
    """What people are told of the present run: counts, open orders, breakers that have closed."""

    cycles: int = 0
    orders: int = 0
    fills: int = 0
    open_orders: tuple[OrderAdvanced, ...] = ()
    closed: tuple[ClosedBreaker, ...] = ()
