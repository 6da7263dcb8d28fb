"""The search of all folds at once: batches are suggested, played by whoever, and kept in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, field, mutable

from app.sweep.crew import Crew, SweepBroken
from app.sweep.folds import Fold
from app.sweep.records import TrialRecord, record_of
from app.sweep.sampler import BATCH, batch_of
from app.sweep.space import SweepSpace
from app.sweep.trial import JobAnswer, SweepJob

Keep = Callable[[int, TrialRecord], None]
"""Keeps a finished trial of a fold for good."""
Heard = Callable[[int], None]


@mutable(kw_only=True)
class FoldSearch:
    """The trials of one fold. `records` are finished, in order; more are wanted up to `trials`."""

    space: SweepSpace
    fold: Fold
    trials: int
    records: list[TrialRecord]
    keep: Keep
    _batch: list[dict[str, int]] = field(factory=list, init=False)
    _known: dict[tuple[tuple[str, int], ...], TrialRecord] = field(factory=dict, init=False)
    _asked: dict[str, int] = field(factory=dict, init=False)

    def begun(self) -> list[tuple[str, SweepJob]]:
        """Return what has to be played first."""
        self._known = {each.key: each for each in self.records}
        return self._going_on()

    def heard(self, key: str, found: JobAnswer) -> list[tuple[str, SweepJob]]:
        """Take the answer of one trial; return what has to be played next, if anything."""
        number = self._asked.pop(key)
        record = record_of(number, self._batch[number % BATCH], found, self.space)
        self._known[record.key] = record
        return self._going_on()

    @property
    def is_over(self) -> bool:
        """Tell whether all trials that were wanted are finished."""
        return len(self.records) >= self.trials

    def _going_on(self) -> list[tuple[str, SweepJob]]:
        """Keep what is finished up to the first gap; begin the next batch where one is over."""
        jobs: list[tuple[str, SweepJob]] = []
        while not self.is_over:
            number = len(self.records)
            if not self._batch:
                jobs += self._begin_batch(number)
            indices = self._batch[number % BATCH]
            same = self._known.get(_key(indices))
            if same is None:
                return jobs
            record = evolve(same, number=number)
            self.keep(self.fold.number, record)
            self.records.append(record)
            if not len(self.records) % BATCH:
                self._batch = []
        return jobs

    def _begin_batch(self, number: int) -> list[tuple[str, SweepJob]]:
        """Suggest a batch, and return what of it nobody has played yet."""
        first = number // BATCH * BATCH
        history, done = self.records[:first], self.records[first:]
        batch = batch_of(self.space, history, fold=self.fold.number, batch=number // BATCH)
        for record, indices in zip(done, batch, strict=False):
            if record.indices != indices:
                raise SweepBroken(
                    f"trial {record.number} of fold {self.fold.number} was suggested otherwise"
                    " before: begin anew with another --storage"
                )
        self._batch = batch
        jobs = {}
        for place in range(number - first, min(BATCH, self.trials - first)):
            indices = batch[place]
            if _key(indices) not in self._known and _key(indices) not in jobs:
                name = f"trial {first + place} of fold {self.fold.number}"
                self._asked[name] = first + place
                job = SweepJob(sets=self.space.sets(indices), during=self.fold.searched)
                jobs[_key(indices)] = (name, job)
        return list(jobs.values())


def search(searches: Sequence[FoldSearch], crew: Crew, heard: Heard) -> None:
    """Let `crew` play everything that is wanted; `heard` is told how many trials are finished."""
    open_jobs: dict[str, FoldSearch] = {}

    def hand_over(each: FoldSearch, jobs: list[tuple[str, SweepJob]]) -> None:
        for key, job in jobs:
            open_jobs[key] = each
            crew.submit(key, job)

    for each in searches:
        hand_over(each, each.begun())
    while open_jobs:
        heard(sum(len(each.records) for each in searches))
        key, found = crew.take()
        each = open_jobs.pop(key)
        hand_over(each, each.heard(key, found))
    heard(sum(len(each.records) for each in searches))


def played(crew: Crew, jobs: Mapping[str, SweepJob]) -> dict[str, JobAnswer]:
    """Return the answers to some jobs, by their names."""
    for key, job in jobs.items():
        crew.submit(key, job)
    found = dict(crew.take() for _ in jobs)
    return {key: found[key] for key in jobs}


def _key(indices: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(indices.items()))
