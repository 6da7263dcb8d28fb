"""Closed bars as whole numbers in columns that readers may keep: appended to, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from actors.trading.bar_unit import FINEST, LARGEST, BarUnit
from domain.model.bar_run import BarRun
from domain.model.bars import COLUMNS, Bars, Timeframe
from domain.model.instants import HOUR, Nanos
from domain.model.market import Bar
from domain.model.money import ZERO, Price, Quantity, plain
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Ints

Depths = Mapping[Timeframe, int]
"""How many closed bars of each length are kept."""

_PRICES = ("open", "high", "low", "close")


class BarUnfit(ValueError):
    """A bar has a price that no column of whole numbers can hold; the text says which."""


class BarHistory:
    """The newest `depth` closed bars of one product and length, without holes.

    Views handed out share memory with the buffer but only cover what is written: appending never
    changes a view, and a full buffer is replaced, not overwritten.
    """

    def __init__(self, product: ProductId, timeframe: Timeframe, depth: int) -> None:
        self.product = product
        self.timeframe, self._width_ns = timeframe, timeframe.ns
        self.depth = max(depth, 1)
        self._size = 0
        self._tick, self._step = BarUnit(), BarUnit()
        self._columns: dict[str, Ints] = {}
        self._readable: tuple[Ints, ...] = ()
        self._room = 0
        self._last_ns: int | None = None
        self._newest: Bars | None = None
        self._hold({name: np.zeros(0, np.int64) for name in COLUMNS})

    def missing_before(self, bar: Bar) -> Iterator[Bar]:
        """Yield the bars between the newest and `bar`: the close repeated, with volume 0."""
        last_ns, width = self._last_ns, self.timeframe.ns
        if last_ns is not None:
            close = int(self._columns["close"][self._size - 1])
            flat, none = Price(close * self._tick.value), Quantity(ZERO)
            for start in range(last_ns + width, bar.start_ns, width):
                yield Bar(self.product, Nanos(start), flat, flat, flat, flat, none)

    def is_newer(self, bar: Bar) -> bool:
        """Tell whether `bar` is newer than all that is known."""
        return self._last_ns is None or bar.start_ns > self._last_ns

    def is_followed_by(self, bar: Bar) -> bool:
        """Tell whether no bar is missing between the newest and `bar`."""
        return self._last_ns is None or bar.start_ns <= self._last_ns + self.timeframe.ns

    def append(self, bar: Bar) -> None:
        """Add `bar` if it is newer, and what is missing before it.

        Raises:
            BarUnfit: a price that no column can hold.
        """
        if not self.is_newer(bar):
            return
        counts = self._counts(bar)
        if not self.is_followed_by(bar):
            for each in self.missing_before(bar):
                self._push(each.start_ns, self._counts(each))
        self._push(bar.start_ns, counts)

    def extend(self, run: Bars) -> bool:
        """Add bars that follow the newest at once.

        False: nothing was added, because they do not, or are counted in finer units than those
        here; added one by one they may be.
        """
        if len(run.close) == 1:
            return self._extend_by_one(run)
        if not self._precedes(int(run.start_ns[0])):
            return False
        prices = self._tick.columns(run.tick, (run.open, run.high, run.low, run.close))
        units = self._step.columns(run.step, (run.volume,))
        if prices is None or units is None:
            return False
        new, done = (run.start_ns, *prices, *units), 0
        while done < len(run):
            if self._size == self._room:
                self._make_room()
            first, rows = self._size, min(self._room - self._size, len(run) - done)
            for column, values in zip(self._columns.values(), new, strict=True):
                column[first : first + rows] = values[done : done + rows]
            self._size, done = first + rows, done + rows
        self._last_ns, self._newest = int(run.start_ns[-1]), None
        return True

    def _precedes(self, start_ns: int) -> bool:
        """Tell whether a bar that begins then follows the newest at once."""
        return self._last_ns is None or start_ns == self._last_ns + self._width_ns

    def _extend_by_one(self, run: Bars) -> bool:
        start_ns = run.start_ns.item()
        if not self._precedes(start_ns):
            return False
        opened, high, low, close = (
            run.open.item(),
            run.high.item(),
            run.low.item(),
            run.close.item(),
        )
        prices = self._tick.row(run.tick, (opened, high, low, close))
        units = self._step.row(run.step, (run.volume.item(),))
        if prices is None or units is None:
            return False
        self._push(start_ns, (*prices, *units))
        return True

    def loaded(self, past: Iterable[Bar]) -> BarHistory:
        """Return a history of `past`, oldest first, and of what is newer here.

        Raises:
            BarUnfit: a price that no column can hold.
        """
        new, view = BarHistory(self.product, self.timeframe, self.depth), self.view()
        for bar in (*past, *BarRun(view)):
            new.append(bar)
        return new

    def merged(self, rows: int) -> Bar:
        """Return the newest `rows` bars as one."""
        view = self.view().last(rows)
        high, low = int(view.high.max()), int(view.low.min())
        volume = Quantity(int(view.volume.sum()) * view.step)
        opened, start_ns = view.price(view.open[0]), Nanos(int(view.start_ns[0]))
        closed, top, bottom = view.price(view.close[-1]), view.price(high), view.price(low)
        return Bar(self.product, start_ns, opened, top, bottom, closed, volume)

    def view(self) -> Bars:
        """Return the newest bars as read-only columns, at most `depth` of them; the same ones until
        there is another bar.
        """
        if self._newest is None:
            window, units = slice(max(0, self._size - self.depth), self._size), self._units
            columns = [column[window] for column in self._readable]
            self._newest = Bars(self.product, self.timeframe, *units, *columns)
        return self._newest

    def __len__(self) -> int:
        return min(self._size, self.depth)

    @property
    def _units(self) -> tuple[Decimal, Decimal]:
        return self._tick.value, self._step.value

    def _hold(self, columns: dict[str, Ints]) -> None:
        """Keep bars in these columns from now on."""
        self._columns.update(columns)
        readable = []
        for column in self._columns.values():
            readable.append(column.view())
            readable[-1].flags.writeable = False
        self._readable, self._newest = tuple(readable), None

    def _push(self, start_ns: int, counts: tuple[int, ...]) -> None:
        if self._size == self._room:
            self._make_room()
        row = self._size
        starts, opens, highs, lows, closes, volumes = self._columns.values()
        starts[row] = start_ns
        opens[row], highs[row], lows[row], closes[row], volumes[row] = counts
        self._last_ns, self._newest = start_ns, None
        self._size += 1

    def _counts(self, bar: Bar) -> tuple[int, ...]:
        """Return prices and volume as whole numbers, in finer units from now on if `bar` needs it.

        Raises:
            BarUnfit: its prices have too many digits. Volumes are cut.
        """
        whole = self._tick.whole
        opened, high, low, close = (
            whole(bar.open),
            whole(bar.high),
            whole(bar.low),
            whole(bar.close),
        )
        units = self._step.whole(bar.volume)
        # Nearly every bar fits as it is.
        if not (opened is None or high is None or low is None or close is None or units is None):
            return opened, high, low, close, units
        self._refine(bar)
        count = self._tick.count
        units = min(self._step.count(bar.volume), LARGEST)
        return count(bar.open), count(bar.high), count(bar.low), count(bar.close), units

    def _refine(self, bar: Bar) -> None:
        """Count in finer units from now on if `bar` needs it.

        Raises:
            BarUnfit: its prices have too many digits. Volumes are cut.
        """
        if max(bar.high.adjusted(), bar.volume.adjusted()) > FINEST:
            raise BarUnfit("its price or volume is beyond measure")
        lacks = self._tick.lacks
        finer = max(lacks(bar.open), lacks(bar.high), lacks(bar.low), lacks(bar.close))
        if self._most("high", bar.high, self._tick, finer) > LARGEST:
            raise BarUnfit(f"{plain(bar.low)} to {plain(bar.high)} has too many digits")
        self._rescale(self._tick, finer, _PRICES)
        finer = min(self._step.lacks(bar.volume), FINEST)
        while finer and self._most("volume", bar.volume, self._step, finer) > LARGEST:
            finer -= 1
        self._rescale(self._step, finer, ("volume",))

    def _most(self, name: str, value: Decimal, unit: BarUnit, finer: int) -> int:
        """Return the largest number of a column if it gets `value` and a finer unit."""
        if finer > FINEST:
            return LARGEST + 1
        scale: int = 10**finer
        new = unit.count(value) * scale
        if not finer or not self._size:
            return new
        return max(new, int(self._columns[name][: self._size].max()) * scale)

    def _rescale(self, unit: BarUnit, finer: int, names: tuple[str, ...]) -> None:
        if finer:
            unit.refine(finer)
            # Anew: views of the old unit stay as they are.
            self._hold({name: self._columns[name] * 10**finer for name in names})

    def _make_room(self) -> None:
        kept = slice(max(0, self._size - self.depth), self._size)
        size = kept.stop - kept.start
        held = {}
        for name, old in self._columns.items():
            new = held[name] = np.zeros(self.depth * 2, np.int64)
            new[:size] = old[kept]
        self._hold(held)
        self._size, self._room = size, self.depth * 2


class ProductBars:
    """Closed minutes of one product, and the hours and days made of them."""

    def __init__(self, product: ProductId, depths: Depths) -> None:
        self._histories = {
            each: BarHistory(product, each, depths[each]) for each in Timeframe if depths.get(each)
        }
        self._minutes = self._histories.setdefault(
            Timeframe.MINUTE, BarHistory(product, Timeframe.MINUTE, 1)
        )

    def append(self, bar: Bar) -> None:
        """Add a minute if it is newer, the minutes missing before it, and what they complete.

        Raises:
            BarUnfit: a price that no column can hold.
        """
        minutes = self._minutes
        if not minutes.is_newer(bar):
            return
        if not minutes.is_followed_by(bar):
            for each in minutes.missing_before(bar):
                minutes.append(each)
                self._complete(each.start_ns)
        minutes.append(bar)
        self._complete(bar.start_ns)

    def extend(self, run: Bars) -> None:
        """Add minutes without holes, oldest first, as `append` adds them one by one.

        Raises:
            BarUnfit: a price that no column can hold.
        """
        minutes, done = self._minutes, 0
        if len(self._histories) == 1 and minutes.extend(run):
            return  # nothing is made of them
        if len(run.close) == 1 and minutes.extend(run):
            self._complete(run.start_ns.item())
            return
        while done < len(run):  # hour by hour: what they complete is made of the newest minutes
            left = (HOUR - int(run.start_ns[done]) % HOUR) // Timeframe.MINUTE.ns
            rows = min(left, len(run) - done)
            part = run if rows == len(run) else run.part(done, done + rows)
            if minutes.extend(part):
                self._complete(int(part.start_ns[-1]))
            else:
                for bar in BarRun(part):
                    self.append(bar)
            done += rows

    def load(self, width_ns: Nanos, bars: Iterable[Bar]) -> None:
        """Take in bars of the past of this length, oldest first; what is newer is kept.

        Raises:
            BarUnfit: a price that no column can hold.
        """
        if width_ns == Timeframe.MINUTE.ns and isinstance(bars, BarRun):
            self.extend(bars.columns)
            return
        if width_ns == Timeframe.MINUTE.ns:
            for bar in bars:
                self.append(bar)
            return
        for timeframe, known in tuple(self._histories.items()):
            if timeframe.ns == width_ns:
                self._histories[timeframe] = known.loaded(bars)

    def view(self, timeframe: Timeframe) -> Bars | None:
        """Return the bars of this length, None if nobody needs any."""
        history = self._histories.get(timeframe)
        return None if history is None else history.view()

    def _complete(self, minute_ns: int) -> None:
        """Close the hour and the day of which that minute is the last, if all of it was seen."""
        end_ns = minute_ns + Timeframe.MINUTE.ns
        if end_ns % HOUR:
            return
        for timeframe, history in tuple(self._histories.items()):
            if timeframe is Timeframe.MINUTE or end_ns % timeframe.ns:
                continue
            rows = timeframe.ns // Timeframe.MINUTE.ns
            if len(self._minutes) < rows:
                continue
            whole = self._minutes.merged(rows)
            if not history.is_followed_by(whole):  # a hole is no quiet market: what was is not used
                history = BarHistory(history.product, timeframe, history.depth)
                self._histories[timeframe] = history
            history.append(whole)
