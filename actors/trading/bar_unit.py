"""The unit in which a column of bars counts, and columns of others in that unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.model.bars import Ints

LARGEST = 2**49
"""No column holds more, so that the sum over 10,080 rows is exact in 64 bits."""
FINEST = 15
"""Digits that a unit gets finer at once at most: more are no price."""


class BarUnit:
    """The power of ten that a column counts in; it only ever gets finer.

    It follows from the numbers themselves: histories reach back to times of other steps.
    """

    def __init__(self) -> None:
        self.digits = 0
        self.value = self._scale = Decimal(1)
        # The unit that was compared last, and by how many digits this one is finer.
        self._other: tuple[Decimal | None, int | None] = None, None

    def refine(self, finer: int) -> None:
        """Count in a unit that is so many digits finer from now on."""
        self.digits += finer
        self.value, self._scale = Decimal(1).scaleb(-self.digits), Decimal(1).scaleb(self.digits)
        self._other = None, None

    def finer_than(self, unit: Decimal) -> int | None:
        """Return by how many digits this unit is finer; None: `unit` is no such power of ten."""
        if unit is not self._other[0]:
            finer = self.digits + unit.adjusted()
            is_one = unit == Decimal(1).scaleb(unit.adjusted()) and abs(finer) <= FINEST
            self._other = unit, finer if is_one else None
        return self._other[1]

    def row(self, unit: Decimal, counts: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return what `columns` does, of one row."""
        finer = self.finer_than(unit)
        if finer is None:
            return None
        if finer < 0:
            scale = 10**-finer
            if any(count % scale for count in counts):
                return None
            counts = tuple([count // scale for count in counts])
        elif finer > 0:
            scale = 10**finer
            counts = tuple([count * scale for count in counts])
        return counts if max(counts) <= LARGEST else None

    def lacks(self, value: Decimal) -> int:
        """Return how many digits finer the unit would have to be to count `value`."""
        if int(value * self._scale) == value * self._scale:
            return 0
        return -int(value.normalize().as_tuple().exponent) - self.digits

    def count(self, value: Decimal) -> int:
        """Return how many whole units `value` has."""
        return int(value * self._scale)

    def whole(self, value: Decimal) -> int | None:
        """Return `count` where nothing of `value` is left over and a column can hold it."""
        scaled = value * self._scale
        if abs(scaled) > LARGEST:
            return None
        count = int(scaled)
        return count if count == scaled else None

    def columns(self, unit: Decimal, columns: Sequence[Ints]) -> list[Ints] | None:
        """Return columns that count in `unit` as columns of this one; None where a column of it
        can't hold them, or it is no such power of ten.
        """
        finer = self.finer_than(unit)
        if finer is None:
            return None
        scale = 10 ** abs(finer)
        if finer < 0:
            if any((column % scale).any() for column in columns):
                return None
            columns = [column // scale for column in columns]
        elif finer > 0:
            if any(int(column.max()) > LARGEST // scale for column in columns):
                return None
            columns = [column * scale for column in columns]
        fits = all(int(column.max()) <= LARGEST for column in columns)
        return list(columns) if fits else None
