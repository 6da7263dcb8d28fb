"""What was found is told with how much of it was left, and what may be wrong with it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from app.sweep.findings import FoldFinding, SweepFindings, decay_pct
from app.sweep.objectives import SearchGoal
from app.sweep.plan import SweepPlan
from app.sweep.records import record_of
from app.sweep.score import WindowScore
from app.sweep.trial import JobAnswer
from domain.results.sharpe import deflated_sharpe
from tests.builders.sweeps import plan

pytestmark = pytest.mark.req("BT2")
LOOKBACK, STOP = "strategies.breakout.lookback_minutes", "strategies.breakout.stop_loss_pct"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SweepPlan:
    return plan(tmp_path_factory.mktemp("sweep"))


def score(pnl_pct: float, trades: int = 40, returns: tuple[float, ...] = ()) -> WindowScore:
    return WindowScore(
        trades=trades,
        wins=1,
        won=Decimal(3),
        lost=Decimal(2),
        pnl_pct=pnl_pct,
        drawdown_pct=5.0,
        returns=returns or (0.01, pnl_pct / 100, -0.02),
    )


def fold(small: SweepPlan, number: int, found: Any, judged: Any, base: Any = 1.0) -> FoldFinding:
    """Return a fold whose trials came to `found` percent, its best to `judged` where judged."""
    trials = tuple(
        record_of(
            place,
            {LOOKBACK: place + 1, STOP: place % 2},
            JobAnswer(refusal="no") if pct is None else JobAnswer(score=score(pct)),
            small.space,
        )
        for place, pct in enumerate(found)
    )
    return FoldFinding(
        fold=small.folds[number - 1],
        trials=trials,
        best_score=None if judged is None else score(judged),
        base_searched=score(base),
        base_judged=score(base),
    )


def findings(small: SweepPlan, *folds: FoldFinding, elsewhere: int = 0) -> SweepFindings:
    return SweepFindings(plan=small, folds=folds, elsewhere=elsewhere)


def test_the_decay_is_what_was_gone_in_percent_of_what_was_found() -> None:
    assert decay_pct(4.0, 1.0, SearchGoal.TOTAL_PNL_PCT) == 75.0
    assert decay_pct(4.0, 5.0, SearchGoal.TOTAL_PNL_PCT) == -25.0
    assert decay_pct(4.0, -4.0, SearchGoal.TOTAL_PNL_PCT) == 200.0
    assert decay_pct(-4.0, -5.0, SearchGoal.TOTAL_PNL_PCT) == 25.0
    assert decay_pct(4.0, 5.0, SearchGoal.MAX_DRAWDOWN_PCT) == 25.0
    assert decay_pct(0.0, 5.0, SearchGoal.TOTAL_PNL_PCT) is None
    assert decay_pct(None, 5.0, SearchGoal.TOTAL_PNL_PCT) is None


def test_what_to_go_on_with_is_the_newest_folds(small: SweepPlan) -> None:
    found = findings(small, fold(small, 1, [9.0, 2.0], 3.0), fold(small, 2, [1.0, 4.0], 2.0))

    assert found.sets == (f"{LOOKBACK}=25", f"{STOP}=2")
    told = found.document
    assert told["best"] == {"fold": 2, "set": list(found.sets)}
    assert [each["best"]["trial"] for each in told["folds"]] == [0, 1]
    assert told["folds"][1]["best"]["decay_pct"] == 50.0
    assert told["out_of_sample"]["mean_decay_pct"] == pytest.approx((200 / 3 + 50) / 2)
    assert json.loads(json.dumps(told)) == told


def test_it_is_better_only_if_it_is_where_it_was_judged(small: SweepPlan) -> None:
    def is_better(judged: float | None, base: float) -> bool:
        return findings(small, fold(small, 1, [9.0], judged, base)).is_better

    assert is_better(2.0, 1.0)
    assert not is_better(1.0, 1.0)
    assert not is_better(0.5, 1.0)
    assert not is_better(None, -9.0)


def test_no_trade_where_it_is_judged_is_not_better(small: SweepPlan) -> None:
    idle = evolve(fold(small, 1, [9.0], 0.0, -5.0), best_score=score(0.0, trades=0))

    assert not findings(small, idle).is_better


def test_the_same_settings_again_are_no_trial(small: SweepPlan) -> None:
    once = fold(small, 1, [1.0, 2.0], 1.0)
    twice = evolve(once, trials=(*once.trials, *once.trials))

    assert (twice.distinct, twice.variance) == (once.distinct, once.variance) == (2, once.variance)
    assert findings(small, twice).document["trials"] == {
        "tried": 2,
        "asked": 4,
        "without_result": 0,
        "of_other_sweeps": 0,
    }


def test_the_deflated_ratio_counts_what_was_tried(small: SweepPlan) -> None:
    found = fold(small, 1, [1.0, 2.0, 3.0], 1.0)
    best = found.best

    assert best is not None
    assert best.moments is not None
    assert found.deflated == deflated_sharpe(best.moments, 3, found.variance)
    assert found.variance > 0


def test_without_any_result_that_is_said_and_nothing_else(small: SweepPlan) -> None:
    found = findings(small, fold(small, 1, [None, None], None))

    assert list(found.warnings()) == ["no trial had a result: no"]
    assert (found.sets, found.is_better, found.document["best"]) == ((), False, None)


def test_what_takes_the_shine_off_is_said(small: SweepPlan) -> None:
    lost = fold(small, 1, [None, None, 3.0], -2.0)
    few = evolve(fold(small, 2, [1.0], 1.0), best_score=score(-1.0, trades=3))
    at_edge = evolve(
        few, trials=tuple(evolve(t, indices={LOOKBACK: 0, STOP: 0}) for t in few.trials)
    )
    empty = fold(small, 2, [None], None)

    def told(*folds: FoldFinding, elsewhere: int = 0) -> str:
        return "\n".join(findings(small, *folds, elsewhere=elsewhere).warnings())

    assert "it lost 2.00 % where it was judged" in told(lost)
    assert "2 of 3 settings had no result: no" in told(lost)
    assert "3 closed trades where it was judged: too few" in told(few)
    assert f"fold 2: {LOOKBACK}=15 is the lowest of its range" in told(at_edge)
    assert "deflated Sharpe ratio below 0.95" in told(lost)
    assert "7 trials of other sweeps saw the same market" in told(lost, elsewhere=7)
    assert "fold 2: nothing was found that could be judged" in told(lost, empty)


def test_the_folder_does_not_matter(small: SweepPlan, tmp_path: Path) -> None:
    assert str(tmp_path.parent) not in json.dumps(small.document)
