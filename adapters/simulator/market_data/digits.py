"""Digits that the numbers of a column share: what a tick is guessed from, checked against all rows.

A price that somebody quoted has few digits. What a calculation has left behind them is noise of a
few units in the last place, and goes; a column that shares no digits was never quoted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.source import MarketError

Column = NDArray[np.float64]
MOST_DECIMALS = 20
NOISE_ULPS = 8.0
"""Units in the last place that additions and multiplications leave behind."""
PROOF_ULPS = 32.0
"""A grid that is finer than this lies near any number and proves nothing."""


@frozen(eq=False)
class Shared:
    """Columns on the grid of `places` decimals; `rounded` numbers were beside it by noise alone."""

    places: int
    columns: tuple[Column, ...]
    rounded: int


def shared_digits(columns: Sequence[Column]) -> Shared | None:
    """Return the columns on the coarsest grid that all of their numbers share, None without one."""
    values = np.unique(np.concatenate(columns))
    step = np.spacing(np.abs(values))
    for places in range(MOST_DECIMALS + 1):
        is_proof = 10.0**-places > PROOF_ULPS * step
        is_near = np.abs(np.round(values, places) - values) <= NOISE_ULPS * step
        if (is_near & is_proof).all():
            found = tuple(np.round(column, places) for column in columns)
            rounded = sum(int((new != old).sum()) for new, old in zip(found, columns, strict=True))
            return Shared(places, found, rounded)
    return None


def quoted(where: str, columns: Sequence[Column]) -> Shared:
    """Return prices as they were quoted.

    Raises:
        MarketError: their digits are those of a calculation; the text begins with `where`.
    """
    found = shared_digits(columns)
    if found is None:
        longest = max(np.concatenate(columns), key=lambda value: len(repr(float(value))))
        raise MarketError(
            f"{where}: expected prices that share their decimals (at most {MOST_DECIMALS} of them,"
            f" 15 digits in all), was {float(longest)!r}: calculated, not quoted? Round the column"
            " to the market's tick"
        )
    return found
