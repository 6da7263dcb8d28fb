"""Where strategies want to look, found by whole columns a week at a time.

Live, a host calls `trigger` on the newest window; the contract of a strategy says that the column
of the whole past has the same value there. So the minutes at which nothing triggers are known
without asking anybody, and nothing is asked of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from adapters.simulator.bars.grid import MinuteGrid
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE, bucket_start
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Bools

CHUNK_NS = 7 * DAY


@frozen
class Wanted:
    """A strategy wants to look at a product, or to be out of what it holds of it (`leaves`)."""

    strategy: str
    product: ProductId
    leaves: bool = False


class Signals(Protocol):
    """What is wanted at the end of each minute; only what is over is looked at."""

    def at(self, minute_ns: int) -> list[Wanted]:
        """Return what is wanted when the minute before `minute_ns` has closed.

        Hours must be asked for in order, the minutes of one and of the one before in any.
        """

    def minutes(self, begin_ns: int, end_ns: int) -> Iterable[int]:
        """Return the minutes in which something may be wanted, `end_ns` not among them; each has to
        be asked about before the next one is.
        """


class WindowSignals:
    """Asks each strategy about the newest window of each product, as a host does."""

    def __init__(
        self, grid: MinuteGrid, products: tuple[ProductId, ...], strategies: tuple[Strategy, ...]
    ) -> None:
        self._grid, self._products, self._strategies = grid, products, strategies

    def at(self, minute_ns: int) -> list[Wanted]:
        """Return what is wanted when the minute before `minute_ns` has closed."""
        return [
            wanted
            for strategy in self._strategies
            for wanted in _newest(self._grid, self._products, strategy, minute_ns)
        ]

    def minutes(self, begin_ns: int, end_ns: int) -> Iterable[int]:
        """Return all minutes: nobody has looked at them."""
        return range(begin_ns, end_ns, MINUTE)


class ColumnSignals:
    """What is wanted at the end of each minute; only what is over is looked at."""

    def __init__(
        self, grid: MinuteGrid, products: tuple[ProductId, ...], strategies: tuple[Strategy, ...]
    ) -> None:
        self._grid, self._products = grid, products
        self._strategies = tuple(s for s in strategies if s.timeframe is Timeframe.MINUTE)
        self._wide = tuple(s for s in strategies if s.timeframe is not Timeframe.MINUTE)
        self._begin = self._end = 0
        self._found: dict[int, list[Wanted]] = {}
        self._times: list[int] = []
        # By the end of a bar, of each strategy: that holds until the next one has closed.
        self._standing: dict[tuple[str, int], list[Wanted]] = {}

    def at(self, minute_ns: int) -> list[Wanted]:
        """Return what is wanted when the minute before `minute_ns` has closed.

        Hours must be asked for in order, the minutes of one and of the one before in any.
        """
        if minute_ns >= self._end:
            self._begin, self._end = minute_ns, bucket_start(minute_ns + CHUNK_NS, HOUR)
            past_ns = minute_ns - 2 * HOUR
            self._found = {at: each for at, each in self._found.items() if at >= past_ns}
            self._standing = {
                key: each for key, each in self._standing.items() if key[1] >= past_ns
            }
            for strategy in self._strategies:
                for product in self._products:
                    self._scan(strategy, product)
            self._times = sorted(self._found)
        found = self._found.get(minute_ns, [])
        for strategy in self._wide:
            key = strategy.id, bucket_start(minute_ns, strategy.timeframe.ns)
            if key not in self._standing:
                newest = _newest(self._grid, self._products, strategy, key[1])
                self._standing[key] = list(newest)
            found = [*found, *self._standing[key]]
        return found

    def minutes(self, begin_ns: int, end_ns: int) -> Iterator[int]:
        """Yield the minutes in which something may be wanted, `end_ns` not among them.

        The first one of each chunk is, and every minute where bars are wider than one.
        """
        minute_ns = begin_ns
        while minute_ns < end_ns:
            if self._wide or minute_ns >= self._end:
                yield minute_ns
                minute_ns += MINUTE
                continue
            stop_ns, known = min(end_ns, self._end), self._times
            yield from known[bisect_left(known, minute_ns) : bisect_left(known, stop_ns)]
            minute_ns = stop_ns

    def _scan(self, strategy: Strategy, product: ProductId) -> None:
        """Find where the strategy triggers within the chunk, and where it wants out."""
        first_ns = self._begin - (strategy.lookback + 1) * MINUTE
        bars = self._grid.bars(product, first_ns, self._end - MINUTE)
        if len(bars) < strategy.lookback:
            return
        for end_ns in self._true(strategy, bars, strategy.trigger(bars)):
            self._found.setdefault(end_ns, []).append(Wanted(strategy.id, product))
        leaves = strategy.leave(bars)
        if leaves is not None:
            for end_ns in self._true(strategy, bars, leaves):
                wanted = Wanted(strategy.id, product, leaves=True)
                self._found.setdefault(end_ns, []).append(wanted)

    def _true(self, strategy: Strategy, bars: Bars, column: Bools) -> Iterator[int]:
        """Yield the ends of the bars of this chunk where the column is true.

        Before there is a whole look-back a host asks nobody.
        """
        for row in column.nonzero()[0].tolist():
            end_ns = int(bars.start_ns[row]) + MINUTE
            if row + 1 >= strategy.lookback and end_ns >= self._begin:
                yield end_ns


def _newest(
    grid: MinuteGrid, products: tuple[ProductId, ...], strategy: Strategy, minute_ns: int
) -> Iterator[Wanted]:
    """Yield what is wanted on the newest closed bars; nothing before there is a whole look-back."""
    lookback, timeframe = strategy.lookback, strategy.timeframe
    for product in products:
        window = (
            grid.bars(product, minute_ns - lookback * MINUTE, minute_ns)
            if timeframe is Timeframe.MINUTE
            else grid.wide_bars(product, timeframe, lookback, minute_ns)
        )
        if len(window) < lookback:
            continue
        if strategy.trigger(window)[-1]:
            yield Wanted(strategy.id, product)
        leaves = strategy.leave(window)
        if leaves is not None and leaves[-1]:
            yield Wanted(strategy.id, product, leaves=True)
