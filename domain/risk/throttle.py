"""Too much of the same in a short time: something is wrong that no single order shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from domain.messages.orders import FillBooked, OrderAdvanced
from domain.model.breakers import GLOBAL, Scope
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from domain.model.product import Side
from domain.model.settings import number

REJECTED = "rejected_orders"
"""Name of the breaker while the venue rejects order after order."""
REPEATED = "repeated_entries"
"""Name of the breaker of a product that was bought again and again."""
KEPT = 20
"""Newest orders of a kind that a journal gives back: the highest limit that can be set."""


@frozen(kw_only=True)
class ThrottleLimits:
    """How often orders may be rejected, and one product bought, within a window of market time."""

    rejected_orders: int = number(
        10,
        "Orders rejected by the venue within the window, from which on only exits run",
        low=2,
        high=KEPT,
        tighter="lower",
        mandatory=True,
    )
    entries_per_product: int = number(
        8,
        "Entries of one product filled within the window, from which on it is only sold",
        low=2,
        high=KEPT,
        tighter="lower",
        mandatory=True,
    )
    rejection_pause_seconds: int = number(
        60,
        "For how long a product is not bought after the venue rejected an entry of it; twice as"
        " long after each more in a row, up to an hour; the first that only came too late for its"
        " price costs none",
        low=10,
        high=3600,
        unit="s",
        tighter="higher",
    )
    window_seconds: int = number(
        300,
        "Window of the first two; without another one for so long entries go on by themselves",
        low=60,
        high=3600,
        unit="s",
        tighter="higher",
        mandatory=True,
    )

    @property
    def window_ns(self) -> Nanos:
        """Return the window in market time."""
        return Nanos(self.window_seconds * SECOND)


@frozen
class Counted:
    """An order that is counted: for which breaker, over what, and at what market time.

    `about` is the venue's reason of a rejection, or the product that was bought.
    """

    name: str
    scope: Scope
    client_order_id: str
    at_ns: Nanos
    about: str


def counted(message: Any, at_ns: int) -> Counted | None:
    """Return what `message` counts for: a rejected order or a filled entry; None: for nothing."""
    match message:
        case OrderAdvanced(client_order_id=order, state=OrderState.REJECTED, reason=reason):
            return Counted(REJECTED, GLOBAL, order, Nanos(at_ns), reason or "no reason given")
        case FillBooked(client_order_id=order, fill=fill) if fill.side is Side.BUY:
            scope = Scope.of_product(fill.product)
            return Counted(REPEATED, scope, order, Nanos(at_ns), fill.product)
        case _:
            return None


class CountedOrders:
    """The newest orders that were counted, `KEPT` of each kind: what a start goes on with."""

    def __init__(self, kept: Iterable[Counted] = ()) -> None:
        """Go on from what was `kept`, if anything was."""
        self._kinds: dict[tuple[str, Scope], deque[Counted]] = {}
        for each in kept:
            self._kept(each).append(each)

    def take(self, message: Any, at_ns: int) -> None:
        """Keep the order that `message` is about if it counts, once."""
        found = counted(message, at_ns)
        if found is None:
            return
        kept = self._kept(found)
        if all(each.client_order_id != found.client_order_id for each in kept):
            kept.append(found)

    def _kept(self, of: Counted) -> deque[Counted]:
        return self._kinds.setdefault((of.name, of.scope), deque(maxlen=KEPT))

    @property
    def kept(self) -> tuple[Counted, ...]:
        """Return them kind by kind: what to go on from."""
        return tuple(each for kept in self._kinds.values() for each in kept)

    @property
    def newest(self) -> tuple[Counted, ...]:
        """Return them, oldest first."""
        return tuple(sorted(self.kept, key=lambda each: each.at_ns))


class Throttle:
    """Counts orders of one kind by key; each order counts once, instants are market time."""

    def __init__(self, limit: int, window_ns: int) -> None:
        self._limit, self._window_ns = limit, window_ns
        self._orders: dict[str, deque[tuple[str, int]]] = {}

    def count(self, key: str, order: str, at_ns: int) -> bool:
        """Count an order; tell whether the limit is reached."""
        seen = self._orders.setdefault(key, deque(maxlen=self._limit))
        if order not in (name for name, _ in seen):
            seen.append((order, at_ns))
        return len(seen) == self._limit and at_ns - seen[0][1] <= self._window_ns

    def fullest(self, at_ns: int) -> tuple[str, int]:
        """Return the key with the most orders within the window, and how many; "" where none is."""
        counted = ((key, self._within(seen, at_ns)) for key, seen in self._orders.items())
        return max(counted, key=lambda each: each[1], default=("", 0))

    def _within(self, seen: deque[tuple[str, int]], at_ns: int) -> int:
        return sum(at_ns - stamp <= self._window_ns for _, stamp in seen)

    def quiet_at(self, key: str) -> Nanos:
        """Return when a whole window has passed since the last order that counted."""
        seen = self._orders.get(key)
        return Nanos(seen[-1][1] + self._window_ns if seen else 0)


def unquiet(orders: Iterable[Counted], throttles: dict[str, Throttle]) -> tuple[Counted, ...]:
    """Count `orders`, oldest first, with the throttle of their kind.

    Returns, of each kind that has reached its limit and was not quiet since, the newest order.
    """
    found: dict[tuple[str, Scope], Counted] = {}
    for each in orders:
        key, throttle = (each.name, each.scope), throttles[each.name]
        if throttle.quiet_at(each.scope) <= each.at_ns:
            found.pop(key, None)
        if throttle.count(each.scope, each.client_order_id, each.at_ns) or key in found:
            found[key] = each
    return tuple(found.values())
