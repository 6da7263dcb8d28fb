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


class ThreadDriver:
    """The actors live on threads of their own; the main thread looks and rests."""

    def __init__(
        self, machine_ns: Callable[[], int], ending: Ending, watch: Callable[[], None]
    ) -> None:
        self._machine_ns = machine_ns
        self._ending = ending
        self._watch = watch

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Look fifty times a second."""
        begun_ns = self._machine_ns()
        while not is_true():
            if limit_ns is not None and self._machine_ns() - begun_ns > limit_ns:
                return False
            self._watch()
            if self._ending.is_asked():
                threading.Event().wait(LOOK_SECONDS)
            else:
                self._ending.wait(LOOK_SECONDS)
        return True


class VirtualDriver:
    """The main thread itself steps the actors."""

    def __init__(self, runtime: VirtualRuntime, watch: Callable[[], None]) -> None:
        self._runtime = runtime
        self._watch = watch

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
                self._watch()
        return True
