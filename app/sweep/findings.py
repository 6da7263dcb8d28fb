"""What a sweep has found: by fold and over all, with what takes the shine off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from app.sweep.folds import Fold
from app.sweep.objectives import SearchGoal
from app.sweep.plan import SweepPlan
from app.sweep.records import TrialRecord, best_of
from app.sweep.score import WindowScore, joined, rounded
from domain.model.wording import counted
from domain.results.sharpe import best_by_chance, deflated_sharpe

SCHEMA = 1
FEW_TRADES = 30
"""Fewer trades where it is judged tell skill from luck badly."""
CREDIBLE = 0.95
"""A deflated Sharpe ratio below may be chance."""


@frozen(kw_only=True)
class FoldFinding:
    """The trials of a fold, and what its best and the settings as they are came to where judged.

    `best_score` is None where no trial had a result, or the best could not be played there.
    """

    fold: Fold
    trials: tuple[TrialRecord, ...]
    best_score: WindowScore | None
    base_searched: WindowScore | None
    base_judged: WindowScore | None

    @property
    def best(self) -> TrialRecord | None:
        """Return the best trial of the searched time."""
        return best_of(self.trials)

    @property
    def distinct(self) -> int:
        """Return how many settings were tried; the same again is no trial."""
        return len({each.key for each in self.trials})

    @property
    def without_result(self) -> int:
        """Return how many settings had no result."""
        return len({each.key for each in self.trials if each.value is None})

    @property
    def variance(self) -> float:
        """Return the variance of the Sharpe ratios of what was tried, by the hour."""
        known = {each.key: each.moments.sharpe for each in self.trials if each.moments is not None}
        found = list(known.values())
        if len(found) < 2:
            return 0.0
        mean = sum(found) / len(found)
        return sum((each - mean) ** 2 for each in found) / (len(found) - 1)

    @property
    def deflated(self) -> float | None:
        """Return how probable it is that the best is no chance find; None where nothing says."""
        best = self.best
        if best is None or best.moments is None:
            return None
        return deflated_sharpe(best.moments, self.distinct, self.variance)

    def decay_pct(self, objective: SearchGoal) -> float | None:
        """Return how much of what was found is gone where it is judged, in percent of it."""
        best = self.best
        if best is None or self.best_score is None:
            return None
        searched = best.metrics.get(objective.value)
        return decay_pct(searched, self.best_score.value(objective), objective)


@frozen(kw_only=True)
class SweepFindings:
    """Everything that a sweep has come to. `elsewhere` are trials of other sweeps on its market."""

    plan: SweepPlan
    folds: tuple[FoldFinding, ...]
    elsewhere: int

    @property
    def newest(self) -> FoldFinding | None:
        """Return the newest fold that has a best: its settings are those to go on with."""
        return next((each for each in reversed(self.folds) if each.best is not None), None)

    @property
    def sets(self) -> tuple[str, ...]:
        """Return the overrides to go on with; none where no trial had a result."""
        newest = self.newest
        if newest is None or newest.best is None:
            return ()
        return self.plan.space.sets(newest.best.indices)

    @property
    def judged(self) -> WindowScore | None:
        """Return what following each search's best came to where it was judged; None: nothing."""
        known = [each.best_score for each in self.folds if each.best_score is not None]
        return joined(known) if known else None

    @property
    def base(self) -> WindowScore | None:
        """Return what the settings as they are came to in the same time."""
        there = [each.base_judged for each in self.folds if each.best_score is not None]
        known = [each for each in there if each is not None]
        return joined(known) if known and len(known) == len(there) else None

    @property
    def is_better(self) -> bool:
        """Tell whether what was found is better than the settings as they are, where judged."""
        objective, found, base = self.plan.space.wanted, self.judged, self.base
        value = None if found is None else found.value(objective)
        if value is None or found is None or not found.trades:
            return False
        before = None if base is None else base.value(objective)
        return before is None or objective.sign * (value - before) > 0

    @property
    def trials(self) -> int:
        """Return how many settings were tried, over all folds."""
        return sum(each.distinct for each in self.folds)

    def warnings(self) -> Iterator[str]:
        """Yield what makes the result worth less than it looks, in sentences."""
        found = self.judged
        if self.newest is None:
            yield f"no trial had a result: {_why(self.folds)}"
            return
        empty = [each.fold.number for each in self.folds if each.best_score is None]
        if empty:
            yield f"fold {_list(empty)}: nothing was found that could be judged; it counts nowhere"
        if found is not None:
            yield from _of_result(found)
        yield from self._of_trials()
        yield from self._of_edges()

    def _of_trials(self) -> Iterator[str]:
        weak = [each.fold.number for each in self.folds if (each.deflated or 0.0) < CREDIBLE]
        if weak:
            yield (
                f"fold {_list(weak)}: the best may be chance: of so many trials one looks as good"
                f" without being so (deflated Sharpe ratio below {CREDIBLE})"
            )
        barren = sum(each.without_result for each in self.folds)
        if barren * 2 > self.trials:
            yield f"{barren} of {self.trials} settings had no result: {_why(self.folds)}"
        if self.elsewhere:
            yield (
                f"{counted(self.elsewhere, 'trial')} of other sweeps saw the same market; the"
                " deflated Sharpe ratio doesn't count them"
            )

    def _of_edges(self) -> Iterator[str]:
        for each in self.plan.space.parameters:
            if not each.is_range:
                continue
            for place, name in ((0, "lowest"), (len(each.values) - 1, "highest")):
                there = [
                    found.fold.number
                    for found in self.folds
                    if found.best is not None and found.best.indices[each.key] == place
                ]
                if there:
                    yield (
                        f"fold {_list(there)}: {each.text(place)} is the {name} of its range;"
                        " better ones may lie beyond"
                    )

    @property
    def document(self) -> dict[str, Any]:
        """Return the report as JSON says it: the same whoever has played the trials."""
        objective = self.plan.space.wanted
        newest = self.newest
        return {
            "schema": SCHEMA,
            "sweep": self.plan.identity,
            **self.plan.document,
            "trials": {
                "tried": self.trials,
                "asked": sum(len(each.trials) for each in self.folds),
                "without_result": sum(each.without_result for each in self.folds),
                "of_other_sweeps": self.elsewhere,
            },
            "folds": [_fold(each, self.plan) for each in self.folds],
            "out_of_sample": {
                "best": _score(self.judged),
                "baseline": _score(self.base),
                "mean_decay_pct": rounded(mean_decay_pct(self.folds, objective)),
            },
            "best": None
            if newest is None
            else {"fold": newest.fold.number, "set": list(self.sets)},
            "is_better": self.is_better,
            "warnings": list(self.warnings()),
        }


