"""How the main thread lets time pass: real time beside threads, or step by step in virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from adapters.runtime.virtual import VirtualRuntime
from app.ending import Ending

LOOK_SECONDS = 0.02


class Driver(Protocol):
    """Lets the system live until something is true."""

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Return whether `is_true` became true within `limit_ns` of machine time."""

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""


class _Attentive:
    """Keeps what has to be looked at in between."""

    def __init__(self) -> None:
        self._watches: list[Callable[[], None]] = []

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""
        self._watches.append(watch)

    def look(self) -> None:
        """Call every watch."""
        for watch in self._watches:
            watch()


class ThreadDriver(_Attentive):
    """The actors live on threads of their own; the main thread looks and rests."""

    def __init__(self, machine_ns: Callable[[], int], ending: Ending) -> None:
        super().__init__()
        self._machine_ns = machine_ns
        self._ending = ending

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Look fifty times a second."""
        begun_ns = self._machine_ns()
        while not is_true():
            if limit_ns is not None and self._machine_ns() - begun_ns > limit_ns:
                return False
            self.look()
            if self._ending.is_asked():
                threading.Event().wait(LOOK_SECONDS)
            else:
                self._ending.wait(LOOK_SECONDS)
        return True


class VirtualDriver(_Attentive):
    """The main thread itself steps the actors."""

    def __init__(self, runtime: VirtualRuntime) -> None:
        super().__init__()
        self._runtime = runtime

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Step until it is true, virtual time is over, or nothing is left to happen."""
        clock = self._runtime.clock
        begun_ns = clock.machine_ns()
        steps = 0
        while not is_true():
            if limit_ns is not None and clock.machine_ns() - begun_ns > limit_ns:
                return False
            if not self._runtime.step():
                return is_true()
            steps += 1
            if steps % 1_000 == 0:
                self.look()
        return True
