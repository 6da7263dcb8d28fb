"""Rehearsals that went well, and parts of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve

from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted
from domain.model.cycle import CycleStage, CycleStatus, StageTime
from domain.model.instants import DAY, MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.money import Rate
from domain.rehearsal.coverage import CoverageRow, Covered, Fired, RowEvidence, RowKind
from domain.rehearsal.judge import Measured, RehearsalPlan
from domain.rehearsal.record import RehearsalRecord
from domain.results.objectives import Performance, PerformanceFold
from tests.builders.messages import NOW

DAY_CYCLES = 1_440
STARTED = RunStarted("paper", "coinbase", "world", "c0ffee", "p0l1cy", 1)


def a_round(
    took_ns: int = 5 * MILLISECOND, *, cycle: int = 1, degraded: tuple[str, ...] = ()
) -> RoundJudged:
    """Return the record of a cycle that took so long."""
    times = (StageTime(CycleStage.GATE, Nanos(took_ns)),)
    return RoundJudged(cycle, NOW, (), (), (), None, CycleStatus.QUIET, degraded, times)


def a_slow_performance(
    slow: int = 0, seconds: Decimal = Decimal(2), degraded: int = 0
) -> Performance:
    """Return 100 cycles of which so many were slow, and so many degraded."""
    fold = PerformanceFold()
    fold.take(STARTED)
    for number in range(100):
        took_ns = int(seconds * SECOND) if number < slow else MILLISECOND
        fold.take(a_round(took_ns, degraded=("late",) if number < degraded else ()))
    return fold.result()


def a_plan(**changes: Any) -> RehearsalPlan:
    """Return the plan of a day in real time."""
    return evolve(RehearsalPlan(length_ns=DAY, interval_ns=MINUTE, speed=Decimal(1)), **changes)


def a_rehearsal(**changes: Any) -> RehearsalRecord:
    """Return a day in real time without a fault."""
    whole = RehearsalRecord(
        runs=1,
        modes=("paper",),
        venues=("coinbase",),
        worlds=("world",),
        config_hashes=("c0ffee",),
        policy_hashes=("p0l1cy",),
        begun_ns=0,
        ended_ns=DAY,
        wall_ns=DAY,
        ran_ns=DAY,
        cycles=DAY_CYCLES,
        fills=7,
        maker=Rate(Decimal("0.006")),
        taker=Rate(Decimal("0.012")),
        performance=a_slow_performance(),
    )
    return evolve(whole, **changes)


def measured(**changes: Any) -> Measured:
    """Return what is judged of it: every row was fired."""
    evidence = RowEvidence(Fired.MARKET, "", "record 12")
    whole = Measured(
        record=a_rehearsal(),
        plan=a_plan(),
        covered=(Covered(CoverageRow(RowKind.RULE, "total_cap"), evidence, 1),),
        peak_bytes=180_000_000,
    )
    return evolve(whole, **changes)
