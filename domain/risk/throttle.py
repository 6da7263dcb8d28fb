"""Too much of the same in a short time: something is wrong that no single order shows."""

from __future__ import annotations

from collections import deque

from attrs import frozen

from domain.model.instants import SECOND, Nanos
from domain.model.settings import number


@frozen(kw_only=True)
class ThrottleLimits:
    """How often orders may be rejected, and one product bought, within a window of market time."""

    rejected_orders: int = number(
        10,
        "Orders rejected by the venue within the window, from which on only exits run",
        low=2,
        high=20,
        tighter="lower",
        mandatory=True,
    )
    entries_per_product: int = number(
        8,
        "Entries of one product filled within the window, from which on it is only sold",
        low=2,
        high=20,
        tighter="lower",
        mandatory=True,
    )
    window_seconds: int = number(
        300,
        "Window of both; without another one for so long entries go on by themselves",
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
