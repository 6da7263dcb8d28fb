"""Closed bars of one product as whole numbers, so that every sum and comparison is exact."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, SupportsInt

from attrs import frozen

from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import Price
from domain.model.product import ProductId

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Ints = NDArray[numpy.int64]
    Floats = NDArray[numpy.float64]
    Bools = NDArray[numpy.bool_]


class Timeframe(StrEnum):
    """How long one bar is."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def ns(self) -> Nanos:
        """Return the length of a bar."""
        return _LENGTHS[self]


_LENGTHS = {
    Timeframe.MINUTE: Nanos(MINUTE),
    Timeframe.HOUR: Nanos(HOUR),
    Timeframe.DAY: Nanos(DAY),
}


@frozen(eq=False)
class Bars:
    """Closed bars of one product as read-only columns, oldest first, all of one length.

    Prices are in `tick` (quote currency), `volume` in `step` (base currency), both powers of ten;
    no column depends on which power. `start_ns` is UTC. Bars follow each other without holes: one
    without a trade repeats the close with volume 0.
    """

    product: ProductId
    timeframe: Timeframe
    tick: Decimal
    step: Decimal
    start_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints

    def __len__(self) -> int:
        return len(self.close)

    def last(self, rows: int) -> Bars:
        """Return the newest `rows` bars, or all if there are fewer; no column is copied."""
        length = len(self.close)
        return self if rows >= length else self.part(length - rows, length)

    def until(self, rows: int) -> Bars:
        """Return the oldest `rows` bars: what was known when they were all."""
        return self.part(0, rows)

    def part(self, first: int, stop: int) -> Bars:
        """Return the bars from row `first` up to row `stop`; no column is copied."""
        rows = slice(first, stop)
        return Bars(
            self.product,
            self.timeframe,
            self.tick,
            self.step,
            self.start_ns[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.volume[rows],
        )

    def price(self, ticks: SupportsInt) -> Price:
        """Return the price of so many ticks, in quote currency."""
        return Price(int(ticks) * self.tick)


COLUMNS = ("start_ns", "open", "high", "low", "close", "volume")
