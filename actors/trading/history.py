"""Closed minute bars as columns that readers may keep: appended to, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.model.context import MinuteBars
from domain.model.instants import MINUTE
from domain.model.market import Bar
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.context import Floats, Ints

_FIELDS = ("open", "high", "low", "close", "volume")


class BarHistory:
    """The newest `depth` closed minutes of one product, without holes.

    Views handed out share memory with the buffer but only cover what is written: appending never
    changes a view, and a full buffer is replaced, not overwritten.
    """

    def __init__(self, product: ProductId, depth: int) -> None:
        self.product = product
        self._depth = depth
        self._size = 0
        self._starts: Ints = np.zeros(0, np.int64)
        self._columns: list[Floats] = []
        self._allocate(range(0))

    @property
    def last_start_ns(self) -> int | None:
        """Return the start of the newest bar, None if there is none."""
        return int(self._starts[self._size - 1]) if self._size else None

    def append(self, bar: Bar) -> int:
        """Add `bar` if it is newer; missing minutes repeat the close with volume 0.

        Returns how many minutes were filled in.
        """
        last = self.last_start_ns
        if last is not None and bar.start_ns <= last:
            return 0
        filled = 0
        if last is not None:
            close = self._columns[3][self._size - 1]
            for start in range(last + MINUTE, bar.start_ns, MINUTE):
                self._push(start, (close, close, close, close, 0.0))
                filled += 1
        values = tuple(float(getattr(bar, name)) for name in _FIELDS)
        self._push(bar.start_ns, values)
        return filled

    def view(self) -> MinuteBars:
        """Return the newest minutes as read-only columns, at most `depth` of them."""
        window = slice(max(0, self._size - self._depth), self._size)
        starts = self._starts[window]
        starts.flags.writeable = False
        columns = []
        for column in self._columns:
            part = column[window]
            part.flags.writeable = False
            columns.append(part)
        return MinuteBars(self.product, starts, *columns)

    def _push(self, start_ns: int, values: tuple[float, ...]) -> None:
        if self._size == len(self._starts):
            self._allocate(range(self._size - self._depth, self._size))
        self._starts[self._size] = start_ns
        for column, value in zip(self._columns, values, strict=True):
            column[self._size] = value
        self._size += 1

    def _allocate(self, kept: range) -> None:
        room = self._depth * 2
        starts, columns = np.zeros(room, np.int64), [np.zeros(room) for _ in _FIELDS]
        if kept:
            window = slice(kept.start, kept.stop)
            starts[: len(kept)] = self._starts[window]
            for new, old in zip(columns, self._columns, strict=True):
                new[: len(kept)] = old[window]
        self._starts, self._columns, self._size = starts, columns, len(kept)
