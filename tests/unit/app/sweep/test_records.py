"""A trial without enough trades has no result; a storage gives back what it was given."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.sweep.records import TrialRecord, best_of, kept, record_of
from app.sweep.score import WindowScore
from app.sweep.space import Dimension, SweepSpace
from app.sweep.trial import JobAnswer

pytestmark = pytest.mark.req("BT2")
KEY = "strategies.breakout.stop_loss_pct"


def a_space(objective: str = "total_pnl_pct", **more: Any) -> SweepSpace:
    parameters = (Dimension(key=KEY, values=("1", "2", "3"), is_range=True),)
    return SweepSpace(objective=objective, parameters=parameters, **{"min_trades": 2, **more})


def answered(trades: int = 3, pnl_pct: float = 4.0, **more: Any) -> JobAnswer:
    told: dict[str, Any] = {
        "trades": trades,
        "wins": 1,
        "won": Decimal(3),
        "lost": Decimal(2),
        "pnl_pct": pnl_pct,
        "drawdown_pct": 5.0,
        "returns": (0.01, -0.02, 0.03),
    }
    return JobAnswer(score=WindowScore(**{**told, **more}))


def record(found: JobAnswer, number: int = 0, **more: Any) -> TrialRecord:
    return record_of(number, {KEY: 1}, found, a_space(**more))


def test_a_result_is_the_objective_turned_so_that_more_is_better() -> None:
    assert record(answered()).value == 4.0
    assert record(answered(), objective="max_drawdown_pct").value == -5.0


def test_what_has_no_result_says_why() -> None:
    few = record(answered(trades=1))
    none = record(answered(lost=Decimal(0)), objective="profit_factor")
    refused = record(JobAnswer(refusal="must be >= 1"))

    assert few.value is none.value is refused.value is None
    assert few.why == "1 closed trades are fewer than 2"
    assert none.why == "it has no profit_factor"
    assert refused.why == "must be >= 1"


def test_the_best_is_the_first_of_the_highest(tmp_path: Path) -> None:
    values = (None, 1.0, 3.0, 3.0, -1.0)
    trials = [
        TrialRecord(number=number, indices={KEY: 0}, value=value)
        for number, value in enumerate(values)
    ]

    best = best_of(trials)

    assert best is not None
    assert best.number == 2
    assert best_of(trials[:1]) is best_of([]) is None


@pytest.mark.parametrize("found", [answered(), answered(trades=0), JobAnswer(refusal="no")])
def test_what_is_kept_comes_back(found: JobAnswer) -> None:
    before = record(found)

    told = json.loads(json.dumps(before.attributes))

    assert kept(before.number, before.indices, before.value, told) == before
