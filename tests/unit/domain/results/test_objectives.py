"""A run against its objectives: what nobody measured is no success."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.decisions import RoundJudged
from domain.messages.journal import JournalReopened, RunStarted, TimesMeasured
from domain.model.cycle import CycleStage, CycleStatus, StageTime
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.meters import Timed, TimeKind
from domain.results.objectives import Performance, PerformanceFold, Times
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("OB1")

STARTED = RunStarted("paper", "embedded", "w", "c", "p", 1)


def judged(
    took_ns: int | None = 5 * MILLISECOND,
    *,
    degraded: tuple[str, ...] = (),
    status: CycleStatus | None = CycleStatus.QUIET,
) -> RoundJudged:
    """Return the record of a cycle that took so long; None: of before times were kept."""
    times = () if took_ns is None else (StageTime(CycleStage.GATE, Nanos(took_ns)),)
    return RoundJudged(1, NOW, (), (), (), None, status, degraded, times)


def after(*messages: object, is_virtual: bool = False) -> Performance:
    fold = PerformanceFold()
    for each in (STARTED, *messages):
        fold.take(each, is_virtual=is_virtual)
    return fold.result()


def verdicts(found: Performance) -> dict[str, bool | None]:
    return {each.name: each.is_met for each in found.objectives}


def test_a_run_within_all_objectives_is_met() -> None:
    found = after(*(judged() for _ in range(200)))

    assert found.is_met
    assert verdicts(found) == {"cycle p95": True, "cycle p99": True, "degraded cycles": True}


@pytest.mark.parametrize(
    ("slow", "took_ns", "p95", "p99"),
    [
        (5, SECOND + MILLISECOND, True, True),
        (6, SECOND + MILLISECOND, False, True),
        (6, SECOND, True, True),
        (1, 3 * SECOND, True, True),
        (2, 3 * SECOND, True, False),
        (2, 2 * SECOND, True, True),
    ],
)
def test_percentiles_are_compared_exactly_at_their_limits(
    slow: int, took_ns: int, p95: bool, p99: bool
) -> None:
    found = after(*(judged(took_ns) for _ in range(slow)), *(judged() for _ in range(100 - slow)))

    assert verdicts(found) == {"cycle p95": p95, "cycle p99": p99, "degraded cycles": True}


@pytest.mark.parametrize(("degraded", "is_met"), [(0, True), (1, True), (2, False)])
def test_one_of_two_hundred_cycles_may_be_degraded(degraded: int, is_met: bool) -> None:
    bad = [judged(degraded=("late", "no_fresh_price")) for _ in range(degraded)]
    found = after(*bad, *(judged() for _ in range(200 - degraded)))

    assert verdicts(found)["degraded cycles"] is is_met
    assert found.degraded_cycles == degraded
    assert dict(found.degraded) == ({"late": degraded, "no_fresh_price": degraded} if bad else {})


def test_without_a_cycle_nothing_is_met() -> None:
    found = after()

    assert not found.is_met
    assert set(verdicts(found).values()) == {None}


def test_cycles_of_before_times_were_kept_are_no_success() -> None:
    found = after(judged(None, status=None))

    assert (found.cycles, found.untimed, found.unjudged) == (1, 1, 1)
    assert set(verdicts(found).values()) == {None}


def test_the_last_run_counts_and_goes_on_after_its_writer_was_rebuilt() -> None:
    found = after(judged(5 * SECOND), STARTED, judged(), JournalReopened("r"), judged())

    assert (found.cycles, found.is_met) == (2, True)


def test_times_of_requests_and_journal_add_up_and_come_in_order() -> None:
    request, sync = (TimeKind.REQUEST, "GET /b"), (TimeKind.JOURNAL, "sync")
    found = after(
        TimesMeasured((Timed(*sync, ((1, 2),)), Timed(*request, ((7, 1),)))),
        judged(),
        TimesMeasured((Timed(*request, ((7, 1), (9, 1))), Timed(TimeKind.REQUEST, "GET /a", ()))),
    )

    assert found.times == (
        Times(TimeKind.CYCLE, "cycle", ((5_000, 1),)),
        Times(TimeKind.STAGE, "gate", ((5_000, 1),)),
        Times(TimeKind.REQUEST, "GET /a", ()),
        Times(*request, ((7, 2), (9, 1))),
        Times(*sync, ((1, 2),)),
    )


def test_what_was_seen_is_told_in_seconds_and_percent() -> None:
    p95, p99, degraded = after(judged(1_500 * MILLISECOND, degraded=("late",))).objectives

    assert (p95.seen, p95.limit, p99.limit) == (Decimal("1.5"), Decimal(1), Decimal(2))
    assert (degraded.seen, degraded.limit, degraded.unit) == (Decimal(100), Decimal("0.5"), "%")


def test_of_virtual_time_it_is_told() -> None:
    assert after(judged(), is_virtual=True).is_virtual
    assert not after(judged()).is_virtual
