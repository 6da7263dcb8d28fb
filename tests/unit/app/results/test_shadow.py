"""What a shadow's records amount to; what is no record is counted and breaks nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.results.shadow import EXAMPLES, ShadowResults, interval

BEGIN: dict[str, Any] = {
    "kind": "begin",
    "at": "2026-11-29T10:00:00Z",
    "currency": "USD",
    "config": {"primary": "a", "shadow": "b"},
    "differs": [],
}
VERDICT = {"strategy": "breakout", "quantity": "2", "price": "100", "refused_by": None}
DIFFERENCE: dict[str, Any] = {
    "kind": "difference",
    "at": "2026-11-29T10:01:00Z",
    "cycle": 1,
    "product": "BTC-USD",
    "side": "BUY",
    "class": "size-diff",
    "primary": VERDICT,
    "shadow": None,
}


def a_sum(cycles: int = 2, primary: str = "1", shadow: str = "3", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "sum",
        "at": "2026-11-29T10:02:00Z",
        "cycles": cycles,
        "skipped": 0,
        "rebuilt": 0,
        "left_out": 0,
        "counts": {"match": 3, "size-diff": 1},
        "pnl": {"primary": primary, "shadow": shadow},
        **changes,
    }


def results_of(*records: dict[str, Any] | None) -> ShadowResults:
    results = ShadowResults()
    for each in records:
        results.take(each)
    return results


@pytest.mark.req("SH1")
def test_the_last_sums_count() -> None:
    found = results_of(BEGIN, a_sum(1), DIFFERENCE, a_sum(2))

    assert (found.cycles, found.decisions, found.agreement_pct) == (2, 4, Decimal(75))
    assert found.pnl == (Decimal(1), Decimal(3))
    assert found.examples == [DIFFERENCE]
    assert found.damaged == 0


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        {},
        {"kind": "sum"},
        {"kind": "poem", "at": "now"},
        {**DIFFERENCE, "class": "worse"},
        {**DIFFERENCE, "primary": 3},
        {**DIFFERENCE, "cycle": "many"},
        a_sum(primary="NaN"),
        a_sum(primary="1e999999999"),
        a_sum(counts={"worse": 1}),
        a_sum(counts=[1]),
        a_sum(cycles=-1),
        {**BEGIN, "differs": [{"name": "x"}]},
    ],
)
def test_what_is_no_record_is_counted(damaged: dict[str, Any] | None) -> None:
    found = results_of(BEGIN, damaged, a_sum())

    assert found.damaged == 1
    assert found.cycles == 2


def test_only_the_first_differences_are_shown() -> None:
    assert len(results_of(*[DIFFERENCE] * (EXAMPLES + 5)).examples) == EXAMPLES


@pytest.mark.req("SH1")
def test_a_steady_gain_has_an_interval_around_it_and_the_same_each_time() -> None:
    points = [(cycle, Decimal(0), Decimal(cycle) + cycle % 3) for cycle in range(100)]

    found = interval(points)
    assert found is not None
    low, high = found
    assert 0 < low < 99 < high
    assert interval(points) == found


def test_a_few_cycles_have_none() -> None:
    assert interval([(cycle, Decimal(0), Decimal(1)) for cycle in range(5)]) is None


def test_equal_results_differ_by_nothing_for_sure() -> None:
    assert interval([(cycle, Decimal(cycle), Decimal(cycle)) for cycle in range(60)]) == (
        Decimal(0),
        Decimal(0),
    )
