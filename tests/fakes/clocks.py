"""Clocks that tests move."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

from adapters.clocks.system import SystemClock
from domain.model.instants import Nanos
from tests.builders.messages import NOW


class VirtualTime:
    """A scheduler and the one clock it moves."""

    def __init__(self, start_ns: int = NOW) -> None:
        self.now_ns = Nanos(start_ns)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def market_ns(self) -> Nanos:
        return self.now_ns

    machine_ns = wall_ns = market_ns

    def after(self, delay_ns: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now_ns + delay_ns, next(self._order), call))

    def run(
        self, until: Callable[[], object] = lambda: False, limit_ns: int = 3600 * 10**9
    ) -> None:
        """Play what is due, until a condition holds, nothing is left, or time is up."""
        end_ns = self.now_ns + limit_ns
        while self._due and self._due[0][0] <= end_ns and not until():
            due_ns, _, call = heapq.heappop(self._due)
            self.now_ns = Nanos(max(self.now_ns, due_ns))
            call()


class HandClock(SystemClock):
    """A market clock moved by hand beside a machine clock that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = NOW

    def market_ns(self) -> Nanos:
        return self.now_ns


class FastClock(SystemClock):
    """A market clock that runs twenty times as fast as the machine's."""

    SPEED = 20

    def market_ns(self) -> Nanos:
        return Nanos(time.monotonic_ns() * self.SPEED)


class TimerlessClock(SystemClock):
    """A clock that fails in the timers' thread once it is told to."""

    is_broken = False

    def machine_ns(self) -> Nanos:
        if self.is_broken and threading.current_thread().name == "timers":
            raise SystemExit("clock gone")
        return super().machine_ns()


class JumpingClock(SystemClock):
    """Machine and wall time that can be moved ahead at once, together or only the wall."""

    def __init__(self) -> None:
        super().__init__()
        self.slept_ns = self.wall_only_ns = 0

    def machine_ns(self) -> Nanos:
        return Nanos(super().machine_ns() + self.slept_ns)

    def market_ns(self) -> Nanos:
        return self.machine_ns()

    def wall_ns(self) -> Nanos:
        return Nanos(super().wall_ns() + self.slept_ns + self.wall_only_ns)
