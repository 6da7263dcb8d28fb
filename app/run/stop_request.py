"""How a run ends: the first reason wins, except that KILL overrides every other."""

from __future__ import annotations

import threading

KILL = "kill"


class StopRequest:
    """Asked for by any thread, read by the guardian."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self.reason: str | None = None

    def ask(self, reason: str) -> None:
        """Ask for the end of the run."""
        with self._lock:
            if self.reason is None or reason == KILL:
                self.reason = reason
        self._asked.set()

    def is_asked(self) -> bool:
        """Tell whether the run is to end."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` of machine time; tell whether the end was asked for."""
        return self._asked.wait(seconds)
