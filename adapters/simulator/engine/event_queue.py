"""What the engine has to do later, in time order."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush

from attrs import define, field

from domain.model.instants import Nanos

NEVER = Nanos(2**63 - 1)
"""Later than anything that is due."""


class Due(IntEnum):
    """Kinds of dates; at one instant they come in this order, market steps after QUEUED."""

    EXPIRY = 0
    QUEUED = 1
    BOOK = 2
    TRADES = 3
    SUMMARIES = 4
    HEARTBEAT = 5


@define
class PlayedClock:
    """The instant that the engine has played up to, shared by its parts.

    `wall_ns` tells the time in ns UTC that the venue shows to others; None: that of the market.
    """

    now_ns: Nanos
    wall_ns: Callable[[], int] | None = None

    def shown_ns(self) -> int:
        """Return the time, in ns UTC, that the venue tells who asks for it."""
        return self.now_ns if self.wall_ns is None else self.wall_ns()


@define
class EventQueue:
    """Dates in market time; `name` says what a date of its kind is about."""

    _dates: list[tuple[int, Due, str]] = field(factory=list)

    def add(self, at_ns: int, due: Due, name: str = "") -> None:
        """Note a date."""
        heappush(self._dates, (at_ns, due, name))

    def next_ns(self) -> Nanos:
        """Return the earliest date, NEVER if there is none."""
        return Nanos(self._dates[0][0]) if self._dates else NEVER

    def pop(self, until_ns: int, last: Due) -> tuple[Due, str] | None:
        """Remove and return the first date up to `until_ns` of a kind up to `last`."""
        if not self._dates or self._dates[0][0] > until_ns or self._dates[0][1] > last:
            return None
        _, due, name = heappop(self._dates)
        return due, name
