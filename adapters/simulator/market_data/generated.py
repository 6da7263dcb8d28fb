"""An invented market: seeded minute paths that look like crypto and give nobody an edge.

A candle depends only on seed, product and the number of minutes since the origin, so any minute
can be asked for at any time. Nothing here knows what any strategy looks for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import numpy as np
from attrs import frozen

from adapters.simulator.market_data.depth import Prices
from adapters.simulator.market_data.paths import DAY_MINUTES, CommonPath, ProductPath, Style
from adapters.simulator.market_data.source import MarketError, MinuteColumns
from domain.model.instants import HOUR, MINUTE, Nanos, bucket_start, iso
from domain.model.market import Bar
from domain.model.money import Quantity
from domain.model.product import Product, ProductId

HISTORY_DAYS = 9
HOUR_MINUTES = 60
BASE_MAX = Decimal(1_000_000_000)
QUOTE_MAX = Decimal(150_000_000)
_CACHED_HOURS = 480
"""Five products' four days: day statistics ask for two of them every minute."""

# Volatility and turnover as on Coinbase in November and December 2023 (scripts/market_facts.py).
STYLES = (
    Style("BTC", 64_000.0, 2, 8, 4.4, 1.9, 350_000.0),
    Style("DOGE", 0.16, 5, 1, 6.4, 6.6, 28_000.0),
    Style("ETH", 3_100.0, 2, 8, 5.0, 2.7, 170_000.0),
    Style("LINK", 14.5, 3, 2, 6.3, 6.5, 28_000.0),
    Style("SOL", 145.0, 2, 8, 8.7, 8.1, 108_000.0),
)


@frozen
class _Line:
    """One product and its path."""

    product: Product
    path: ProductPath
    prices: Prices


class GeneratedMarket:
    """Five USD products without an end, with nine days of history before the origin."""

    prices: Literal["invented", "recorded"] = "invented"

    def __init__(self, seed: int, origin_ns: Nanos, offset_minutes: int = 0) -> None:
        """Begin trading at `origin_ns` (a whole minute), `offset_minutes` >= 0 into the path.

        Raises:
            MarketError: the origin is within a minute, or the offset is negative.
        """
        if origin_ns % MINUTE:
            raise MarketError(f"expected an origin on a whole minute, was {iso(origin_ns)}")
        if offset_minutes < 0:
            raise MarketError(f"expected an offset of at least 0 minutes, was {offset_minutes}")
        self.description = f"generated seed={seed} offset={offset_minutes}m"
        self.products = tuple(_product(style) for style in STYLES)
        self.first_ns = Nanos(origin_ns - (HISTORY_DAYS * DAY_MINUTES + offset_minutes) * MINUTE)
        self.end_ns: Nanos | None = None
        common = CommonPath(seed)
        self._lines = {
            product.id: _Line(
                product,
                ProductPath(style, seed, number, common),
                Prices(product.price_increment),
            )
            for number, (product, style) in enumerate(
                zip(self.products, STYLES, strict=True), start=1
            )
        }
        self._hours: dict[tuple[ProductId, int], list[Bar]] = {}

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the path has begun at that minute; it never ends."""
        return product in self._lines and minute_ns >= self.first_ns

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the minute's candle; every minute of the path has one."""
        if not self.covers(product, minute_ns) or minute_ns % MINUTE:
            return None
        hour, minute = divmod((minute_ns - self.first_ns) // MINUTE, HOUR_MINUTES)
        return self._hour(product, hour)[minute]

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the candles with start_ns <= start < end_ns, oldest first."""
        first = max(0, -((self.first_ns - start_ns) // MINUTE))
        stop = -((self.first_ns - end_ns) // MINUTE)
        if product not in self._lines or stop <= first:
            return []
        hours = range(first // HOUR_MINUTES, (stop - 1) // HOUR_MINUTES + 1)
        bars = [bar for hour in hours for bar in self._hour(product, hour)]
        skipped = hours.start * HOUR_MINUTES
        return bars[first - skipped : stop - skipped]

    def minutes(self, product: ProductId, start_ns: int, end_ns: int) -> MinuteColumns:
        """Return the candles with start_ns <= start < end_ns as whole numbers."""
        first = max(0, -((self.first_ns - start_ns) // MINUTE))
        stop = max(first, -((self.first_ns - end_ns) // MINUTE))
        days = range(first // DAY_MINUTES, (max(stop, 1) - 1) // DAY_MINUTES + 1)
        found = [self._lines[product].path.day(day) for day in days]
        skipped = days.start * DAY_MINUTES
        cut = slice(first - skipped, stop - skipped)
        return MinuteColumns(
            self.first_ns + MINUTE * np.arange(first, stop, dtype=np.int64),
            np.concatenate([day.opens for day in found])[cut],
            np.concatenate([day.highs for day in found])[cut],
            np.concatenate([day.lows for day in found])[cut],
            np.concatenate([day.closes for day in found])[cut],
            np.concatenate([day.units for day in found])[cut],
        )

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the candle of the minute before."""
        return self.candle(product, bucket_start(minute_ns - 1, MINUTE))

    def _hour(self, product: ProductId, hour: int) -> list[Bar]:
        """Return the bars of one hour of the path."""
        found = self._hours.get((product, hour))
        if found is None:
            if len(self._hours) >= _CACHED_HOURS:
                del self._hours[next(iter(self._hours))]
            found = self._hours[product, hour] = self._bars(self._lines[product], hour)
        return found

    def _bars(self, line: _Line, hour: int) -> list[Bar]:
        day, first = divmod(hour * HOUR_MINUTES, DAY_MINUTES)
        columns = line.path.day(day)
        hours = slice(first, first + HOUR_MINUTES)
        rows = zip(
            columns.opens[hours].tolist(),
            columns.highs[hours].tolist(),
            columns.lows[hours].tolist(),
            columns.closes[hours].tolist(),
            columns.units[hours].tolist(),
            strict=True,
        )
        at, step, start_ns = line.prices.at, line.product.base_increment, self.first_ns
        return [
            Bar(
                line.product.id,
                Nanos(start_ns + hour * HOUR + index * MINUTE),
                at(opened),
                at(high),
                at(low),
                at(close),
                Quantity(units * step),
            )
            for index, (opened, high, low, close, units) in enumerate(rows)
        ]


def _product(style: Style) -> Product:
    step = Decimal(1).scaleb(-style.units)
    return Product(
        id=ProductId(f"{style.base}-USD"),
        base=style.base,
        quote="USD",
        price_increment=Decimal(1).scaleb(-style.decimals),
        base_increment=step,
        quote_increment=Decimal("0.01"),
        base_min=step,
        base_max=BASE_MAX,
        quote_min=Decimal(1),
        quote_max=QUOTE_MAX,
    )
