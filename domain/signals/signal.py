"""What a signal is: a column function of closed bars with a declared look-back."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from domain.model.bars import Bars
from domain.signals.windows import Floats, Ints, quotient


class Signal(Protocol):
    """Signed: above 0 speaks for higher prices, below for lower ones, 0 says nothing.

    Row r depends on the last `lookback` rows up to r only; constant prices say nothing.
    """

    @property
    def lookback(self) -> int:
        """How many closed bars one value needs."""

    def column(self, bars: Bars) -> Floats:
        """Return its value for each row; 0 while there are too few rows."""


def percent(now: Ints, base: Ints) -> Floats:
    """Return how far `now` lies above `base`, in percent; 0 where the base is no price."""
    return quotient((now - base) * 100.0, base)


def move(closes: Ints, rows: int) -> Floats:
    """Return how far each close lies above the one `rows` rows before, in percent.

    Look-back: `rows` + 1 rows; 0 while there are fewer.
    """
    result = np.zeros(len(closes))
    if len(closes) > rows:
        result[rows:] = percent(closes[rows:], closes[: len(closes) - rows])
    return result
