"""A finished trial, as it is kept and as it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import asdict, field, frozen

from app.sweep.space import SweepSpace
from app.sweep.trial import JobAnswer
from domain.results.sharpe import ReturnMoments


@frozen(kw_only=True)
class TrialRecord:
    """One trial of a fold. `indices` tell which value each key had; `value` is what is looked for,
    more being better, None for no result, and `why` says then what was missing.

    `metrics` and `moments` are those of the searched time.
    """

    number: int
    indices: Mapping[str, int]
    value: float | None
    why: str = ""
    metrics: Mapping[str, Any] = field(factory=dict)
    moments: ReturnMoments | None = None

    @property
    def key(self) -> tuple[tuple[str, int], ...]:
        """Return what two trials of the same settings share."""
        return tuple(sorted(self.indices.items()))

    @property
    def attributes(self) -> dict[str, Any]:
        """Return what of it a storage keeps besides indices and value."""
        shape = None if self.moments is None else asdict(self.moments)
        return {"why": self.why, "metrics": dict(self.metrics), "moments": shape}


def record_of(
    number: int, indices: Mapping[str, int], found: JobAnswer, space: SweepSpace
) -> TrialRecord:
    """Return the record of a trial that has come to `found`."""
    score = found.score
    if score is None:
        return TrialRecord(number=number, indices=indices, value=None, why=found.refusal)
    value, why = score.value(space.wanted), ""
    if score.trades < space.min_trades:
        value, why = None, f"{score.trades} closed trades are fewer than {space.min_trades}"
    elif value is None:
        why = f"it has no {space.wanted.value}"
    return TrialRecord(
        number=number,
        indices=indices,
        value=None if value is None else space.wanted.sign * value,
        why=why,
        metrics=score.document,
        moments=score.moments,
    )


def kept(
    number: int, indices: Mapping[str, int], value: float | None, told: Mapping[str, Any]
) -> TrialRecord:
    """Return a record out of what a storage has kept of it."""
    shape = told.get("moments")
    return TrialRecord(
        number=number,
        indices=indices,
        value=value,
        why=told.get("why", ""),
        metrics=told.get("metrics", {}),
        moments=None if shape is None else ReturnMoments(**shape),
    )


def best_of(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the record of the highest value, the first of equal ones; None without any."""
    valued = [each for each in records if each.value is not None]
    return max(valued, key=lambda each: (each.value or 0.0, -each.number), default=None)
