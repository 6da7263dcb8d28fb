"""What rests near the best prices of many books at once: sums of integers, without their levels.

A book is drawn from chance bits, so that the sums of a day's books of a product, or of all products
of a minute, are drawn in columns: to the last digit those of `Depth.book` around the close before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from adapters.simulator.market_data.depth import LEVELS, STEPS, WIDEST, Climate, mixes, widened
from domain.model.money import BPS

if TYPE_CHECKING:
    from adapters.simulator.market_data.depth import Bits
    from domain.model.bars import Bools, Ints

_WHOLE = int(BPS)
_LARGEST = 2**62
_MOST_OF_USUAL = 3
"""No level holds as many times what is usual."""


@frozen
class BookDraw:
    """What the opening book of a minute is drawn from: chance bits of the product, the minute's
    number, and the climates of the minute before and of its own.
    """

    key: int
    minute: int
    before: Climate
    now: Climate


@frozen
class BookSums:
    """Best prices of a book in ticks, and what its sides hold near them, in ticks times base
    increments.
    """

    bid: int
    ask: int
    bids: int
    asks: int


def sums_near(
    draws: Sequence[BookDraw], closes: Sequence[int], within_bps: int
) -> list[BookSums | None]:
    """Return sums of the opening book of each draw, after a close in ticks; None where a number may
    be too large for a column.
    """
    found: list[BookSums | None] = [None] * len(draws)
    groups: dict[type, list[int]] = {}
    for row, (draw, close) in enumerate(zip(draws, closes, strict=True)):
        kind = _kind(draw, close, within_bps)
        if kind is not None:
            groups.setdefault(kind, []).append(row)
    for kind, rows in groups.items():
        books = _Books([draws[row] for row in rows], [closes[row] for row in rows], kind)
        for row, sums in zip(rows, books.sums(within_bps), strict=True):
            found[row] = sums
    return found


def _kind(draw: BookDraw, close: int, within_bps: int) -> type | None:
    """Return in which kind of numbers the sums of a book are exact, None if its lines are not."""
    now = draw.now
    highest = close + now.spread * WIDEST + (LEVELS + 2) * now.gap
    usual = max(now.best, now.line, draw.before.line)
    if max(highest * (_WHOLE + within_bps), usual << 21) >= _LARGEST:
        return None
    return np.int64 if highest * usual * _MOST_OF_USUAL * LEVELS < _LARGEST else object


class _Books:
    """Opening books as rows of columns."""

    def __init__(self, draws: Sequence[BookDraw], closes: Sequence[int], kind: type) -> None:
        """`kind` are the numbers that sums are made of."""
        self._kind = kind
        self._keys = np.array([each.key for each in draws], np.uint64)
        self._minutes = np.array([each.minute for each in draws], np.int64).astype(np.uint64)
        self._best, self._line, self._gap, self._spread = (
            np.array(column, np.int64)
            for column in zip(
                *((e.now.best, e.now.line, e.now.gap, e.now.spread) for e in draws), strict=True
            )
        )
        self._line_before = np.array([each.before.line for each in draws], np.int64)
        self._bid, self._ask = self._touch(np.array(closes, np.int64))

    def sums(self, within_bps: int) -> list[BookSums]:
        """Return the sums of each book."""
        bids, asks = self._best_values(self._bid), self._best_values(self._ask)
        floor, top = self._bid * (_WHOLE - within_bps), self._ask * (_WHOLE + within_bps)
        # One line more than there are levels behind the best: the first may lie on its other side.
        steps = np.arange(LEVELS, dtype=np.int64)
        bid, ask = self._bid[:, None], self._ask[:, None]
        numbers = (self._bid // self._gap)[:, None] - steps
        places, ticks = self._lines(numbers)
        is_in = (numbers >= 0) & (ticks > 0) & (ticks < bid) & (ticks * _WHOLE >= floor[:, None])
        bids += self._line_values(places, ticks, is_in)
        places, ticks = self._lines((self._ask // self._gap)[:, None] + steps)
        asks += self._line_values(places, ticks, (ticks > ask) & (ticks * _WHOLE <= top[:, None]))
        columns = (each.tolist() for each in (self._bid, self._ask, bids, asks))
        return [BookSums(*row) for row in zip(*columns, strict=True)]

    def _touch(self, closes: Ints) -> tuple[Ints, Ints]:
        """Return best bids and asks, as after a rise to the close."""
        spread = self._spread * widened(self._keys, self._minutes.astype(np.int64))
        is_up = closes > 1
        return (
            np.where(is_up, np.maximum(1, closes - spread), closes),
            np.where(is_up, closes, closes + spread),
        )

    def _best_values(self, ticks: Ints) -> Ints:
        into = self._minutes * np.uint64(STEPS) // np.uint64(4)
        draw = mixes(self._keys + ticks.astype(np.uint64) * np.uint64(3) + into)
        values: Ints = ticks.astype(self._kind) * _units(draw, self._best)
        return values

    def _lines(self, numbers: Ints) -> tuple[Bits, Ints]:
        """Return chance bits and ticks of lines of the grid."""
        odd = numbers.astype(np.uint64) * np.uint64(2) + np.uint64(1)
        places, gap = mixes(self._keys[:, None] + odd), self._gap[:, None]
        return places, numbers * gap + (places % gap.astype(np.uint64)).astype(np.int64)

    def _line_values(self, places: Bits, ticks: Ints, is_in: Bools) -> Ints:
        """Return what the first of the lines that are in hold in all, at their prices."""
        is_in &= np.cumsum(is_in, axis=1) < LEVELS
        is_new = (places >> np.uint64(32)) % np.uint64(STEPS) == 0
        draw = mixes(places + self._minutes[:, None] - np.where(is_new, 0, 1).astype(np.uint64))
        usual = np.where(is_new, self._line[:, None], self._line_before[:, None])
        values: Ints = ticks.astype(self._kind) * np.where(is_in, _units(draw, usual), 0)
        sums: Ints = values.sum(axis=1)
        return sums


def _units(draw: Bits, usual: Ints) -> Ints:
    """Return `units_of` of each."""
    weight = 256 + 65_536 // ((draw & np.uint64(255)).astype(np.int64) + 52)
    fine = 960 + ((draw >> np.uint64(8)) & np.uint64(127)).astype(np.int64)
    units: Ints = np.maximum(1, usual * weight * fine // (712 * 1024))
    return units
