"""A sweep from its first trial to its findings."""

from __future__ import annotations

from app.sweep.crew import Crew
from app.sweep.findings import FoldFinding, SweepFindings
from app.sweep.folds import Fold, TimeSpan
from app.sweep.plan import SweepPlan
from app.sweep.records import TrialRecord, best_of
from app.sweep.score import WindowScore
from app.sweep.search import FoldSearch, Heard, played, search
from app.sweep.store import TrialStore
from app.sweep.trial import JobAnswer, SweepJob


def conduct(
    plan: SweepPlan, store: TrialStore, crew: Crew, *, trials: int, heard: Heard
) -> SweepFindings:
    """Search every fold up to `trials` of it, those that `store` has included, and judge.

    Raises:
        SweepBroken, OtherProgram: who plays the trials can't go on.
        StorageUnusable: trials can't be kept.
    """
    searches = [
        FoldSearch(
            space=plan.space,
            fold=fold,
            trials=trials,
            records=store.records(fold.number),
            keep=lambda number, record: store.add(number, record, plan.space),
        )
        for fold in plan.folds
    ]
    search(searches, crew, heard)
    answers = played(crew, _judging(plan, searches))
    folds = tuple(_finding(each, answers) for each in searches)
    return SweepFindings(plan=plan, folds=folds, elsewhere=store.elsewhere())


def _judging(plan: SweepPlan, searches: list[FoldSearch]) -> dict[str, SweepJob]:
    """Return what is left to be played: each best where it is judged, and the settings as they
    are in both stretches.
    """
    jobs = {}
    for each in searches:
        fold = each.fold
        jobs[_name("baseline", fold, fold.searched)] = SweepJob(sets=(), during=fold.searched)
        jobs[_name("baseline", fold, fold.judged)] = SweepJob(sets=(), during=fold.judged)
        best = best_of(each.records)
        if best is not None:
            sets = plan.space.sets(best.indices)
            jobs[_name("best", fold, fold.judged)] = SweepJob(sets=sets, during=fold.judged)
    return jobs


def _finding(each: FoldSearch, answers: dict[str, JobAnswer]) -> FoldFinding:
    fold = each.fold

    def score(who: str, during: TimeSpan) -> WindowScore | None:
        found = answers.get(_name(who, fold, during))
        return None if found is None else found.score

    trials: tuple[TrialRecord, ...] = tuple(each.records)
    return FoldFinding(
        fold=fold,
        trials=trials,
        best_score=score("best", fold.judged),
        base_searched=score("baseline", fold.searched),
        base_judged=score("baseline", fold.judged),
    )


def _name(who: str, fold: Fold, during: TimeSpan) -> str:
    where = "where it searched" if during is fold.searched else "where it is judged"
    return f"the {who} of fold {fold.number} {where}"
