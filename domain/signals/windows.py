"""Windows over columns of whole numbers, each with a declared look-back.

Sums and extremes of integers are exact, so a value has the same bits whether it is computed on its
window or on the whole history. Ratios are made of such numbers, element by element.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.floating[Any]] | Ints

WIDEST = 10_080
"""Rows of the widest window: a column of `Bars` never passes 64 bits in the sum over them."""

_TOP, _BOTTOM = 2**63 - 1, -(2**63)


def highest_before(values: Ints, width: int) -> Ints:
    """Return for each row the maximum of the `width` rows before it; the row does not count.

    Look-back: `width` + 1 rows. Rows with fewer before them hold the largest integer: nothing is
    above it.
    """
    return _placed(values[:-1], len(values), width, np.maximum, _TOP)


def lowest_before(values: Ints, width: int) -> Ints:
    """Return for each row the minimum of the `width` rows before it; the row does not count.

    Look-back: `width` + 1 rows. Rows with fewer before them hold the smallest integer.
    """
    return _placed(values[:-1], len(values), width, np.minimum, _BOTTOM)


def highest(values: Ints, width: int) -> Ints:
    """Return for each row the maximum of `width` rows, itself the last; the largest before.

    Look-back: `width` rows.
    """
    return _placed(values, len(values), width, np.maximum, _TOP)


def lowest(values: Ints, width: int) -> Ints:
    """Return for each row the minimum of `width` rows, itself the last; the smallest before.

    Look-back: `width` rows.
    """
    return _placed(values, len(values), width, np.minimum, _BOTTOM)


def sum_of(values: Ints, width: int) -> Ints:
    """Return for each row the sum of `width` rows, itself the last; 0 while there are fewer.

    Look-back: `width` rows. Exact modulo 2**64, hence exact where the sum fits into 64 bits.
    """
    result = np.zeros(len(values), np.int64)
    if len(values) == width:
        result[-1] = np.add.reduce(values)
    elif len(values) > width:
        run = np.add.accumulate(values)
        result[width - 1] = run[width - 1]
        np.subtract(run[width:], run[:-width], out=result[width:])
    return result


def sum_before(values: Ints, width: int) -> Ints:
    """Return for each row the sum of the `width` rows before it; 0 while there are fewer.

    Look-back: `width` + 1 rows. Exact as `sum_of` is.
    """
    result = np.zeros(len(values), np.int64)
    if len(values) == width + 1:
        result[width] = np.add.reduce(values[:width])
    elif len(values) > width:
        run = np.add.accumulate(values)
        result[width] = run[width - 1]
        np.subtract(run[width:-1], run[: -width - 1], out=result[width + 1 :])
    return result


def mean_before(values: Ints, width: int) -> Floats:
    """Return for each row the mean of the `width` rows before it; NaN while there are fewer.

    Look-back: `width` + 1 rows.
    """
    result = np.full(len(values), np.nan)
    result[width:] = sum_before(values, width)[width:] / width
    return result


def shifted(values: Ints, rows: int) -> Ints:
    """Return the column as it was `rows` rows before; 0 where there was none."""
    result = np.zeros_like(values)
    if len(values) > rows:
        result[rows:] = values[:-rows] if rows else values
    return result


def quotient(top: Numbers, bottom: Numbers) -> Floats:
    """Return `top` / `bottom`, 0 where the bottom is not above 0."""
    if len(bottom) and bottom.min() > 0:
        return np.asarray(top / bottom)  # a division that skips rows takes three times as long
    result = np.zeros(len(bottom))
    np.divide(top, bottom, out=result, where=bottom > 0)
    return result


def known_from(length: int, lookback: int) -> Bools:
    """Return which rows have `lookback` rows, themselves included."""
    result = np.zeros(length, np.bool_)
    result[lookback - 1 :] = True
    return result


def _placed(values: Ints, length: int, width: int, pick: np.ufunc, unknown: int) -> Ints:
    """Return a column of `length` that ends with the extremes of `values`, `unknown` before."""
    result = np.empty(length, np.int64)
    rows = len(values) - width + 1
    if rows <= 0:
        result[:] = unknown
        return result
    result[:-rows] = unknown
    if rows == 1:
        result[-1] = pick.reduce(values)
    else:
        _extremes(values, width, pick, result[-rows:])
    return result


def _extremes(values: Ints, width: int, pick: np.ufunc, found: Ints) -> None:
    """Fill `found` with the extreme of each window of `width` rows, by blocks: a few steps a row.

    A window is the end of one block and the begin of the next; none begins in the last short block.
    """
    whole = len(values) // width * width
    blocks = values[:whole].reshape(-1, width)
    ahead, behind = np.empty(len(values), np.int64), np.empty(whole, np.int64)
    pick.accumulate(blocks, axis=1, out=ahead[:whole].reshape(-1, width))
    pick.accumulate(values[whole:], out=ahead[whole:])
    pick.accumulate(blocks[:, ::-1], axis=1, out=behind.reshape(-1, width)[:, ::-1])
    pick(behind[: len(found)], ahead[width - 1 :], out=found)
