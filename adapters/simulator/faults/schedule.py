"""Which faults are to come, at work and over, in market time."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import StrEnum
from heapq import heappop, heappush
from typing import Any, Generic, TypeVar

from attrs import define, field

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.faults.base import Condition, Fault, Lasting, Striking, kind_of
from domain.model.instants import Nanos, iso

F = TypeVar("F", bound=Fault)
Act = Callable[[], None]


class FaultPhase(StrEnum):
    """Where a fault stands."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    OVER = "over"


@define(eq=False)
class Running(Generic[F]):
    """One scheduled fault: its chance and how often it has struck."""

    number: int
    fault: F
    begins_ns: int
    ends_ns: int | None
    draws: random.Random
    phase: FaultPhase = FaultPhase.SCHEDULED
    struck: int = 0
    notes: list[str] = field(factory=list)
    """What came of it, for people."""

    @property
    def has_strikes(self) -> bool:
        """Tell whether it may strike again."""
        most = self.fault.strikes if isinstance(self.fault, Striking) else None
        return most is None or self.struck < most

    def strikes(self) -> bool:
        """Draw whether it strikes what it just met, and count it if so."""
        if not self.has_strikes:
            return False
        chance = float(self.fault.probability) if isinstance(self.fault, Striking) else 1.0
        if chance < 1.0 and self.draws.random() >= chance:
            return False
        self.struck += 1
        return True

    def document(self) -> dict[str, Any]:
        """Return what is known of it as JSON values."""
        return {
            "number": self.number,
            "kind": kind_of(self.fault),
            "where": self.fault.where,
            "begins": iso(self.begins_ns),
            "ends": None if self.ends_ns is None else iso(self.ends_ns),
            "phase": (self.phase if self.has_strikes else FaultPhase.OVER).value,
            "struck": self.struck,
            "notes": list(self.notes),
        }


class FaultSchedule:
    """Schedules faults and acts. Nothing happens by itself: `play` is called in market time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._all: list[Running[Any]] = []
        self._active: dict[type[Fault], list[Running[Any]]] = {}
        self._dates: list[tuple[int, int, Act]] = []
        self._dated = 0
        self.on_begin: Callable[[Running[Any]], None] = lambda running: None
        self.on_end: Callable[[Running[Any]], None] = lambda running: None

    def add(self, fault: Fault, now_ns: int) -> Running[Any]:
        """Schedule a fault; its `at` counts from `now_ns`."""
        begins_ns = now_ns + fault.at_ns
        for_ns = fault.for_ns if isinstance(fault, Lasting) else None
        running = Running(
            number=len(self._all) + 1,
            fault=fault,
            begins_ns=begins_ns,
            ends_ns=None if for_ns is None else begins_ns + for_ns,
            draws=fault.draws(self._seed),
        )
        self._all.append(running)
        self.later(begins_ns, lambda: self._begin(running))
        return running

    def later(self, at_ns: int, act: Act) -> None:
        """Do something at that instant; acts of one instant come in the order of the calls."""
        self._dated += 1
        heappush(self._dates, (at_ns, self._dated, act))

    def next_ns(self) -> Nanos:
        """Return the earliest date."""
        return Nanos(self._dates[0][0]) if self._dates else NEVER

    def play(self, until_ns: int) -> None:
        """Do what is due."""
        while self._dates and self._dates[0][0] <= until_ns:
            heappop(self._dates)[2]()

    def active(self, kind: type[F]) -> list[Running[F]]:
        """Return the faults of exactly that kind that are at work, in the order they began."""
        return self._active.get(kind, [])

    def documents(self) -> list[dict[str, Any]]:
        """Return all faults as JSON values."""
        return [running.document() for running in self._all]

    def _begin(self, running: Running[Any]) -> None:
        if not isinstance(running.fault, Lasting) or isinstance(running.fault, Condition):
            running.struck += 1
        if isinstance(running.fault, Lasting):
            running.phase = FaultPhase.ACTIVE
            # Lists are replaced and never changed: whoever goes through one may end a fault.
            kind = type(running.fault)
            self._active[kind] = [*self.active(kind), running]
            if running.ends_ns is not None:
                self.later(running.ends_ns, lambda: self._end(running))
        else:
            running.phase = FaultPhase.OVER
        self.on_begin(running)

    def _end(self, running: Running[Any]) -> None:
        kind = type(running.fault)
        self._active[kind] = [each for each in self.active(kind) if each is not running]
        running.phase = FaultPhase.OVER
        self.on_end(running)
