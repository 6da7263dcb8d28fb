"""Trials are suggested in batches and kept in order, in whatever order they are played."""

from __future__ import annotations

import random

import pytest
from attrs import field, mutable

from app.sweep.crew import SweepBroken
from app.sweep.folds import Fold, TimeSpan
from app.sweep.records import TrialRecord
from app.sweep.sampler import BATCH
from app.sweep.search import FoldSearch, played, search
from app.sweep.space import Dimension, SweepSpace
from app.sweep.trial import JobAnswer, SweepJob
from domain.model.instants import HOUR, Nanos
from tests.unit.app.sweep.test_records import answered

pytestmark = pytest.mark.req("BT2")
SPACE = SweepSpace(
    objective="total_pnl_pct",
    min_trades=1,
    parameters=(
        Dimension(key="policy.a", values=tuple(map(str, range(12))), is_range=True),
        Dimension(key="policy.b", values=("1", "2"), is_range=False),
    ),
)
HERE, THERE = TimeSpan(Nanos(0), Nanos(HOUR)), TimeSpan(Nanos(2 * HOUR), Nanos(3 * HOUR))


@mutable
class FakeCrew:
    """Answers at once, in an order that a seed draws; some settings are refused."""

    draw: random.Random
    asked: list[str] = field(factory=list)
    _waiting: list[tuple[str, SweepJob]] = field(factory=list)

    def submit(self, key: str, job: SweepJob) -> None:
        self.asked.append(key)
        self._waiting.append((key, job))

    def take(self) -> tuple[str, JobAnswer]:
        key, job = self._waiting.pop(self.draw.randrange(len(self._waiting)))
        a, b = (int(each.partition("=")[2]) for each in job.sets)
        if a == 3:
            return key, JobAnswer(refusal="3 can't be")
        return key, answered(pnl_pct=float(10 - abs(a - 7) + b))

    def close(self) -> None:
        """Nobody is there to be let go."""


def searched(
    seed: int, trials: int, known: dict[int, list[TrialRecord]] | None = None, folds: int = 2
) -> tuple[dict[int, list[TrialRecord]], FakeCrew]:
    """Return what is kept by fold, and the crew that has played it."""
    kept = {number: list((known or {}).get(number, [])) for number in range(1, folds + 1)}
    crew = FakeCrew(random.Random(seed))
    searches = [
        FoldSearch(
            space=SPACE,
            fold=Fold(number, HERE, THERE),
            trials=trials,
            records=list(kept[number]),
            keep=lambda number, record: kept[number].append(record),
        )
        for number in kept
    ]
    search(searches, crew, lambda _: None)
    assert all(each.is_over for each in searches)
    assert [each.records for each in searches] == list(kept.values())
    return kept, crew


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_answers_changes_nothing(seed: int) -> None:
    assert searched(seed, 20)[0] == searched(100, 20)[0]


def test_trials_are_numbered_without_a_gap() -> None:
    for records in searched(1, 20)[0].values():
        assert [each.number for each in records] == list(range(20))


def test_the_same_settings_are_played_once() -> None:
    kept, crew = searched(1, 40)

    for number, records in kept.items():
        distinct = len({each.key for each in records})
        played_here = [each for each in crew.asked if each.endswith(f"fold {number}")]
        assert distinct == len(played_here) < 40


@pytest.mark.parametrize("cut", [0, 1, 5, BATCH - 1, BATCH, BATCH + 3, 19, 20])
def test_a_search_that_was_cut_goes_on_as_if_it_was_not(cut: int) -> None:
    whole, _ = searched(1, 20)
    begun = {number: records[:cut] for number, records in whole.items()}

    again, crew = searched(2, 20, begun)

    assert again == whole
    wanted = sum(
        len({each.key for each in records} - {each.key for each in begun[number]})
        for number, records in whole.items()
    )
    assert len(crew.asked) == wanted


def test_more_trials_later_are_as_if_they_had_been_wanted_at_once() -> None:
    few, _ = searched(1, 10)

    assert searched(2, 24, few)[0] == searched(3, 24)[0]


def test_fewer_trials_than_there_are_play_nothing_and_lose_nothing() -> None:
    many, _ = searched(1, 20)

    kept, crew = searched(2, 5, many)

    assert kept == many
    assert crew.asked == []


def test_trials_that_would_be_suggested_otherwise_now_are_not_mixed() -> None:
    whole, _ = searched(1, 10, folds=1)
    first = whole[1][0]
    other = TrialRecord(number=0, indices={**first.indices, "policy.a": 99}, value=1.0)

    with pytest.raises(SweepBroken, match="begin anew with another --storage"):
        searched(1, 20, {1: [other]}, folds=1)


def test_answers_come_back_by_their_names() -> None:
    jobs = {
        f"job {n}": SweepJob(sets=(f"policy.a={n}", "policy.b=1"), during=HERE) for n in range(6)
    }

    found = played(FakeCrew(random.Random(3)), jobs)

    assert list(found) == list(jobs)
    scores = [each.score for each in found.values()]
    told = [None if each is None else each.pnl_pct for each in scores]
    assert told == [4.0, 5.0, 6.0, None, 8.0, 9.0]
