"""Candles of any width and day statistics, from minutes that are over and the one that forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.tape import Tape
from adapters.simulator.market_data.source import PlayedMarket
from domain.model.instants import DAY, HOUR, MINUTE, Nanos, bucket_start
from domain.model.market import Bar, Trade
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import ProductId

GRANULARITIES = {
    "ONE_MINUTE": MINUTE,
    "FIVE_MINUTE": 5 * MINUTE,
    "FIFTEEN_MINUTE": 15 * MINUTE,
    "THIRTY_MINUTE": 30 * MINUTE,
    "ONE_HOUR": HOUR,
    "TWO_HOUR": 2 * HOUR,
    "FOUR_HOUR": 4 * HOUR,
    "SIX_HOUR": 6 * HOUR,
    "ONE_DAY": DAY,
}


@frozen
class DayStatistics:
    """A product's last price and the 24 hours up to the running minute; None without any trade.

    Of a market that began less than 24 hours ago volumes are those of a day at its rate so far: a
    venue would know what came before.
    """

    last: Decimal | None
    first: Decimal | None
    high: Decimal
    low: Decimal
    volume: Decimal
    volume_before: Decimal
    """Of the 24 hours before these."""
    quote_volume: Decimal


DIGITS = 8
"""Of a volume that is an estimate."""
NO_DAY = DayStatistics(None, None, ZERO, ZERO, ZERO, ZERO, ZERO)
"""The day of a product that is not traded."""


class MarketPast:
    """What the market has done up to now; never anything later."""

    def __init__(self, market: PlayedMarket, tape: Tape, clock: PlayedClock) -> None:
        self._market = market
        self._tape = tape
        self._clock = clock
        self._days: dict[ProductId, tuple[Nanos, DayStatistics]] = {}

    def candles(self, product: ProductId, first_ns: int, last_ns: int, width_ns: int) -> list[Bar]:
        """Return the buckets of `width_ns` with first <= start <= last, oldest first.

        Buckets without a row are absent; the newest may still be forming.
        """
        start = -(-first_ns // width_ns) * width_ns
        end = bucket_start(last_ns, width_ns) + width_ns
        return _widened(self._minutes(product, start, end), width_ns)

    def last_price(self, product: ProductId) -> Decimal | None:
        """Return the price of the latest trade, None if there was none yet."""
        recent = self._tape.recent(product)
        return recent[0].price if recent else self.day(product).last

    def day(self, product: ProductId) -> DayStatistics:
        """Return the product's day, renewed each minute."""
        minute = bucket_start(self._clock.now_ns, MINUTE)
        known = self._days.get(product)
        if known is None or known[0] != minute:
            known = (minute, self._day(product, minute))
            self._days[product] = known
        return known[1]

    def _minutes(self, product: ProductId, start_ns: int, end_ns: int) -> list[Bar]:
        minute = bucket_start(self._clock.now_ns, MINUTE)
        rows: list[Bar] = []
        if start_ns < min(end_ns, minute):
            rows = self._rows(product, start_ns, min(end_ns, minute))
        trades = self._tape.forming(product, minute)
        if trades and start_ns <= minute < end_ns:
            rows = [*rows, bar_of(product, minute, trades)]
        return rows

    def _rows(self, product: ProductId, start_ns: int, end_ns: int) -> list[Bar]:
        """Return the market's minutes; those that were altered are as they were printed."""
        rows = self._market.candles(product, Nanos(start_ns), Nanos(end_ns))
        altered = self._tape.altered(product)
        if not altered:
            return rows
        printed = [
            bar_of(product, minute, trades)
            for minute, trades in altered.items()
            if trades and start_ns <= minute < end_ns
        ]
        rows = [row for row in rows if row.start_ns not in altered]
        return sorted(rows + printed, key=lambda row: row.start_ns)

    def _day(self, product: ProductId, minute: Nanos) -> DayStatistics:
        rows = self._rows(product, minute - DAY, minute)
        before = self._rows(product, minute - 2 * DAY, minute - DAY)
        if not rows:
            row = self._market.last_before(product, minute)
            last = None if row is None else row.close
            return DayStatistics(last, None, ZERO, ZERO, ZERO, _volume(before), ZERO)
        quote = ZERO
        for row in rows:
            quote = EXACT.add(quote, EXACT.multiply(row.close, row.volume))
        known_ns = DAY if before else minute - rows[0].start_ns
        return DayStatistics(
            last=rows[-1].close,
            first=rows[0].open,
            high=max(row.high for row in rows),
            low=min(row.low for row in rows),
            volume=_of_a_day(_volume(rows), known_ns),
            volume_before=_volume(before),
            quote_volume=_of_a_day(quote, known_ns),
        )


def _of_a_day(volume: Decimal, known_ns: int) -> Decimal:
    """Return the volume of 24 hours at the rate of the `known_ns` of which it is known."""
    if known_ns >= DAY:
        return volume
    return round(volume * DAY / known_ns, DIGITS)


def bar_of(product: ProductId, start_ns: Nanos, trades: Sequence[Trade]) -> Bar:
    """Return the candle of one or more trades, oldest first."""
    prices = [trade.price for trade in trades]
    volume = ZERO
    for trade in trades:
        volume = EXACT.add(volume, trade.quantity)
    return Bar(product, start_ns, prices[0], max(prices), min(prices), prices[-1], Quantity(volume))


def _widened(rows: list[Bar], width_ns: int) -> list[Bar]:
    if width_ns == MINUTE:
        return rows
    buckets: dict[Nanos, list[Bar]] = {}
    for row in rows:
        buckets.setdefault(bucket_start(row.start_ns, width_ns), []).append(row)
    return [_joined(start, bucket) for start, bucket in buckets.items()]


def _joined(start_ns: Nanos, rows: Sequence[Bar]) -> Bar:
    return Bar(
        rows[0].product,
        start_ns,
        rows[0].open,
        Price(max(row.high for row in rows)),
        Price(min(row.low for row in rows)),
        rows[-1].close,
        Quantity(_volume(rows)),
    )


def _volume(rows: Iterable[Bar]) -> Decimal:
    total = ZERO
    for row in rows:
        total = EXACT.add(total, row.volume)
    return total
