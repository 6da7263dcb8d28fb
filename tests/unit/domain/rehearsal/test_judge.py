"""GO on a clean rehearsal, NO-GO for each criterion that is broken."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.model.instants import DAY, HOUR, MINUTE, SECOND
from domain.rehearsal.coverage import CoverageRow, Covered, Fired, RowEvidence, RowKind
from domain.rehearsal.judge import (
    MEMORY_BYTES,
    Measured,
    RehearsalPlan,
    certificate_faults,
    judge,
    scheduled,
)
from domain.rehearsal.record import RehearsalFold
from tests.builders.rehearsals import (
    STARTED,
    a_plan,
    a_rehearsal,
    a_round,
    a_slow_performance,
    measured,
)

pytestmark = pytest.mark.req("RH1")


def of_record(**changes: Any) -> Callable[[Measured], Measured]:
    return lambda whole: evolve(whole, record=evolve(whole.record, **changes))


def unfired(whole: Measured) -> Measured:
    return evolve(whole, covered=(*whole.covered, Covered(CoverageRow(RowKind.BREAKER, "clock"))))


BROKEN: dict[str, tuple[str, Callable[[Measured], Measured]]] = {
    "an actor died": ("unhandled exceptions", of_record(exceptions=("feed: KeyError: 'x'",))),
    "a process ended by a bug": (
        "unhandled exceptions",
        lambda whole: evolve(whole, incidents=("20261130T010203Z-abcdef",)),
    ),
    "another configuration": ("one configuration", of_record(config_hashes=("a", "b"))),
    "no hash": ("one configuration", of_record(config_hashes=("",))),
    "not on paper": ("one configuration", of_record(modes=("dry-run",))),
    "both modes": ("one configuration", of_record(modes=("paper", "dry-run"))),
    "too few cycles": ("cycles", of_record(cycles=1_367)),
    "cycles missed in a gap": ("cycles", of_record(ended_ns=DAY + 2 * HOUR)),
    "not the whole time": ("length", of_record(ran_ns=23 * HOUR)),
    "too much memory": ("memory", lambda whole: evolve(whole, peak_bytes=MEMORY_BYTES)),
    "memory not measured": ("memory", lambda whole: evolve(whole, peak_bytes=None)),
    "slow in 6 of 100": ("cycle p95", of_record(performance=a_slow_performance(6, Decimal(2)))),
    "slow in 2 of 100": ("cycle p99", of_record(performance=a_slow_performance(2, Decimal(3)))),
    "degraded": ("degraded cycles", of_record(performance=a_slow_performance(0, degraded=1))),
    "books differ": ("fills reconciled", of_record(open_doubts=("USD: the venue has 1",))),
    "a row not fired": ("coverage", unfired),
    "no matrix": ("coverage", lambda whole: evolve(whole, covered=())),
}


def test_a_clean_rehearsal_is_go() -> None:
    verdict = judge(measured())

    assert verdict.is_go, verdict.unmet


@pytest.mark.parametrize("what", BROKEN)
def test_each_criterion_that_is_broken_is_no_go_by_its_name(what: str) -> None:
    criterion, broken = BROKEN[what]

    verdict = judge(broken(measured()))

    assert not verdict.is_go
    assert [each.name for each in verdict.unmet] == [criterion]
    assert all(each.mend for each in verdict.unmet)


def test_each_criterion_is_broken_by_one_of_these() -> None:
    names = {each.name for each in judge(measured()).criteria}

    assert names == {criterion for criterion, _ in BROKEN.values()}


def test_nothing_that_ran_is_no_go() -> None:
    verdict = judge(measured(record=evolve(a_rehearsal(), cycles=0, ran_ns=0, begun_ns=None)))

    assert not verdict.is_go


def test_a_rehearsal_that_begins_within_an_interval_never_has_more_cycles_than_the_schedule() -> (
    None
):
    fold = RehearsalFold(MINUTE)
    for begun_ns in (MINUTE // 2, 12 * MINUTE + SECOND):  # a start, killed, and another one
        fold.take(STARTED, begun_ns, begun_ns)
        for number in range(10):
            at_ns = begun_ns if not number else (begun_ns // MINUTE + number) * MINUTE + SECOND
            fold.take(a_round(), at_ns, at_ns)
    record = fold.result()

    assert scheduled(record, a_plan(length_ns=10 * MINUTE)) == 22
    assert record.cycles == 20


@pytest.mark.parametrize(("cycles", "is_go"), [(1_368, True), (1_367, False)])
def test_ninety_five_percent_of_the_schedule_are_enough(cycles: int, is_go: bool) -> None:
    assert judge(measured(record=a_rehearsal(cycles=cycles))).is_go is is_go


def test_a_gap_belongs_to_the_schedule() -> None:
    record = a_rehearsal(ended_ns=25 * HOUR)

    assert scheduled(record, a_plan()) == 25 * 60


def test_a_rehearsal_of_a_day_in_real_time_gives_a_certificate() -> None:
    assert list(certificate_faults(a_rehearsal(), a_plan())) == []


@pytest.mark.parametrize(
    ("plan", "changes", "word"),
    [
        (a_plan(speed=Decimal(60)), {"wall_ns": 24 * MINUTE}, "faster"),
        (a_plan(speed=None), {"is_virtual": True, "wall_ns": None}, "faster"),
        (a_plan(), {"is_virtual": True, "wall_ns": None}, "faster"),
        (a_plan(), {"wall_ns": 24 * MINUTE}, "machine's clock"),
        (a_plan(length_ns=HOUR), {"ran_ns": HOUR}, "shorter than 24 h"),
        (a_plan(), {"ran_ns": 20 * HOUR}, "shorter than 24 h"),
        (a_plan(), {"venues": ("coinbase", "embedded")}, "2 venues"),
        (a_plan(), {"taker": None}, "fees"),
    ],
)
def test_anything_less_gives_none(plan: RehearsalPlan, changes: dict[str, Any], word: str) -> None:
    (fault,) = certificate_faults(a_rehearsal(**changes), plan)

    assert word in fault


def test_a_plan_is_a_drill_unless_it_is_a_day_in_real_time() -> None:
    assert not a_plan().is_drill
    assert a_plan(speed=None).is_drill
    assert a_plan(speed=Decimal(2)).is_drill
    assert a_plan(length_ns=DAY - 1).is_drill


def test_many_rows_not_fired_are_counted_and_some_are_named() -> None:
    rows = tuple(Covered(CoverageRow(RowKind.RULE, f"r{number}")) for number in range(9))

    (found,) = judge(measured(covered=rows)).unmet

    assert "0 of 9 rows" in found.seen
    assert "rule r0" in found.seen
    assert "and 4 more" in found.seen


def test_a_row_opened_by_hand_counts_as_fired_by_drill() -> None:
    row = Covered(
        CoverageRow(RowKind.BREAKER, "timers"), RowEvidence(Fired.BY_HAND, "by-hand", "record 7"), 1
    )

    assert judge(measured(covered=(row,))).is_go
