"""A trial is a backtest of its own settings; another program or market answers nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from attrs import evolve

from app.backtest.outcome import run
from app.backtest.plan import plan_of
from app.sweep.plan import SweepPlan
from app.sweep.trial import OtherProgram, SweepJob, answer
from config.loading import load
from domain.model.instants import Nanos
from tests.builders.sweeps import SETS, SPACE, plan

pytestmark = pytest.mark.req("BT2")
TRIED = ("strategies.breakout.stop_loss_pct=1", "strategies.breakout.lookback_minutes=15")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SweepPlan:
    return plan(tmp_path_factory.mktemp("sweep"))


def test_its_score_is_that_of_the_backtest_with_the_same_settings(small: SweepPlan) -> None:
    during = small.folds[1].judged
    config = load("config", (*SETS, *TRIED))
    alone = run(
        plan_of(
            small.question.market,
            config,
            seed=1,
            lookback_ns=Nanos(0),
            from_ns=during.start_ns,
            to_ns=during.end_ns,
        ),
        lambda _: None,
    )

    found = answer(small.question, SweepJob(sets=TRIED, during=during)).score

    assert found is not None
    assert found.trades == alone.results.summary.trades > 0
    assert found.pnl_pct == float(alone.pnl_pct)


def test_the_same_job_has_the_same_answer_whatever_was_played_before(small: SweepPlan) -> None:
    job = SweepJob(sets=TRIED, during=small.folds[0].searched)
    first = answer(small.question, job)
    answer(small.question, SweepJob(sets=(), during=small.folds[1].searched))

    assert answer(small.question, job) == first
    assert pickle.loads(pickle.dumps(first)) == first


def test_settings_that_can_not_be_are_told(small: SweepPlan) -> None:
    job = SweepJob(sets=("strategies.breakout.stop_loss_pct=90",), during=small.folds[0].searched)

    assert "90" in answer(small.question, job).refusal


def test_one_that_looks_back_further_than_the_gap_is_told(small: SweepPlan) -> None:
    job = SweepJob(
        sets=("strategies.breakout.lookback_minutes=600",), during=small.folds[0].searched
    )

    assert "longer than the gap" in answer(small.question, job).refusal


def test_another_program_or_market_answers_nothing(small: SweepPlan, tmp_path: Path) -> None:
    question, job = small.question, SweepJob(sets=(), during=small.folds[0].searched)
    other = {**question.identity, "configuration and program": "0123456789abcdef"}

    with pytest.raises(OtherProgram, match="and the sweep's is 0123456789abcdef"):
        answer(evolve(question, identity=other), job)
    with pytest.raises(OtherProgram, match="does not exist"):
        answer(evolve(question, market=str(tmp_path / "nowhere.parquet")), job)
    assert SPACE
