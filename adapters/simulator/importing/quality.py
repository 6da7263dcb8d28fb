"""How good recorded candles are: gaps, and bars that look wrong."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from domain.model.instants import MINUTE, Nanos
from domain.model.product import ProductId

MOVE = 0.1
"""A bar that moves more than this is looked at."""
BACK = 0.5
"""An outlier has more than this part of its move undone by the next bar."""
SHOWN = 5


@frozen(kw_only=True)
class Quality:
    """One product's candles. Times are starts of bars; `outliers_at` are the first few."""

    product: ProductId
    rows: int
    first_ns: Nanos
    last_ns: Nanos
    missing: int
    """Minutes between first and last without a row."""
    gaps: int
    longest_minutes: int
    longest_at_ns: Nanos | None
    """Where the longest gap begins: the first minute that is missing."""
    outliers: int
    outliers_at: tuple[Nanos, ...]
    tick: Decimal


def quality_of(
    product: ProductId,
    starts: NDArray[np.int64],
    columns: Sequence[NDArray[np.float64]],
    tick: Decimal,
) -> Quality:
    """Return what can be said of candles, sorted by time, each minute once; at least one."""
    between = np.diff(starts) // MINUTE - 1
    longest = int(np.argmax(between)) if (between > 0).any() else None
    odd = np.flatnonzero(_is_odd(columns))
    return Quality(
        product=product,
        rows=len(starts),
        first_ns=Nanos(int(starts[0])),
        last_ns=Nanos(int(starts[-1])),
        missing=int(between.sum()),
        gaps=int((between > 0).sum()),
        longest_minutes=0 if longest is None else int(between[longest]),
        longest_at_ns=None if longest is None else Nanos(int(starts[longest]) + MINUTE),
        outliers=len(odd),
        outliers_at=tuple(Nanos(int(starts[row])) for row in odd[:SHOWN]),
        tick=tick,
    )


def _is_odd(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Tell which bars leave their surroundings by far and are back at once."""
    opens, highs, lows, closes = columns[:4]
    odd = (highs > (1 + MOVE) * np.maximum(opens, closes)) | (
        lows < (1 - MOVE) * np.minimum(opens, closes)
    )
    moves = closes[1:-1] - closes[:-2]
    left = np.abs(closes[2:] - closes[:-2])
    is_far = np.abs(moves) > MOVE * closes[:-2]
    odd[1:-1] |= is_far & (left < (1 - BACK) * np.abs(moves))
    return np.asarray(odd)
