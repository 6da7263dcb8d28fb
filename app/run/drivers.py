"""How the main thread lets time pass: real time beside threads, or step by step in virtual time."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from actors.kernel.ports import Clock
from adapters.runtime.virtual import VirtualRuntime
from app.run.stop_request import StopRequest

LOOK_SECONDS = 0.02
LOOK_STEPS = 100


class Driver(Protocol):
    """Lets the system live until something is true."""

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Return whether `is_true` became true within `limit_ns` of machine time."""

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` soon, outside of every actor; callable from any thread."""

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` when market time reaches `market_ns`, outside of every actor."""


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

    def __init__(self, clock: Clock, ending: StopRequest) -> None:
        super().__init__()
        self._clock = clock
        self._machine_ns = clock.machine_ns
        self._ending = ending
        self._deferred: deque[Callable[[], None]] = deque()
        self._due: list[tuple[int, int, Callable[[], None]]] = []

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` at the next look."""
        self._deferred.append(call)

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` at the first look at which market time has reached `market_ns`."""
        heapq.heappush(self._due, (market_ns, len(self._due), call))

    def look(self) -> None:
        """Do what is due, then call every watch."""
        while self._deferred:
            self._deferred.popleft()()
        while self._due and self._due[0][0] <= self._clock.market_ns():
            heapq.heappop(self._due)[2]()
        super().look()

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

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` at this instant, after the step that is being made."""
        self._runtime.call_at(self._runtime.clock.machine_ns(), call)

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` at that instant."""
        self._runtime.call_at(market_ns, call)

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
            if steps % LOOK_STEPS == 0:
                self.look()
        return True
