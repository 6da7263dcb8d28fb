"""Finished trials, kept in a database by Optuna: a trial is there whole, or not at all.

Nothing is written before a trial is finished and all before it are there. A search that was killed
therefore finds exactly the trials that count, and plays the others again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.sweep.records import TrialRecord, kept
from app.sweep.sampler import frozen_trial, places
from app.sweep.space import SweepSpace
from domain.model.errors import TradingError


class StorageUnusable(TradingError):
    """The database of trials can't be opened or written; the text says why."""


class TrialStore:
    """The trials of one sweep, by fold."""

    def __init__(self, url: str, sweep: str, market: str) -> None:
        """Open the database at `url`; `sweep` names the trials and `market` what they are of.

        Raises:
            StorageUnusable: it can't be opened.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._sweep, self._market = sweep, market
        self._studies: dict[int, Study] = {}
        try:
            self._storage = RDBStorage(url)
        except ImportError as error:
            kind = url.partition(":")[0]
            raise StorageUnusable(
                f"--storage: the driver of {kind} is not installed here; that of postgresql://"
                " comes with `./scripts/setup research`"
            ) from error
        except (OptunaError, SQLAlchemyError, ValueError) as error:
            raise StorageUnusable(f"--storage {shown_url(url)}: {_reason(error)}") from error

    def close(self) -> None:
        """Let go of the database."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def records(self, fold: int) -> list[TrialRecord]:
        """Return the finished trials of a fold, in order.

        Raises:
            StorageUnusable: it can't be read.
        """
        try:
            return [
                kept(each.number, places(each.params), _value(each), each.user_attrs)
                for each in self._study(fold).get_trials(deepcopy=False)
            ]
        except (OptunaError, SQLAlchemyError) as error:
            raise StorageUnusable(f"--storage: {_reason(error)}") from error

    def add(self, fold: int, record: TrialRecord, space: SweepSpace) -> None:
        """Keep the next finished trial of a fold.

        Raises:
            StorageUnusable: it can't be written, or somebody else writes there.
        """
        try:
            study = self._study(fold)
            there = len(study.get_trials(deepcopy=False))
            if there != record.number:
                raise StorageUnusable(
                    f"--storage: somebody else writes the trials of fold {fold}: there are {there},"
                    f" and {record.number} were expected"
                )
            study.add_trial(frozen_trial(space, record))
        except (OptunaError, SQLAlchemyError) as error:
            raise StorageUnusable(f"--storage: {_reason(error)}") from error

    def elsewhere(self) -> int:
        """Return how many trials other sweeps of this storage have made on the same market."""
        found = 0
        for each in self._storage.get_all_studies():
            told = each.user_attrs
            if told.get("market") == self._market and told.get("sweep") != self._sweep:
                found += self._storage.get_n_trials(each._study_id)
        return found

    def _study(self, fold: int) -> Study:
        if fold not in self._studies:
            study = optuna.create_study(
                storage=self._storage,
                study_name=f"{self._sweep} fold {fold}",
                direction="maximize",
                load_if_exists=True,
            )
            told: Mapping[str, Any] = {"sweep": self._sweep, "market": self._market, "fold": fold}
            for name, value in told.items():
                study.set_user_attr(name, value)
            self._studies[fold] = study
        return self._studies[fold]


def sqlite_url(file: Path) -> str:
    """Return how a file is named as a storage."""
    return f"sqlite:///{file.absolute()}"


def shown_url(url: str) -> str:
    """Return a storage as it may be shown: without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return url.partition(":")[0] + ":…"


def _value(trial: optuna.trial.FrozenTrial) -> float | None:
    return trial.value if trial.state is TrialState.COMPLETE else None


def _reason(error: Exception) -> str:
    told = str(getattr(error, "orig", None) or error)  # what the driver itself says, if it does
    return told.splitlines()[0] if told else type(error).__name__
