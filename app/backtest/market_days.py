"""A day of a product, by minute: where its data are, and when it can be traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from adapters.simulator.bars.grid import MinuteGrid
from domain.model.instants import DAY, MINUTE
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Bools, Ints

DARK_AFTER_NS = 5 * MINUTE
"""A product without a trade for so long is not traded until its next one: its data have a gap."""
NEVER = 2**62
"""Ticks that no price has."""


@frozen(eq=False)
class MarketDay:
    """A day of one product, by minute: whether its data go on and it can be traded at its
    beginning, its extremes, and the last close before it; in ticks.
    """

    is_known: Bools
    is_lit: Bools
    lows: Ints
    highs: Ints
    closes: Ints


_NONE = np.zeros(DAY // MINUTE, np.int64)
_NEVER = np.zeros(DAY // MINUTE, np.bool_)
NO_DAY = MarketDay(_NEVER, _NEVER, _NONE, _NONE, _NONE)


class MarketDays:
    """Reads days of products; the last one of each is kept."""

    def __init__(self, grid: MinuteGrid) -> None:
        self._grid = grid
        self._days: dict[ProductId, tuple[int, MarketDay]] = {}

    def of(self, product: ProductId, now_ns: int) -> MarketDay:
        """Return the day that `now_ns` lies in."""
        day_ns = now_ns - now_ns % DAY
        found = self._days.get(product)
        if found is None or found[0] != day_ns:
            found = self._days[product] = day_ns, self._read(product, day_ns)
        return found[1]

    def is_lit(self, product: ProductId, minute_ns: int) -> bool:
        """Tell whether the product can be traded when that minute begins."""
        return bool(self.of(product, minute_ns).is_lit[minute_ns % DAY // MINUTE])

    def _read(self, product: ProductId, day_ns: int) -> MarketDay:
        rows = self._grid.rows(product, day_ns - DARK_AFTER_NS - MINUTE, day_ns + DAY)
        if not len(rows.starts):
            return NO_DAY
        first_ns = day_ns - DARK_AFTER_NS - MINUTE
        size = (day_ns + DAY - first_ns) // MINUTE
        there = (rows.starts - first_ns) // MINUTE
        place = np.full(size, -1, np.int64)
        place[there] = np.arange(len(there))
        newest = np.maximum.accumulate(place)
        lows, highs = np.full(size, NEVER, np.int64), np.zeros(size, np.int64)
        lows[there], highs[there] = rows.lows, rows.highs
        minutes = first_ns + MINUTE * np.arange(size, dtype=np.int64)
        before, today = newest[:-1], slice(size - DAY // MINUTE, None)
        is_known, is_lit = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        is_known[1:] = before >= 0
        if not self._grid.covers(product, day_ns + DAY - MINUTE):
            is_known &= minutes <= rows.starts[-1]
        is_lit[1:] = minutes[1:] - rows.starts[before] <= DARK_AFTER_NS
        is_lit &= is_known
        closes = np.zeros(size, np.int64)
        closes[1:] = rows.closes[before]
        return MarketDay(is_known[today], is_lit[today], lows[today], highs[today], closes[today])
