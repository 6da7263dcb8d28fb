"""Closed bars in a row as a message holds them: columns; a bar is made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from domain.model.bars import Bars
from domain.model.instants import Nanos
from domain.model.market import Bar
from domain.model.money import Quantity


class BarRun(Sequence[Bar]):
    """Bars of one product and length without holes, oldest first; who can read columns does so."""

    __slots__ = ("columns",)

    def __init__(self, columns: Bars) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns)

    @overload
    def __getitem__(self, row: int) -> Bar: ...

    @overload
    def __getitem__(self, row: slice) -> tuple[Bar, ...]: ...

    def __getitem__(self, row: int | slice) -> Bar | tuple[Bar, ...]:
        """Return one bar, or several."""
        if isinstance(row, slice):
            return tuple(self._bar(each) for each in range(*row.indices(len(self))))
        return self._bar(row)

    def _bar(self, row: int) -> Bar:
        columns = self.columns
        price, units = columns.price, int(columns.volume[row])
        return Bar(
            columns.product,
            Nanos(int(columns.start_ns[row])),
            price(columns.open[row]),
            price(columns.high[row]),
            price(columns.low[row]),
            price(columns.close[row]),
            Quantity(units * columns.step),
        )
