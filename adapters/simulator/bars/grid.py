"""Minutes of a market as columns without holes, and hours made of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.source import MinuteColumns
from adapters.simulator.market_data.trades import TradeMarket
from domain.model.bars import Bars, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Quantity
from domain.model.product import Product, ProductId

if TYPE_CHECKING:
    from domain.model.bars import Ints

Market = CandleMarket | TradeMarket | GeneratedMarket


class MinuteGrid:
    """Reads any stretch of a market; what it returns was known at the end of that stretch."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._products = {each.id: each for each in market.products}
        # The hours that were asked for last, from when on: next time it is an hour later.
        self._hours: dict[ProductId, tuple[int, list[Bar | None]]] = {}
        # Rows and base increments of an hour, by its beginning.
        self._traded: dict[ProductId, dict[int, tuple[int, int]]] = {}
        # The 24 h that were asked for last: their end, and their sums.
        self._days: dict[ProductId, tuple[int, int, int]] = {}
        # From when on a product is known to have rows.
        self._grown_ns: dict[ProductId, int] = {}
        # From when to when, the first minute, and what was read: windows of it are asked for.
        self._ahead: dict[ProductId, tuple[int, int, int, Bars]] = {}
        # The last stretch: a day's hours are counted, and then they are told.
        self._stretch: dict[ProductId, tuple[int, int, MinuteColumns]] = {}

    def has(self, product: ProductId) -> bool:
        """Tell whether the market has that product."""
        return product in self._products

    def covers(self, product: ProductId, minute_ns: int) -> bool:
        """Tell whether the minute lies between the product's first and last row."""
        return self._market.covers(product, Nanos(minute_ns))

    def rows(self, product: ProductId, start_ns: int, end_ns: int) -> MinuteColumns:
        """Return the rows with start_ns <= start < end_ns; a minute without a row has none."""
        found = self._stretch.get(product)
        if found is None or found[:2] != (start_ns, end_ns):
            rows = self._read(product, start_ns, end_ns)
            found = self._stretch[product] = start_ns, end_ns, rows
        return found[2]

    def _read(self, product: ProductId, start_ns: int, end_ns: int) -> MinuteColumns:
        if not isinstance(self._market, TradeMarket):
            return self._market.minutes(product, start_ns, end_ns)
        known = self._products[product]
        bars = self._market.candles(product, Nanos(start_ns), Nanos(end_ns))
        tick, step = known.price_increment, known.base_increment
        columns = (
            [bar.start_ns for bar in bars],
            [int(bar.open / tick) for bar in bars],
            [int(bar.high / tick) for bar in bars],
            [int(bar.low / tick) for bar in bars],
            [int(bar.close / tick) for bar in bars],
            [int(bar.volume / step) for bar in bars],
        )
        return MinuteColumns(*(np.array(each, np.int64) for each in columns))

    def bars(self, product: ProductId, start_ns: int, end_ns: int) -> Bars:
        """Return the minutes from `start_ns`, or the product's first row after it, up to `end_ns`.

        Both are whole minutes. A minute without a row repeats the close before, with volume 0.
        """
        rows, known = self._begun(product, start_ns, end_ns), self._products[product]
        if not len(rows.starts):
            none = np.zeros(0, np.int64)
            return _bars(known, none, none, none, none, none, none)
        first_ns = int(rows.starts[0])
        length = max(0, -(-(end_ns - first_ns) // MINUTE))
        if len(rows.starts) == length:
            columns = rows.opens, rows.highs, rows.lows, rows.closes, rows.units
            return _bars(known, rows.starts, *columns)
        there = (rows.starts - first_ns) // MINUTE
        place = np.zeros(length, np.int64)
        place[there] = np.arange(len(there))
        place = np.maximum.accumulate(place)
        has_row = np.zeros(length, np.bool_)
        has_row[there] = True
        closes = rows.closes[place]
        starts = first_ns + MINUTE * np.arange(length, dtype=np.int64)
        opens, highs, lows = (
            np.where(has_row, each[place], closes) for each in (rows.opens, rows.highs, rows.lows)
        )
        units = np.where(has_row, rows.units[place], 0)
        return _bars(known, starts, opens, highs, lows, closes, units)

    def newest(self, product: ProductId, rows: int, end_ns: int) -> Bars:
        """Return `bars` of so many minutes before `end_ns`; those that follow them within a day are
        read with them, and only kept.
        """
        start_ns, known = end_ns - rows * MINUTE, self._ahead.get(product)
        if known is None or start_ns < known[0] or end_ns > known[1]:
            until_ns = end_ns + DAY
            bars = self.bars(product, start_ns, until_ns)
            first_ns = int(bars.start_ns[0]) if len(bars) else until_ns
            known = self._ahead[product] = start_ns, until_ns, first_ns, bars
        _, _, first_ns, bars = known
        first, stop = (start_ns - first_ns) // MINUTE, (end_ns - first_ns) // MINUTE
        return bars.part(max(0, first), max(0, stop))

    def _begun(self, product: ProductId, start_ns: int, end_ns: int) -> MinuteColumns:
        """Return the rows of a stretch; one that begins in a hole begins with the close before."""
        rows = self.rows(product, start_ns, end_ns)
        if end_ns <= start_ns or (len(rows.starts) and int(rows.starts[0]) == start_ns):
            return rows
        before = self._market.last_before(product, Nanos(start_ns))
        if before is None:
            return rows
        close = int(before.close / self._products[product].price_increment)
        first = (start_ns, close, close, close, close, 0)
        columns = (rows.starts, rows.opens, rows.highs, rows.lows, rows.closes, rows.units)
        return MinuteColumns(
            *(np.concatenate(([one], many)) for one, many in zip(first, columns, strict=True))
        )

    def wide_bars(self, product: ProductId, timeframe: Timeframe, count: int, end_ns: int) -> Bars:
        """Return the last `count` whole hours or days before `end_ns`, without holes."""
        stop, rows = end_ns // timeframe.ns * timeframe.ns, timeframe.ns // MINUTE
        minutes = self.bars(product, stop - count * timeframe.ns, stop)
        whole = len(minutes) // rows
        first = len(minutes) - whole * rows
        shape = whole, rows
        opens, highs, lows, closes, units = (
            column[first:].reshape(shape)
            for column in (minutes.open, minutes.high, minutes.low, minutes.close, minutes.volume)
        )
        return _bars(
            self._products[product],
            minutes.start_ns[first:].reshape(shape)[:, 0],
            opens[:, 0],
            highs.max(axis=1),
            lows.min(axis=1),
            closes[:, -1],
            units.sum(axis=1),
            timeframe,
        )

    def turnover(self, product: ProductId, end_ns: int) -> Decimal | None:
        """Return the 24 h volume in quote currency before `end_ns`, as the venue shows it.

        Of a product that is known for less, that of a day at its rate so far; None before its
        first row.
        """
        known, begin_ns = self._products[product], end_ns - DAY
        row = self._market.last_before(product, Nanos(end_ns))
        if row is None:
            return None
        count, units = self._day(product, end_ns)
        volume = units * known.base_increment
        if not count:
            return volume
        if self._is_young(product, begin_ns):
            known_ns = end_ns - int(self.rows(product, begin_ns, end_ns).starts[0])
            if known_ns < DAY:
                volume = round(volume * DAY / known_ns, 8)
        return volume * row.close

    def _is_young(self, product: ProductId, begin_ns: int) -> bool:
        """Tell whether the product has no row before `begin_ns`."""
        if begin_ns >= self._grown_ns.get(product, begin_ns + 1):
            return False
        is_young = self._market.last_before(product, Nanos(begin_ns)) is None
        if not is_young:
            self._grown_ns[product] = begin_ns
        return is_young

    def _day(self, product: ProductId, end_ns: int) -> tuple[int, int]:
        """Return how many rows the 24 h before have, and base increments; an hour is read once."""
        traded, begin_ns = self._traded.setdefault(product, {}), end_ns - DAY
        known = self._days.get(product)
        if known is None or known[0] != end_ns - HOUR:
            known = self._days[product] = end_ns, *self._sums(product, begin_ns, end_ns)
            return known[1:]
        gone = traded.pop(begin_ns - HOUR)
        new = self._sums(product, end_ns - HOUR, end_ns)
        rows, units = (
            was - old + more for was, old, more in zip(known[1:], gone, new, strict=True)
        )
        self._days[product] = end_ns, rows, units
        return rows, units

    def _sums(self, product: ProductId, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Return rows and base increments of hours."""
        traded, hours = self._traded[product], range(start_ns, end_ns, HOUR)
        for hour in hours:
            if hour not in traded:
                self._read_hours(product, hour, traded)
        found = [traded[hour] for hour in hours]
        return sum(rows for rows, _ in found), sum(units for _, units in found)

    def _read_hours(
        self, product: ProductId, start_ns: int, known: dict[int, tuple[int, int]]
    ) -> None:
        """Read the hours from `start_ns` on, as many as a day has."""
        starts = np.arange(start_ns, start_ns + DAY + HOUR, HOUR, dtype=np.int64)
        rows = self.rows(product, start_ns, start_ns + DAY)
        places = rows.starts.searchsorted(starts)
        units = np.concatenate(([0], np.cumsum(rows.units)))[places]
        counts, traded = np.diff(places).tolist(), np.diff(units).tolist()
        known.update(zip(starts.tolist(), zip(counts, traded, strict=True), strict=False))

    def hours(self, product: ProductId, start_ns: int, end_ns: int) -> tuple[Bar, ...]:
        """Return the hours with start_ns <= start < end_ns that have a row, oldest first."""
        first_ns, known = self._hours.get(product, (start_ns, []))
        gone, odd_ns = divmod(start_ns - first_ns, HOUR)
        if odd_ns or not 0 <= gone <= len(known):
            known = []
        else:
            del known[:gone]
        while len(known) * HOUR < end_ns - start_ns:  # a day at once
            known.extend(self._wide(product, start_ns + len(known) * HOUR, HOUR, DAY // HOUR))
        self._hours[product] = start_ns, known
        return tuple(bar for bar in known[: (end_ns - start_ns) // HOUR] if bar is not None)

    def wide(self, product: ProductId, timeframe: Timeframe, count: int, end_ns: int) -> list[Bar]:
        """Return the last `count` whole hours or days before `end_ns` that have a row."""
        stop = end_ns // timeframe.ns * timeframe.ns
        found = self._wide(product, stop - count * timeframe.ns, timeframe.ns, count)
        return [bar for bar in found if bar is not None]

    def _wide(
        self, product: ProductId, start_ns: int, width_ns: int, count: int
    ) -> Iterator[Bar | None]:
        """Yield so many bars from `start_ns` on; None where a bar has no row."""
        known, rows = (
            self._products[product],
            self.rows(product, start_ns, start_ns + count * width_ns),
        )
        ends = start_ns + width_ns * np.arange(count + 1, dtype=np.int64)
        places = rows.starts.searchsorted(ends).tolist()
        at, tick = known.price_down, known.price_increment
        for number, (first, stop) in enumerate(itertools.pairwise(places)):
            if first == stop:
                yield None
                continue
            part = slice(first, stop)
            yield Bar(
                product,
                Nanos(start_ns + number * width_ns),
                at(int(rows.opens[first]) * tick),
                at(int(rows.highs[part].max()) * tick),
                at(int(rows.lows[part].min()) * tick),
                at(int(rows.closes[stop - 1]) * tick),
                Quantity(int(rows.units[part].sum()) * known.base_increment),
            )


def _bars(
    product: Product,
    starts: Ints,
    opens: Ints,
    highs: Ints,
    lows: Ints,
    closes: Ints,
    units: Ints,
    timeframe: Timeframe = Timeframe.MINUTE,
) -> Bars:
    columns = (starts, opens, highs, lows, closes, units)
    for column in columns:
        column.flags.writeable = False
    tick, step = product.price_increment, product.base_increment
    return Bars(product.id, timeframe, tick, step, *columns)
