"""A run measured against its objectives: how long cycles took, and how many were degraded.

Everything comes from the journal. What was not measured is told as such: it is no success.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import frozen

from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, TimesMeasured
from domain.model.cycle import CycleStage, CycleStatus, whole_ns
from domain.model.latency import Cells, Histogram
from domain.model.meters import TimeKind

P95_US, P99_US = 1_000_000, 2_000_000
"""Within so many microseconds stay 95 % and 99 % of the cycles, from due to the last verdict."""
DEGRADED_PCT = Decimal("0.5")
"""At most so many of 100 cycles are not decided as they should be."""
HUNDRED = Decimal(100)


@frozen
class Objective:
    """One objective: what was seen, the limit, and whether it is met; None: nothing was measured.

    Both numbers are seconds, or % of the cycles.
    """

    name: str
    seen: Decimal | None
    limit: Decimal
    unit: str

    @property
    def is_met(self) -> bool | None:
        """Tell whether it holds."""
        return None if self.seen is None else self.seen <= self.limit


@frozen
class Times:
    """How long one thing took."""

    kind: TimeKind
    name: str
    cells: Cells


@frozen(kw_only=True)
class Performance:
    """What one run shows.

    `untimed` and `unjudged` cycles are of before times and status were kept. `is_virtual`: times
    are of the virtual clock, and say nothing of this machine. `degraded` says how many cycles each
    reason degraded; a cycle may have several.
    """

    mode: str = ""
    is_virtual: bool = False
    cycles: int = 0
    untimed: int = 0
    unjudged: int = 0
    statuses: tuple[tuple[CycleStatus, int], ...] = ()
    degraded_cycles: int = 0
    degraded: tuple[tuple[str, int], ...] = ()
    times: tuple[Times, ...] = ()

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Return every objective."""
        cycle = next((each for each in self.times if each.kind is TimeKind.CYCLE), None)
        times = Histogram(() if cycle is None else cycle.cells)
        judged = self.cycles - self.unjudged
        share = Decimal(self.degraded_cycles) * HUNDRED / judged if judged else None
        return (
            Objective("cycle p95", _seconds(times.percentile_us(95)), _limit(P95_US), "s"),
            Objective("cycle p99", _seconds(times.percentile_us(99)), _limit(P99_US), "s"),
            Objective("degraded cycles", share, DEGRADED_PCT, "%"),
        )

    @property
    def is_met(self) -> bool:
        """Tell whether every objective was measured and holds."""
        return all(each.is_met for each in self.objectives)


class PerformanceFold:
    """Takes the records of a journal, in their order; what counts is the last run in it."""

    def __init__(self) -> None:
        self._begin("", is_virtual=False)

    def _begin(self, mode: str, *, is_virtual: bool) -> None:
        self._mode, self._is_virtual = mode, is_virtual
        self._cycles = self._untimed = self._unjudged = self._degraded_cycles = 0
        self._statuses = dict.fromkeys(CycleStatus, 0)
        self._degraded: dict[str, int] = {}
        self._times: dict[tuple[TimeKind, str], Histogram] = {}

    def take(self, message: object, *, is_virtual: bool = False) -> None:
        """Take one record, made in virtual time or not; what says nothing of it is passed over."""
        match message:
            case RunStarted(mode=mode):
                self._begin(mode, is_virtual=is_virtual)
            case RoundJudged():
                self._cycle(message)
            case TimesMeasured(times):
                for each in times:
                    self._of(each.kind, each.name).merge(each.cells)

    def _cycle(self, judged: RoundJudged) -> None:
        self._cycles += 1
        if judged.status is None:
            self._unjudged += 1
        else:
            self._statuses[judged.status] += 1
        self._degraded_cycles += bool(judged.degraded)
        for reason in judged.degraded:
            self._degraded[reason] = self._degraded.get(reason, 0) + 1
        if not judged.times:
            self._untimed += 1
            return
        self._of(TimeKind.CYCLE, TimeKind.CYCLE.value).add(whole_ns(judged.times))
        for each in judged.times:
            self._of(TimeKind.STAGE, each.stage.value).add(each.took_ns)

    def _of(self, kind: TimeKind, name: str) -> Histogram:
        return self._times.setdefault((kind, name), Histogram())

    def result(self) -> Performance:
        """Return what the last run shows so far."""
        return Performance(
            mode=self._mode,
            is_virtual=self._is_virtual,
            cycles=self._cycles,
            untimed=self._untimed,
            unjudged=self._unjudged,
            statuses=tuple(self._statuses.items()),
            degraded_cycles=self._degraded_cycles,
            degraded=tuple(sorted(self._degraded.items())),
            times=tuple(self._ordered()),
        )

    def _ordered(self) -> Iterator[Times]:
        """Yield cycles, stages in their order, then requests and the journal by name."""
        stages = {each.value: place for place, each in enumerate(CycleStage)}
        kinds = list(TimeKind)
        for kind, name in sorted(
            self._times, key=lambda key: (kinds.index(key[0]), stages.get(key[1], 0), key[1])
        ):
            yield Times(kind, name, self._times[kind, name].cells)


def _seconds(us: int | None) -> Decimal | None:
    return None if us is None else Decimal(us).scaleb(-6)


def _limit(us: int) -> Decimal:
    return Decimal(us).scaleb(-6)
