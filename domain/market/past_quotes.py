"""Ten minutes of best bids and asks at once: may any of them be doubted, and what do they leave?

The same sums as those of a watch that is told tick by tick, made of whole columns of ticks. Floats
only say where nothing can be doubted, with a margin; what they leave is judged exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.lib.stride_tricks import sliding_window_view

from domain.market.volatility import BILLION, JUDGED_S, LEAST_SECONDS, WINDOW_S, SecondsInARow
from domain.model.instants import SECOND
from domain.model.market import PriceLimits
from domain.model.money import BPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from domain.model.bars import Bools, Ints

Tick = tuple[Decimal, Decimal, int]
"""Best bid and ask, and when, market time."""
LARGEST_MID = 2**40
"""Doubled mids beyond it are not judged at once: products of them would not fit 64 bits."""
LARGEST_MOVE = 10**8
"""A second that moves by more billionths is not judged at once, for the same reason."""
ERROR = 1e-9
"""More than floats may be wrong by here, as a part of what is compared."""
ROOT = float(JUDGED_S) ** 0.5


@frozen(eq=False)
class PastQuotes:
    """Best bids and asks, oldest first, in whole numbers of `tick`, at market times."""

    tick: Decimal
    bids: Ints
    asks: Ints
    at_ns: Ints

    def __len__(self) -> int:
        return len(self.at_ns)

    @property
    def last(self) -> Tick:
        """Return the newest."""
        bid, ask = int(self.bids[-1]), int(self.asks[-1])
        return bid * self.tick, ask * self.tick, int(self.at_ns[-1])

    def __iter__(self) -> Iterator[Tick]:
        """Yield prices, one by one."""
        columns = (each.tolist() for each in (self.bids, self.asks, self.at_ns))
        for bid, ask, at_ns in zip(*columns, strict=True):
            yield bid * self.tick, ask * self.tick, at_ns


_NONE = np.zeros(0, np.int64)
NO_QUOTES = PastQuotes(Decimal(1), _NONE, _NONE, _NONE)


class SeenAtOnce:
    """What the quotes of a past say together. `mids` are doubled, in ticks.

    An entry is a mid and the second it was seen in: a tick, and what stood when a second began.
    """

    def __init__(self, quotes: PastQuotes) -> None:
        """There is at least one."""
        self._tick = quotes.tick
        self._spreads = quotes.asks - quotes.bids
        self.mids, self.seconds = quotes.bids + quotes.asks, quotes.at_ns // SECOND
        turns = np.append(False, self.seconds[1:] > self.seconds[:-1])
        self._places = np.arange(len(turns)) + np.cumsum(turns)
        size = int(self._places[-1]) + 1
        self._entries, self._entry_seconds = np.empty(size, np.int64), np.empty(size, np.int64)
        self._entries[self._places], self._entry_seconds[self._places] = self.mids, self.seconds
        stood = self._places[turns] - 1
        self._entries[stood], self._entry_seconds[stood] = (
            self.mids[:-1][turns[1:]],
            self.seconds[turns],
        )
        self.first, self.last = int(self.seconds[0]), int(self.seconds[-1])
        ends = np.arange(self.first, self.last)
        self._closes = self.mids[np.searchsorted(self.seconds, ends, "right") - 1]
        moves, before = np.diff(self._closes), self._closes[:-1]
        self._moves, self._is_small = _NONE, bool((np.abs(moves) < LARGEST_MID // 2**8).all())
        if self._is_small:
            self._moves = np.sign(moves) * (np.abs(moves) * BILLION // np.maximum(before, 1))

    @property
    def can_be_judged(self) -> bool:
        """Tell whether there is no break, and no number beyond 64 bits."""
        return (
            self._is_small
            and int(self.mids.max()) < LARGEST_MID
            and int(np.abs(self._moves).max(initial=0)) < LARGEST_MOVE
            and int(np.diff(self.seconds).max(initial=0)) <= JUDGED_S
        )

    def are_narrow(self, limits: PriceLimits) -> bool:
        """Tell whether the widest spread would be within the limit at the lowest price."""
        widest, lowest = int(self._spreads.max()), int(self.mids.min())
        return 2 * widest * BPS <= limits.max_spread_bps * lowest

    @property
    def returns(self) -> SecondsInARow:
        """Return the returns of all seconds that are over."""
        return SecondsInARow(self.first + 1, self._moves.tolist())

    @property
    def closed(self) -> Decimal | None:
        """Return the mid at the end of the second before the last."""
        return self._price(self._closes[-1]) if len(self._closes) else None

    @property
    def mid(self) -> Decimal:
        """Return the newest."""
        return self._price(self.mids[-1])

    def _price(self, doubled: np.int64) -> Decimal:
        return int(doubled) * self._tick / 2

    def newest(self) -> Iterator[tuple[int, Decimal]]:
        """Yield second and mid of the entries of the last minute, oldest first."""
        first = int(np.searchsorted(self._entry_seconds, self.last - JUDGED_S))
        entries = zip(self._entry_seconds[first:], self._entries[first:], strict=True)
        for second, doubled in entries:
            yield int(second), self._price(doubled)

    def may_be_doubted(self, limits: PriceLimits, by_minutes: Decimal) -> bool:
        """Tell whether any of them may have moved further than is usual within a minute;
        `by_minutes` is sigma where seconds are too few.
        """
        lows, highs = self._extremes()
        moved = np.maximum((highs - self.mids) / highs, (self.mids - lows) / lows)
        floor = float(limits.jump_floor_bps / BPS)
        if not (moved > floor * (1 - ERROR)).any():
            return False
        usual = float(limits.jump_sigmas) * self._sigmas(float(by_minutes)) * ROOT / BILLION
        return bool((moved > np.maximum(usual, floor) * (1 - ERROR)).any())

    def _extremes(self) -> tuple[Ints, Ints]:
        """Return lowest and highest entry of the minute up to each tick, itself among them."""
        starts = np.searchsorted(self._entry_seconds, self.seconds - JUDGED_S)
        width = int((self._places - starts).max()) + 1
        padded = np.append(np.full(width - 1, self._entries[0]), self._entries)
        windows = sliding_window_view(padded, width)[self._places]
        age = np.arange(width - 1, -1, -1)
        is_in: Bools = age[None, :] <= (self._places - starts)[:, None]
        lows = np.where(is_in, windows, self.mids[:, None]).min(axis=1)
        highs = np.where(is_in, windows, self.mids[:, None]).max(axis=1)
        return lows, highs

    def _sigmas(self, by_minutes: float) -> NDArray[np.float64]:
        """Return at least nearly what sigma is at each tick, never more than it is."""
        known = np.maximum(self.seconds - 1 - self.first, 0)
        ends = np.maximum(known - JUDGED_S, 0)
        starts = np.maximum(ends - WINDOW_S, 0)
        is_enough = ends - starts >= LEAST_SECONDS
        counts = np.where(is_enough, ends, known) - starts
        totals, squares = (
            np.append(0, np.cumsum(each)) for each in (self._moves, self._moves * self._moves)
        )
        until = starts + counts
        total = (totals[until] - totals[starts]).astype(np.float64)
        square = (squares[until] - squares[starts]).astype(np.float64) * counts
        spread = np.maximum(square - total * total - square * ERROR, 0.0)
        sigmas = np.sqrt(spread / np.maximum(counts * (counts - 1), 1))
        return np.where(counts >= LEAST_SECONDS, sigmas, by_minutes)
