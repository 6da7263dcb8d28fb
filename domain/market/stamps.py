"""Which stamps of the venue can be true: none of what is still to come."""

from __future__ import annotations

from domain.messages.control import AlertRaised
from domain.model.instants import MINUTE, SECOND
from domain.system.alerts import of_future_stamp

AHEAD_NS = 3 * SECOND
"""Market time by which a stamp may be ahead of our clock: clocks and ways differ a little."""
QUIET_NS = MINUTE
"""Market time without a refusal after which the next one is told again."""


class Stamps:
    """Tells stamps that lie ahead from the others, counts them, and has them told once."""

    def __init__(self) -> None:
        self.refused = 0
        self._refused_ns: int | None = None

    def is_ahead(self, stamp_ns: int, now_ns: int) -> bool:
        """Tell whether something stamped so can't be of now."""
        return stamp_ns > now_ns + AHEAD_NS

    def refuse(self, what: str, stamp_ns: int, now_ns: int) -> tuple[AlertRaised, ...]:
        """Count a refusal; return what a person is told of it, nothing if that was said before."""
        self.refused += 1
        last_ns, self._refused_ns = self._refused_ns, now_ns
        if last_ns is not None and now_ns - last_ns < QUIET_NS:
            return ()
        return (of_future_stamp(what, stamp_ns - now_ns, self.refused),)
