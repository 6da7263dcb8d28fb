"""How a run ends: the first reason wins, except that KILL overrides every other."""

from __future__ import annotations

KILL = "kill"


class StopRequest:
    """Asked for by any thread and by signal handlers, read by the guardian.

    Without any lock, and so without an Event: a handler runs in the main thread between any two
    of its steps, and would wait for ever for a lock that the step before has taken.
    """

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}

    def ask(self, reason: str) -> None:
        """Ask for the end of the run."""
        self._reasons.setdefault(reason)

    @property
    def reason(self) -> str | None:
        """Return why the run is to end; None while nobody has asked."""
        if KILL in self._reasons:
            return KILL
        return next(iter(tuple(self._reasons)), None)

    def is_asked(self) -> bool:
        """Tell whether the run is to end."""
        return bool(self._reasons)
