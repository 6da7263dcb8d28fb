"""The clock of the cycle: slots that do not drift, jitter drawn from the seed."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from domain.messages.control import StopRequested
from domain.messages.decisions import CycleDue, RoundJudged
from domain.messages.supervision import TradingReady
from domain.model.cycle import Stopwatch
from domain.model.draws import Draw
from domain.model.instants import MILLISECOND, SECOND, Nanos

FIRST_CYCLE = 1
SETTLE_NS = 50 * MILLISECOND
BAR_GRACE_NS = 2 * SECOND
"""Slots start this long after a multiple of the interval, so that the closed bar is there."""


@frozen
class Schedule:
    """How often to decide; `jitter` is a fraction of the interval, `limit` cycles end the run."""

    interval_ns: int
    jitter: float
    limit: int | None


@frozen
class NextCycle(Timer):
    """The slot of the next cycle has come."""


@frozen
class StillThere(Timer):
    """A timer that shows that timers ring."""


Inbox = TradingReady | RoundJudged | StopRequested | NextCycle | StillThere


class Scheduler(Actor):
    """Sends `CycleDue`: the first at once when trading has begun, then one in each slot."""

    def __init__(
        self,
        context: ActorContext,
        schedule: Schedule,
        draw: Draw,
        end: Callable[[str], None],
        *,
        last_cycle: int = 0,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_begin` tells whether people have been told that trading begins."""
        super().__init__(context)
        self._may_begin = may_begin
        self._schedule = schedule
        self._draw = draw
        self._end = end
        self._cycle = last_cycle
        self._slot_ns = 0
        self._is_over = False
        self._next_ns = self._set_ns = self._set_machine_ns = 0

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case TradingReady():
                self._begin()
            case NextCycle():
                self._fire()
            case StillThere():
                self.prove("its timers fire, and the next cycle is set")
            case RoundJudged(cycle=cycle):
                self._count(cycle)
            case StopRequested():
                self._is_over = True
            case _:
                self.refuse(message)

    def _begin(self) -> None:
        if self._slot_ns:
            return  # ready again after a restart of the feed: the slots go on
        now_ns = self.clock.market_ns()
        interval = self._schedule.interval_ns
        self._slot_ns = (now_ns - BAR_GRACE_NS) // interval * interval + BAR_GRACE_NS
        if not self.is_proven:
            self._go_on()
            return
        # A moment for the first quotes to reach everybody: they travel in the slowest lane.
        self.after_machine(SETTLE_NS, NextCycle())

    def _go_on(self) -> None:
        """After a rebuild the present slot has had its cycle: go on with the next."""
        self._slot_ns += self._schedule.interval_ns
        self.at(self._jittered_ns(), NextCycle())
        self.after_machine(SETTLE_NS, StillThere())

    def _jittered_ns(self) -> int:
        return self._slot_ns + int(
            self._draw() * self._schedule.jitter * self._schedule.interval_ns
        )

    def _fire(self) -> None:
        if self._is_over:
            return
        if not self._may_begin():
            self.after_machine(SETTLE_NS, NextCycle())
            return
        self._cycle += 1
        due_slot_ns, interval = self._slot_ns, self._schedule.interval_ns
        now_ns = self.clock.market_ns()
        missed = max(0, (now_ns - due_slot_ns) // interval)
        if missed and self._cycle > FIRST_CYCLE:
            self.log.warning("cycles missed", count=missed, cycle=self._cycle)
        self._slot_ns = due_slot_ns + (missed + 1) * interval
        next_ns = self._jittered_ns()
        self.at(next_ns, NextCycle())
        watch = Stopwatch(self._due_machine_ns(now_ns))
        self._set_ns, self._set_machine_ns = now_ns, self.clock.machine_ns()
        self._next_ns = next_ns
        self.publish(CycleDue(self._cycle, Nanos(due_slot_ns), Nanos(next_ns), watch))

    def _due_machine_ns(self, now_ns: int) -> Nanos:
        """Return the machine time at which this cycle was due: it may be late, and that counts.

        How fast market time goes by machine time is what it did since the timer was set.
        """
        machine_ns = self.clock.machine_ns()
        late_ns, went_ns = max(0, now_ns - self._next_ns), now_ns - self._set_ns
        if not self._next_ns or went_ns <= 0:
            return machine_ns
        return Nanos(machine_ns - late_ns * (machine_ns - self._set_machine_ns) // went_ns)

    def _count(self, cycle: int) -> None:
        limit = self._schedule.limit
        if limit is not None and cycle >= limit and not self._is_over:
            self._is_over = True
            self._end("cycles")
