"""Which lists the venue does not give whole, and for how long: what is not listed is unknown."""

from __future__ import annotations

from domain.model.instants import SECOND, Nanos

UNKNOWN_AFTER_NS = Nanos(5 * SECOND)
"""Machine time for which a list may fail before nothing is known that depends on it."""
UNLISTED = "the venue does not list "
"""How every reason begins that says which lists are missing: one cause, whoever meets it."""
FIRST_PAUSE_NS, LONGEST_PAUSE_NS = Nanos(SECOND), Nanos(8 * SECOND)


class Unlisted:
    """Lists that fail, by name, with their reason. All times are machine time."""

    def __init__(self) -> None:
        self._since_ns: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self._failures = 0

    def failed(self, name: str, reason: str, now_ns: int) -> bool:
        """Take note that a list could not be had; tell whether that is news."""
        is_news = self._reasons.get(name) != reason
        self._since_ns.setdefault(name, now_ns)
        self._reasons[name] = reason
        self._failures += 1
        return is_news

    def answered(self, name: str) -> None:
        """Take note that a list was had, whole."""
        self._since_ns.pop(name, None)
        self._reasons.pop(name, None)
        if not self._reasons:
            self._failures = 0

    @property
    def are_none(self) -> bool:
        """Tell whether no list fails."""
        return not self._reasons

    def pause_ns(self, first_ns: int = FIRST_PAUSE_NS, longest_ns: int = LONGEST_PAUSE_NS) -> Nanos:
        """Return how long to wait before asking again: doubled with each failure in a row."""
        return Nanos(min(first_ns << min(max(self._failures - 1, 0), 30), longest_ns))

    def doubt(self, now_ns: int) -> str | None:
        """Return why things are unknown, None if no list has failed for long enough."""
        oldest_ns = min(self._since_ns.values(), default=now_ns)
        if now_ns - oldest_ns < UNKNOWN_AFTER_NS:
            return None
        told = "; ".join(f"{name} ({self._reasons[name]})" for name in sorted(self._reasons))
        return UNLISTED + told
