"""Which settings to try next: a function of what was found so far, and of nothing else.

Suggestions are made in batches whose size does not depend on who plays them, each by a sampler of
its own seed that has seen the trials of earlier batches. So a search finds the same with one worker
and with a hundred, and the same again after it was interrupted.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalChoiceType,
    CategoricalDistribution,
    IntDistribution,
)
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from app.sweep.records import TrialRecord
from app.sweep.space import Dimension, SweepSpace

BATCH = 8
"""Trials of a fold that may be played at the same time; folds go on side by side."""
VERSION = optuna.__version__
"""Another version may suggest otherwise."""


def batch_of(
    space: SweepSpace, history: Sequence[TrialRecord], *, fold: int, batch: int
) -> list[dict[str, int]]:
    """Return the indices of the trials of a batch (from 0), given those of all batches before."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = TPESampler(seed=_seed(space.seed, fold, batch), constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials([frozen_trial(space, each) for each in history])
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        for _ in range(BATCH):
            asked = study.ask(fixed_distributions=distributions(space))
            found.append({name: int(value) for name, value in asked.params.items()})
    return found


def frozen_trial(space: SweepSpace, record: TrialRecord) -> FrozenTrial:
    """Return a record as Optuna keeps it; one without a result counts as worse than any other."""
    has_value = record.value is not None
    return create_trial(
        state=TrialState.COMPLETE if has_value else TrialState.PRUNED,
        value=record.value,
        params=dict(record.indices),
        distributions=distributions(space),
        user_attrs=record.attributes,
    )


def distributions(space: SweepSpace) -> dict[str, BaseDistribution]:
    """Return what Optuna draws from: the places of values, never the values themselves."""
    return {each.key: _distribution(each) for each in space.parameters}


def _distribution(dimension: Dimension) -> BaseDistribution:
    last = len(dimension.values) - 1
    if dimension.is_range:
        return IntDistribution(0, last)
    places: Sequence[CategoricalChoiceType] = tuple(range(last + 1))
    return CategoricalDistribution(places)


def _seed(seed: int, fold: int, batch: int) -> int:
    text = f"{seed} {fold} {batch}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def places(params: Mapping[str, object]) -> dict[str, int]:
    """Return the indices out of what Optuna has kept."""
    return {name: int(str(value)) for name, value in params.items()}
