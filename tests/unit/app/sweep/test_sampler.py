"""What is suggested depends on seed, fold, batch and history, and on nothing else."""

from __future__ import annotations

import random

import numpy as np
import pytest

from app.sweep.records import TrialRecord
from app.sweep.sampler import BATCH, batch_of, frozen_trial, places
from app.sweep.space import Dimension, SweepSpace

pytestmark = pytest.mark.req("BT2")
SPACE = SweepSpace(
    parameters=(
        Dimension(key="policy.a", values=tuple(map(str, range(50))), is_range=True),
        Dimension(key="policy.b", values=("x", "y", "z"), is_range=False),
    )
)


def history(length: int) -> list[TrialRecord]:
    """Return trials whose value is highest at 30 and y; each fifth has no result."""
    found: list[TrialRecord] = []
    while len(found) < length:
        for indices in batch_of(SPACE, found, fold=1, batch=len(found) // BATCH):
            number = len(found)
            value = -abs(indices["policy.a"] - 30) + 5.0 * (indices["policy.b"] == 1)
            found.append(
                TrialRecord(number=number, indices=indices, value=value if number % 5 else None)
            )
    return found


def test_the_same_history_suggests_the_same_whatever_else_is_drawn() -> None:
    before = history(3 * BATCH)
    random.seed(5)
    np.random.default_rng(5)

    assert history(3 * BATCH) == before


def test_folds_and_batches_suggest_otherwise() -> None:
    first = batch_of(SPACE, [], fold=1, batch=0)

    assert len(first) == BATCH
    assert batch_of(SPACE, [], fold=2, batch=0) != first
    assert batch_of(SPACE, [], fold=1, batch=1) != first


def test_suggestions_are_places_of_values() -> None:
    for each in history(4 * BATCH):
        assert SPACE.sets(each.indices)[0].startswith("policy.a=")
        assert 0 <= each.indices["policy.a"] < 50
        assert 0 <= each.indices["policy.b"] < 3


def test_what_was_found_draws_later_suggestions_nearer() -> None:
    found = history(8 * BATCH)

    def off(part: list[TrialRecord]) -> float:
        return sum(abs(each.indices["policy.a"] - 30) for each in part) / len(part)

    assert off(found[-2 * BATCH :]) < off(found[: 2 * BATCH]) / 2


def test_a_trial_without_a_result_is_no_failure_to_be_repeated() -> None:
    frozen = frozen_trial(
        SPACE, TrialRecord(number=0, indices={"policy.a": 3, "policy.b": 1}, value=None)
    )

    assert frozen.state.is_finished()
    assert places(frozen.params) == {"policy.a": 3, "policy.b": 1}