def decay_pct(searched: float | None, judged: float | None, objective: SearchGoal) -> float | None:
    """Return how much worse `judged` is than `searched`, in percent of the latter; < 0: better."""
    if searched is None or judged is None or not searched:
        return None
    return 100 * objective.sign * (searched - judged) / abs(searched)


def mean_decay_pct(folds: Sequence[FoldFinding], objective: SearchGoal) -> float | None:
    """Return the decay of the folds on average, None where none is known."""
    known = [each.decay_pct(objective) for each in folds]
    found = [each for each in known if each is not None]
    return sum(found) / len(found) if found else None


def _of_result(found: WindowScore) -> Iterator[str]:
    if found.trades < FEW_TRADES:
        yield (
            f"{counted(found.trades, 'closed trade')} where it was judged: too few to tell skill"
            " from luck"
        )
    if found.pnl_pct <= 0:
        yield f"it lost {-found.pnl_pct:.2f} % where it was judged"


def _why(folds: Sequence[FoldFinding]) -> str:
    """Return the most usual reason for having no result."""
    reasons = [each.why for fold in folds for each in fold.trials if each.value is None]
    return max(sorted(set(reasons)), key=reasons.count)


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(str(each) for each in numbers)


def _score(score: WindowScore | None) -> dict[str, Any] | None:
    return None if score is None else score.document


def _fold(found: FoldFinding, plan: SweepPlan) -> dict[str, Any]:
    best, objective = found.best, plan.space.wanted
    chance = best_by_chance(found.distinct, found.variance)
    return {
        "number": found.fold.number,
        "searched": found.fold.searched.document,
        "judged": found.fold.judged.document,
        "tried": found.distinct,
        "without_result": found.without_result,
        "best": None
        if best is None
        else {
            "trial": best.number,
            "set": list(plan.space.sets(best.indices)),
            "in_sample": dict(best.metrics),
            "out_of_sample": _score(found.best_score),
            "decay_pct": rounded(found.decay_pct(objective)),
            "deflated_sharpe": rounded(found.deflated),
            "hourly_sharpe": rounded(None if best.moments is None else best.moments.sharpe),
            "hourly_sharpe_by_chance": rounded(chance),
        },
        "baseline": {
            "in_sample": _score(found.base_searched),
            "out_of_sample": _score(found.base_judged),
        },
    }
