"""When the next round of trims may begin, and what has become of the last one.

A round waits for the outcome of each sale of the one before. Rounds of which a sale failed are
waited after twice as long each time, up to an hour. Deterministic and without a clock.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from domain.decisions.exit_tries import ORDER_LIFE_NS
from domain.model.instants import HOUR

TOLD_AFTER = 3
"""Failures in a row after which the owner is told."""


@define
class TrimRounds:
    """The trims under way, by lot and by order; instants are market time."""

    _pace_ns: int
    _next_ns: int = 0
    _failures: int = 0
    _asked: dict[str, int] = field(factory=dict)
    _orders: dict[str, str] = field(factory=dict)

    def opened(self, now_ns: int) -> None:
        """Wait as long as a sale of before can take: who asked for it may have been forgotten."""
        self._next_ns = now_ns + ORDER_LIFE_NS

    def may_begin(self, now_ns: int) -> bool:
        """Tell whether a round may begin. A sale that nobody answers is waited for a minute."""
        is_asked = any(now_ns - at_ns < ORDER_LIFE_NS for at_ns in self._asked.values())
        return now_ns >= self._next_ns and not is_asked and not self._orders

    def begin(self, lots: Iterable[str], now_ns: int) -> None:
        """A round asks for sales of these lots; where there are none, what failed is over."""
        self._asked = dict.fromkeys(lots, now_ns)
        if not self._asked:
            self._failures = 0
        self._wait(now_ns)

    def ordered(self, client_order_id: str, lot: str) -> None:
        """An order trims the lot."""
        self._asked.pop(lot, None)
        self._orders[client_order_id] = lot

    def ended(self, client_order_id: str) -> str | None:
        """Return the lot that the order that has ended was to trim, None if it trimmed none."""
        return self._orders.pop(client_order_id, None)

    def succeeded(self, now_ns: int) -> None:
        """Something was sold."""
        self._failures = 0
        self._wait(now_ns)

    def failed(self, lot: str, now_ns: int) -> bool:
        """A sale came to nothing; tell whether the owner has to know, once until one succeeds."""
        self._asked.pop(lot, None)
        self._failures += 1
        self._wait(now_ns)
        return self._failures == TOLD_AFTER

    def _wait(self, now_ns: int) -> None:
        longest_ns = max(self._pace_ns, HOUR)
        self._next_ns = now_ns + min(self._pace_ns << min(self._failures, 7), longest_ns)
