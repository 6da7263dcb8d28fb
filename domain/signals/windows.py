"""Column functions over closed bars, each with a declared look-back.

Windowed reductions only, so that a value is bit-identical whether it is computed on its window
or on the whole history.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def highest_before(values: Floats, width: int) -> Floats:
    """Return for each row the maximum of the `width` rows before it; NaN while there are fewer.

    Look-back: `width` + 1 rows. The row itself never counts.
    """
    return _before(values, width, np.max)


def mean_before(values: Floats, width: int) -> Floats:
    """Return for each row the mean of the `width` rows before it; NaN while there are fewer.

    Look-back: `width` + 1 rows. The sum runs over each window alone, oldest row first.
    """
    return _before(values, width, np.mean)


def _before(values: Floats, width: int, reduce: Callable[[Floats], np.floating]) -> Floats:
    result = np.full(len(values), np.nan)
    if width < 1 or len(values) <= width:
        return result
    if len(values) == width + 1:  # one window: the same reduction without the machinery
        result[-1] = reduce(np.ascontiguousarray(values[:-1]))
        return result
    windows = np.lib.stride_tricks.sliding_window_view(values, width)[:-1]
    # A contiguous copy row by row: the same additions in the same order for every window.
    for row, window in enumerate(windows):
        result[row + width] = reduce(np.ascontiguousarray(window))
    return result
