"""What people are told of the present run, as the journal counts it."""

from __future__ import annotations

from attrs import frozen

from domain.messages.orders import OrderAdvanced
from domain.model.breakers import Scope
from domain.model.orders import OrderIntent


@frozen
class ClosedBreaker:
    """A breaker that was open in this run: why, and how it closed."""

    name: str
    scope: Scope
    reason: str
    closed: str


@frozen(kw_only=True)
class RunTally:
    """What people are told of the present run: counts, open orders, breakers that have closed.

    An order that an earlier run left at the venue, as one that waits for a stop, is open in this
    one; `intents` are what the open orders ask for.
    """

    cycles: int = 0
    orders: int = 0
    fills: int = 0
    open_orders: tuple[OrderAdvanced, ...] = ()
    intents: tuple[OrderIntent, ...] = ()
    closed: tuple[ClosedBreaker, ...] = ()
