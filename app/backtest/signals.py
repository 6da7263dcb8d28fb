"""Where strategies want to look, found by whole columns a week at a time.

Live, a host calls `trigger` on the newest window; the contract of a strategy says that the column
of the whole past has the same value there. So the minutes at which nothing triggers are known
without asking anybody, and nothing is asked of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Set
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


Held = Set[tuple[str, ProductId]]
"""Strategies, and products of which they own a lot."""


class Signals(Protocol):
    """What is wanted at the end of each minute; only what is over is looked at."""

    def wanted(self, minute_ns: int, held: Held) -> list[Wanted]:
        """Return what strategies want when the minute before `minute_ns` has closed, as far as it
        is theirs to want: to look at what they do not hold, or may buy again, and to be out of what
        they hold.

        Hours must be asked for in order, the minutes of one and of the one before in any.
        """

    def minutes(self, begin_ns: int, end_ns: int) -> Iterable[int]:
        """Return the minutes in which something may be wanted, `end_ns` not among them; each has to
        be asked about before the next one is.
        """

    def fired(self, minute_ns: int) -> frozenset[tuple[str, ProductId]] | None:
        """Return whose triggers are known to be true of what; None where nobody has looked."""


class WindowSignals:
    """Asks each strategy about the newest window of each product, as a host does: its trigger about
    what it may buy, its leave about what it holds.
    """

    def __init__(
        self,
        grid: MinuteGrid,
        products: tuple[ProductId, ...],
        strategies: tuple[Strategy, ...],
        pyramids: Set[str],
    ) -> None:
        """`pyramids` are strategies that may buy what they hold."""
        self._grid, self._products, self._strategies = grid, products, strategies
        self._pyramids = pyramids
        # The newest answers, by who was asked what about which product: the end of the window too.
        self._said: dict[tuple[str, ProductId, bool], tuple[int, bool]] = {}

    def wanted(self, minute_ns: int, held: Held) -> list[Wanted]:
        """Return what strategies want when the minute before `minute_ns` has closed."""
        found = []
        for strategy in self._strategies:
            name, end_ns = strategy.id, bucket_start(minute_ns, strategy.timeframe.ns)
            for product in self._products:
                is_held = (name, product) in held
                may_buy = not is_held or name in self._pyramids
                if may_buy and self._says(strategy, product, end_ns, leaves=False):
                    found.append(Wanted(name, product))
                if is_held and self._says(strategy, product, end_ns, leaves=True):
                    found.append(Wanted(name, product, leaves=True))
        return found

    def fired(self, minute_ns: int) -> None:
        """Return that nobody has looked: a host asks about its own windows."""
        del minute_ns

    def _says(self, strategy: Strategy, product: ProductId, end_ns: int, *, leaves: bool) -> bool:
        """Return what the strategy says of the window that ends at `end_ns`; it is asked once."""
        key = strategy.id, product, leaves
        said = self._said.get(key)
        if said is None or said[0] != end_ns:
            answer = _newest(self._grid, product, strategy, end_ns, leaves=leaves)
            said = self._said[key] = end_ns, answer
        return said[1]

    def minutes(self, begin_ns: int, end_ns: int) -> Iterable[int]:
        """Return all minutes: nobody has looked at them."""
        return range(begin_ns, end_ns, MINUTE)


class ColumnSignals:
    """What is wanted at the end of each minute; only what is over is looked at."""

    def __init__(
        self,
        grid: MinuteGrid,
        products: tuple[ProductId, ...],
        strategies: tuple[Strategy, ...],
        pyramids: Set[str],
    ) -> None:
        """`pyramids` are strategies that may buy what they hold."""
        self._grid, self._products, self._pyramids = grid, products, pyramids
        self._strategies = tuple(s for s in strategies if s.timeframe is Timeframe.MINUTE)
        self._wide = tuple(s for s in strategies if s.timeframe is not Timeframe.MINUTE)
        self._begin = self._end = 0
        self._found: dict[int, list[Wanted]] = {}
        self._times: list[int] = []
        # By the end of a bar, of each strategy: that holds until the next one has closed.
        self._standing: dict[tuple[str, int], list[Wanted]] = {}

    def wanted(self, minute_ns: int, held: Held) -> list[Wanted]:
        """Return what of `at` is theirs to want."""
        return [
            each
            for each in self.at(minute_ns)
            if ((each.strategy, each.product) in held) is each.leaves
            or (not each.leaves and each.strategy in self._pyramids)
        ]

    def fired(self, minute_ns: int) -> frozenset[tuple[str, ProductId]]:
        """Return whose triggers are true of what."""
        found = self.at(minute_ns)
        return frozenset((each.strategy, each.product) for each in found if not each.leaves)

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
                self._standing[key] = self._asked(strategy, key[1])
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

    def _asked(self, strategy: Strategy, end_ns: int) -> list[Wanted]:
        """Return what the strategy says of the windows that end at `end_ns`."""
        return [
            Wanted(strategy.id, product, leaves)
            for product in self._products
            for leaves in (False, True)
            if _newest(self._grid, product, strategy, end_ns, leaves=leaves)
        ]


def _newest(
    grid: MinuteGrid, product: ProductId, strategy: Strategy, end_ns: int, *, leaves: bool
) -> bool:
    """Return what a strategy says of the bars that have closed by `end_ns`: its trigger, or whether
    it `leaves`; nothing before there is a whole look-back.
    """
    lookback, timeframe = strategy.lookback, strategy.timeframe
    window = (
        grid.newest(product, lookback, end_ns)
        if timeframe is Timeframe.MINUTE
        else grid.wide_bars(product, timeframe, lookback, end_ns)
    )
    if len(window) < lookback:
        return False
    column = strategy.leave(window) if leaves else strategy.trigger(window)
    return column is not None and bool(column[-1])
