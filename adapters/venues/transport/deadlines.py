"""One thread that calls back at instants of machine time: deadlines, pauses before retries."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from actors.kernel.ports import Log
from domain.model.instants import SECOND

MachineClock = Callable[[], int]


class TimedCall:
    """A call that is due once; cancelling it after it began does nothing."""

    __slots__ = ("call", "is_cancelled")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        """Forget the call."""
        self.is_cancelled = True


class Timers:
    """Calls back from its own thread; calls must not block."""

    def __init__(self, machine_ns: MachineClock, log: Log) -> None:
        self._machine_ns = machine_ns
        self._log = log
        self._due: list[tuple[int, int, TimedCall]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="venue-timers", daemon=True)
        self._thread.start()

    def after(self, delay_ns: int, call: Callable[[], None]) -> TimedCall:
        """Call `call` once `delay_ns` of machine time have passed; never after `close`."""
        timer = TimedCall(call)
        due_ns = self._machine_ns() + max(0, delay_ns)
        with self._changed:
            heapq.heappush(self._due, (due_ns, next(self._order), timer))
            if self._due[0][2] is timer:
                self._changed.notify()
        return timer

    def close(self) -> None:
        """Forget all calls and end the thread."""
        with self._changed:
            self._is_closed = True
            self._due.clear()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (timer := self._next()) is not None:
            if timer.is_cancelled:
                continue
            try:
                timer.call()
            except Exception as error:  # noqa: BLE001 - one bad call must not end all deadlines
                self._log.error("a timed call failed", error=type(error).__name__)

    def _next(self) -> TimedCall | None:
        with self._changed:
            while not self._is_closed:
                if not self._due:
                    self._changed.wait()
                    continue
                wait_ns = self._due[0][0] - self._machine_ns()
                if wait_ns <= 0 or self._due[0][2].is_cancelled:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait_ns / SECOND)
        return None
