"""The runtime of a backtest: every actor in one thread, messages in the order of their sending.

Time is moved by whoever drives it, from one instant to the next. A timer rings at the first instant
that is not before its own: between two of them nothing is known of the market, so that there is
mostly nothing to ring for. Only the timers of punctual actors are appointments, of which whoever
drives time is told. No order is drawn and nothing overtakes: what is sent first is handled first.
"""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Callable, Collection

from actors.kernel.base import Actor
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope
from actors.kernel.ports import Log
from actors.kernel.routes import Routes
from adapters.runtime.virtual import VirtualClock, VirtualRuntime, owner_of
from domain.model.instants import Nanos


class FifoRuntime(VirtualRuntime):
    """Hands each message over in turn; the same messages always give the same steps."""

    def __init__(
        self,
        clock: VirtualClock,
        board: BreakerBoard,
        routes: Routes,
        log: Callable[[str], Log],
        punctual: Collection[str] = (),
    ) -> None:
        """`punctual` are the names of actors whose timers are to ring at their own instants."""
        super().__init__(clock, board, routes, log, seed=0)
        self._punctual = punctual
        # Emptied at every instant: as many as follow from one.
        self._waiting: deque[tuple[Actor, Envelope]] = deque()

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Let an envelope wait for its turn; what is for no actor, or fenced, goes the long way."""
        actor = self.members.get(receiver)
        if actor is None or (envelope.epoch and self.epochs[envelope.sender] != envelope.epoch):
            super().deliver(receiver, envelope)
        else:
            self._waiting.append((actor, envelope))

    def _put(self, actor: Actor, envelope: Envelope) -> None:
        self._waiting.append((actor, envelope))

    def step(self) -> bool:
        """Handle the oldest message, or else ring what falls due next. False: nothing is left."""
        if self._waiting:
            self._drain(1)
            return True
        return self._advance()

    def run_to(self, until_ns: int) -> None:
        """Stand at `until_ns`, handle what waits, then ring what has fallen due, oldest first."""
        self._time.now_ns = Nanos(max(until_ns, self._time.now_ns))
        self._drain()
        while self._due and self._due[0][0] <= self._time.now_ns:
            heapq.heappop(self._due)[2]()
            self._drain()

    def appointment(self, before_ns: int) -> Nanos | None:
        """Return the next instant before `before_ns` at which a punctual timer falls due."""
        punctual, now_ns = self._punctual, self._time.now_ns
        found = (
            due_ns
            for due_ns, _, call in self._due
            if now_ns < due_ns < before_ns and owner_of(call) in punctual
        )
        return Nanos(first) if (first := min(found, default=0)) else None

    def dues(self) -> tuple[tuple[int, str], ...]:
        """Return when timers fall due and of which actor, the next first; "" is no actor's."""
        return tuple((due_ns, owner_of(call)) for due_ns, _, call in sorted(self._due))

    def postpone(self, before_ns: int, until_ns: int, but: str) -> None:
        """Let timers that would have rung before `before_ns` ring at `until_ns`, in their order;
        those of the actor `but` stay.
        """
        late = [each for each in sorted(self._due) if each[0] < before_ns]
        late = [each for each in late if owner_of(each[2]) != but]
        for each in late:
            self._due.remove(each)
        heapq.heapify(self._due)
        for _, _, call in late:
            self.call_at(until_ns, call)

    def hand_over(self, now_ns: int) -> None:
        """Stand at `now_ns` and handle what waits; no timer rings."""
        self._time.now_ns = Nanos(max(now_ns, self._time.now_ns))
        self._drain()

    def _drain(self, most: int = -1) -> None:
        """Handle what waits, `most` messages of it unless that is negative."""
        waiting = self._waiting
        while waiting and most:
            most -= 1
            actor, envelope = waiting.popleft()
            if actor.is_over:  # in one thread this says what pykka's own flag does, and faster
                self._keep_or_lose(actor, envelope)
                continue
            self.steps += 1
            try:
                actor.on_receive(envelope)
            except Exception:  # noqa: BLE001 - what pykka's loop does about it
                actor._handle_failure(*sys.exc_info())
                self.bury(actor)
