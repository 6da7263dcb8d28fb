"""What came of one decision cycle, and how long each of its stages took."""

from __future__ import annotations

from enum import StrEnum

from attrs import evolve, frozen

from domain.model.instants import Nanos


class CycleStatus(StrEnum):
    """What came of a cycle; journals hold it."""

    TRADED = "traded"
    """At least one entry was approved."""
    REFUSED = "refused"
    """There were proposals, and the gate let none pass."""
    BLOCKED = "blocked"
    """A breaker let no entry pass, whatever was proposed."""
    QUIET = "quiet"
    """Nothing was proposed."""


class CycleStage(StrEnum):
    """The stages of a cycle, in order; journals hold them."""

    WAIT = "wait"
    """From when it was due until the allocator took it up."""
    CONTEXT = "context"
    """One picture made for all strategies."""
    STRATEGIES = "strategies"
    """All of them asked, until the last answer or the limit of the round."""
    MERGE = "merge"
    """Their proposals put into one order."""
    GATE = "gate"
    """From there to the last verdict."""


@frozen
class StageTime:
    """How long one stage took, in machine time."""

    stage: CycleStage
    took_ns: Nanos


@frozen
class Stopwatch:
    """The stages that are over, and when the last one ended in machine time."""

    at_ns: Nanos
    times: tuple[StageTime, ...] = ()

    def lap(self, stage: CycleStage, now_ns: int) -> Stopwatch:
        """Return it with `stage`, which has ended at machine time `now_ns`."""
        took_ns = Nanos(max(0, now_ns - self.at_ns))
        return evolve(self, at_ns=Nanos(now_ns), times=(*self.times, StageTime(stage, took_ns)))


def whole_ns(times: tuple[StageTime, ...]) -> Nanos:
    """Return how long all these stages took together."""
    return Nanos(sum(each.took_ns for each in times))
