"""Workers of a sweep: who dies loses nothing, and what kills everybody ends the sweep in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from app.sweep.cluster import ClusterCrew, ClusterUnreachable
from app.sweep.crew import DEATHS_MAX, LocalCrew, SweepBroken
from app.sweep.plan import SweepPlan
from app.sweep.trial import OtherProgram, SweepJob, answer
from tests.builders.sweeps import plan

pytestmark = pytest.mark.req("BT2")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SweepPlan:
    return plan(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def crew(small: SweepPlan, told: list[str]) -> Iterator[LocalCrew]:
    made = LocalCrew(small.question, 1, told.append)
    yield made
    made.close()
    assert made.pids == ()


def test_a_job_of_a_worker_that_was_killed_is_played_by_another(
    crew: LocalCrew, small: SweepPlan, told: list[str]
) -> None:
    job = SweepJob(sets=(), during=small.folds[0].judged)
    crew.submit("a job", job)
    (first,) = crew.pids
    os.kill(first, signal.SIGKILL)

    assert crew.take() == ("a job", answer(small.question, job))
    assert crew.pids != (first,)
    assert told == [
        f"worker {first} has ended with -9 while it played a job: another one plays it again"
    ]


def test_a_job_that_takes_every_worker_with_it_ends_the_sweep(
    crew: LocalCrew, small: SweepPlan, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hire = LocalCrew._hired

    def doomed(self: LocalCrew) -> object:
        worker = hire(self)
        worker.process.kill()
        return worker

    monkeypatch.setattr(LocalCrew, "_hired", doomed)

    crew.submit("a job", SweepJob(sets=(), during=small.folds[0].judged))
    with pytest.raises(SweepBroken, match=f"number {DEATHS_MAX} that does"):
        crew.take()


def test_what_a_worker_can_not_answer_is_said_as_what_it_is(
    small: SweepPlan, told: list[str], tmp_path: Path
) -> None:
    elsewhere = evolve(small.question, market=str(tmp_path / "nowhere.parquet"))
    crew = LocalCrew(elsewhere, 1, told.append)
    crew.submit("a job", SweepJob(sets=(), during=small.folds[0].judged))

    with pytest.raises(OtherProgram, match="does not exist"):
        crew.take()
    crew.close()


def test_a_cluster_that_nobody_answers_for_is_said(small: SweepPlan, told: list[str]) -> None:
    with pytest.raises(ClusterUnreachable, match="--cluster nonsense://x"):
        ClusterCrew(small.question, "nonsense://x", told.append)
