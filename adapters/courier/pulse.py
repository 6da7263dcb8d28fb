"""The sign of life for a service outside, which raises the alarm when it stays away.

Its URL is called while the cycles of the trader advance, and left alone as soon as they do not.
"""

from __future__ import annotations

from pathlib import Path

from adapters.control.files import read_json
from adapters.courier.caller import Caller
from adapters.courier.http import request

STATUS = "status.json"
LOOK_S = 5.0


class Pulse:
    """Calls one URL. Times are seconds of a clock that only goes forward."""

    def __init__(self, url: str, mode_folder: Path, every_s: float, quiet_after_s: float) -> None:
        """`quiet_after_s`: how long the cycles may stand still."""
        self._url = url
        self._status = mode_folder / STATUS
        self._every_s, self._quiet_after_s = every_s, quiet_after_s
        self._caller: Caller[None] = Caller("heartbeat")
        self._cycles: int | None = None
        self._advanced_s: float | None = None
        self._look_s = self._due_s = 0.0
        self.failure: str | None = None
        """Why the last call failed, None if it did not."""

    def step(self, now_s: float) -> None:
        """Look at the cycles when it is time, and call."""
        result = self._caller.result()
        if result is not None:
            self.failure = result[1]
        if now_s >= self._look_s:
            self._look_s = now_s + min(LOOK_S, self._every_s)
            self._look(now_s)
        if self._is_alive(now_s) and now_s >= self._due_s and self._caller.is_free:
            self._due_s = now_s + self._every_s
            self._caller.give(None, lambda: request(self._url))

    def _look(self, now_s: float) -> None:
        cycles = (read_json(self._status) or {}).get("cycles")
        if not isinstance(cycles, int):
            return
        if self._cycles is not None and cycles > self._cycles:
            self._advanced_s = now_s
        self._cycles = cycles

    def _is_alive(self, now_s: float) -> bool:
        return self._advanced_s is not None and now_s - self._advanced_s <= self._quiet_after_s
