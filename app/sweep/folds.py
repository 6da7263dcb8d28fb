"""Walk-forward: search in one stretch of time, judge in a later one, and go on.

Between both lies a gap as long as the longest hold and the longest look-back together. So no trade
that began while it was searched is still open where it is judged, and no bar that is judged by was
part of the search (purge and embargo).
"""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.errors import TradingError
from domain.model.instants import HOUR, MINUTE, Nanos, iso

LEAST_NS = HOUR
"""What is judged must be at least this long; stretches are whole hours, as returns are."""


class TooShort(TradingError):
    """There is no room for the folds; the text says how much would be needed."""


@frozen
class TimeSpan:
    """Market time from `start_ns` to before `end_ns`, both whole minutes."""

    start_ns: Nanos
    end_ns: Nanos

    @property
    def document(self) -> dict[str, str]:
        """Return it as JSON says it."""
        return {"from": iso(self.start_ns), "to": iso(self.end_ns)}


@frozen
class Fold:
    """Where is searched and where is judged; `number` counts from 1."""

    number: int
    searched: TimeSpan
    judged: TimeSpan


def folds_of(
    whole: TimeSpan, *, count: int, in_sample: Decimal, gap_ns: int, anchored: bool
) -> tuple[Fold, ...]:
    """Return `count` folds of `whole`; what is judged follows on without overlap.

    `in_sample` (>= 1) says how many times longer the searched stretch is; `anchored` ones all
    begin where `whole` does and grow.

    Raises:
        TooShort: what is judged would be shorter than an hour.
    """
    gap_ns = -(-gap_ns // MINUTE) * MINUTE
    there = whole.end_ns - whole.start_ns - gap_ns
    length = int(there / (in_sample + count)) // HOUR * HOUR
    if length < LEAST_NS:
        need = gap_ns + int(LEAST_NS * (in_sample + count))
        raise TooShort(
            f"{_hours(whole.end_ns - whole.start_ns)} are too short for {count} folds: with"
            f" {_hours(gap_ns)} between search and judgement (longest hold and look-back) they need"
            f" {_hours(need)}; take a longer market, fewer folds, or a shorter max_hold"
        )
    searched_ns = int(length * in_sample) // HOUR * HOUR
    found = []
    for number in range(count):
        start = whole.start_ns + number * length
        end = start + searched_ns
        judged = TimeSpan(Nanos(end + gap_ns), Nanos(end + gap_ns + length))
        first = whole.start_ns if anchored else start
        found.append(Fold(number + 1, TimeSpan(Nanos(first), Nanos(end)), judged))
    return tuple(found)


def _hours(length_ns: int) -> str:
    return f"{length_ns / HOUR:.1f} h"
