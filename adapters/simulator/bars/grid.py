"""Minutes of a market as columns without holes, and hours made of them."""

from __future__ import annotations

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
        # From when to when, the first minute, and what was read: windows of it are asked for.
        self._ahead: dict[ProductId, tuple[int, int, int, Bars]] = {}
        # The last stretch: an hour is counted, and then it is told.
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
        if self._market.last_before(product, Nanos(begin_ns)) is None:
            known_ns = end_ns - int(self.rows(product, begin_ns, end_ns).starts[0])
            if known_ns < DAY:
                volume = round(volume * DAY / known_ns, 8)
        return volume * row.close

    def _day(self, product: ProductId, end_ns: int) -> tuple[int, int]:
        """Return how many rows the 24 h before have, and base increments; an hour is read once."""
        hours = range(end_ns - DAY, end_ns, HOUR)
        before = self._traded.get(product, {})
        found = self._traded[product] = {
            hour: before.get(hour) or self._hour(product, hour) for hour in hours
        }
        counts, units = zip(*found.values(), strict=True)
        return sum(counts), sum(units)

    def _hour(self, product: ProductId, start_ns: int) -> tuple[int, int]:
        rows = self.rows(product, start_ns, start_ns + HOUR)
        return len(rows.starts), int(rows.units.sum())

    def hours(self, product: ProductId, start_ns: int, end_ns: int) -> tuple[Bar, ...]:
        """Return the hours with start_ns <= start < end_ns that have a row, oldest first."""
        first_ns, known = self._hours.get(product, (start_ns, []))
        gone, odd_ns = divmod(start_ns - first_ns, HOUR)
        if odd_ns or not 0 <= gone <= len(known):
            known = []
        else:
            del known[:gone]
        wanted = range(start_ns, end_ns, HOUR)
        known.extend(self._made(product, hour, HOUR) for hour in wanted[len(known) :])
        self._hours[product] = start_ns, known
        return tuple(bar for bar in known[: len(wanted)] if bar is not None)

    def wide(self, product: ProductId, timeframe: Timeframe, count: int, end_ns: int) -> list[Bar]:
        """Return the last `count` whole hours or days before `end_ns` that have a row."""
        stop = end_ns // timeframe.ns * timeframe.ns
        starts = range(stop - count * timeframe.ns, stop, timeframe.ns)
        found = (self._made(product, start, timeframe.ns) for start in starts)
        return [bar for bar in found if bar is not None]

    def _made(self, product: ProductId, start_ns: int, width_ns: int) -> Bar | None:
        known, rows = self._products[product], self.rows(product, start_ns, start_ns + width_ns)
        if not len(rows.starts):
            return None
        at = known.price_down
        tick = known.price_increment
        return Bar(
            product,
            Nanos(start_ns),
            at(int(rows.opens[0]) * tick),
            at(int(rows.highs.max()) * tick),
            at(int(rows.lows.min()) * tick),
            at(int(rows.closes[-1]) * tick),
            Quantity(int(rows.units.sum()) * known.base_increment),
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
