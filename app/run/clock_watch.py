"""Is this machine's clock right? Looked at where the venue's time is not our own making."""

from __future__ import annotations

from typing import Protocol

from adapters.runtime.actor_system import ActorSystem
from app.run.watches import Watch, trip
from domain.messages.supervision import ClockChecked
from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import MINUTE, Nanos
from domain.system.access_alerts import of_clock
from domain.system.drift import (
    CLOCK,
    ClockReading,
    Consequence,
    TimeAnswers,
    consequence,
    drift_words,
    fault_of,
    read_clock,
)
from domain.system.ways_out import SET_CLOCK

EVERY_NS, AGAIN_NS = 5 * MINUTE, MINUTE // 2
"""Machine time between looks: while the clock is right, and while it is not or nobody says so."""
KNOWN_FOR_NS = 15 * MINUTE
"""For how long a clock that was right is taken to be right though nobody says so any more."""


WAS_SET = ClockReading(None, "", ("it was set while it was compared",))


class TimeSources(Protocol):
    """Who says what time it is; neither call blocks."""

    def ask(self) -> None:
        """Begin to ask everybody."""

    def answers(self) -> TimeAnswers | None:
        """Return what was answered, once; None while it is not there yet."""


class ClockWatch(Watch):
    """Blocks entries while the clock is off by more than it may; a clock that is set is seen at
    once.
    """

    def __init__(
        self, system: ActorSystem, sources: TimeSources, limit_ns: int, *, is_live: bool
    ) -> None:
        """`is_live`: real money is at stake, so no entry is sent before the clock is known."""
        self._system = system
        self._sources = sources
        self._limit_ns = limit_ns
        self._is_live = is_live
        self._is_start = True
        self._is_asking = False
        now_ns: int = system.clock.machine_ns()
        self._due_ns = self._known_ns = now_ns
        self._lead_ns = self._lead()
        if is_live:
            self._block("this machine's clock has not been found right yet")

    def look(self) -> None:
        """Ask when it is time or the clock was set, and judge what was answered."""
        now_ns = self._system.clock.machine_ns()
        if self._is_asking:
            answers = self._sources.answers()
            if answers is not None:
                self._is_asking = False
                self._judge(WAS_SET if self._was_set() else self._read(answers), now_ns)
        elif now_ns >= self._due_ns or self._was_set():
            self._lead_ns = self._lead()
            self._due_ns = now_ns + AGAIN_NS  # should there be no room to ask
            self._sources.ask()
            self._is_asking = True

    def _read(self, answers: TimeAnswers) -> ClockReading:
        return read_clock(answers, self._limit_ns)

    def _judge(self, reading: ClockReading, now_ns: int) -> None:
        fault = fault_of(reading, self._limit_ns)
        self._tell(reading, fault)
        self._due_ns = now_ns + (EVERY_NS if fault is None else AGAIN_NS)
        is_start, self._is_start = self._is_start, False
        match consequence(fault, is_start=is_start, is_live=self._is_live):
            case Consequence.NOTHING:
                self._known_ns = now_ns
                words = f"{drift_words(reading.drift_ns or 0)} by {reading.source}"
                self._system.board.reset(CLOCK, GLOBAL, by="proof", evidence=words)
            case Consequence.WARN:
                self._system.announce(of_clock(str(fault)))
            case Consequence.BLOCK:
                is_doubtful = reading.drift_ns is None and now_ns - self._known_ns <= KNOWN_FOR_NS
                if not is_doubtful:
                    self._block(
                        f"{fault}; to set it: {SET_CLOCK}" if reading.source else str(fault)
                    )

    def _tell(self, reading: ClockReading, fault: str | None) -> None:
        self._system.announce(
            ClockChecked(
                drift_ns=None if reading.drift_ns is None else Nanos(reading.drift_ns),
                limit_ns=Nanos(self._limit_ns),
                source=reading.source,
                doubts=reading.doubts,
                fault=fault,
            )
        )

    def _block(self, reason: str) -> None:
        trip(self._system, CLOCK, reason, Effect.BLOCK)

    def _was_set(self) -> bool:
        return abs(self._lead() - self._lead_ns) >= self._limit_ns

    def _lead(self) -> int:
        """Return by how much wall time is ahead of machine time: it changes when it is set."""
        clock = self._system.clock
        return clock.wall_ns() - clock.machine_ns()
