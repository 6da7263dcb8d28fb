"""From one candle to a minute of market: trades and books that add up to exactly that candle.

A minute's steps depend on seed, product and minute alone. The first trade is at the open, the
last at the close, both extremes trade, and the quantities sum to the volume to the last digit.
Inside, prices are whole ticks and quantities whole base increments.
"""

from __future__ import annotations

import random
from decimal import Decimal

from adapters.venue.market.source import Market, Step
from domain.instants import HOUR, MINUTE, Nanos
from domain.market import Bar, Level, Trade
from domain.money import ZERO, Price, Quantity
from domain.product import Product, ProductId, Side

STEPS = 32
STEP_NS = MINUTE // STEPS
LEVELS = 10
TABLE = 64
"""Depths are drawn once a minute and picked by price, so a book that stands still stays equal."""
CHANGES = 3
"""Depths redrawn at each step."""
TRADES_A_MINUTE = 1_000
SPREAD_BPS = Decimal("1.5")
WIDER_BPS = Decimal(12)
SHARE_OF_VOLUME = 6
"""A usual minute's volume is this many times a usual level."""


class CandleExpander:
    """Expands the candles of one market."""

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._seed = seed
        self._products = {product.id: product for product in market.products}
        self._prices: dict[ProductId, dict[int, Price]] = {p: {} for p in self._products}
        self._usual: dict[tuple[ProductId, int], int] = {}

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the minute's 32 steps, oldest first; none where the market has no such minute."""
        if not self._market.covers(product, minute_ns):
            return ()
        candle = self._market.candle(product, minute_ns)
        before = self._market.last_before(product, minute_ns)
        if candle is None and before is None:
            return ()
        return _Minute(self, self._products[product], minute_ns, candle, before).steps()

    def price(self, product: ProductId, tick: int, increment: Decimal) -> Price:
        """Return the price of a tick number."""
        known = self._prices[product]
        found = known.get(tick)
        if found is None:
            found = known[tick] = Price(tick * increment)
        return found

    def usual_units(self, product: Product, minute_ns: int) -> int:
        """Return the mean volume of the hour before this one, in base increments, at least 1."""
        hour_ns = minute_ns - minute_ns % HOUR
        key = (product.id, hour_ns)
        found = self._usual.get(key)
        if found is None:
            rows = self._market.candles(product.id, Nanos(hour_ns - HOUR), Nanos(hour_ns))
            if not rows:
                last = self._market.last_before(product.id, Nanos(hour_ns))
                rows = [] if last is None else [last]
            volume = sum((row.volume for row in rows), ZERO) / max(1, len(rows))
            least = product.quote_min / rows[-1].close if rows else product.base_min
            found = int(max(volume, least * 50) / product.base_increment) + 1
            if len(self._usual) > 4 * len(self._products):
                self._usual.clear()
            self._usual[key] = found
        return found

    def random(self, product: ProductId, minute_ns: int) -> random.Random:
        """Return the minute's own source of chance."""
        return random.Random(f"{self._seed}|{product}|{minute_ns // MINUTE}")


class _Minute:
    """The making of one minute."""

    def __init__(
        self,
        expander: CandleExpander,
        product: Product,
        minute_ns: Nanos,
        candle: Bar | None,
        before: Bar | None,
    ) -> None:
        self._expander = expander
        self._product = product
        self._start_ns = minute_ns
        self._random = expander.random(product.id, minute_ns)
        self._tick = product.price_increment
        self._candle = candle if candle is not None and candle.volume > 0 else None
        close = before.close if before is not None else candle.open if candle is not None else ZERO
        self._last = self._ticks(close)
        usual = expander.usual_units(product, minute_ns)
        self._depth = max(1, usual // SHARE_OF_VOLUME)
        self._table = [self._draw() for _ in range(TABLE)]
        self._spread = self._usual_spread()

    def steps(self) -> tuple[Step, ...]:
        """Return all steps."""
        path, traded = self._path()
        sizes = self._sizes(traded)
        number = self._start_ns // MINUTE * TRADES_A_MINUTE
        steps = []
        last, is_up = self._last, self._random.random() < 0.5
        for index in range(STEPS):
            at_ns = Nanos(self._start_ns + index * STEP_NS)
            price = path[index]
            if price != last:
                is_up, last = price > last, price
            elif self._random.random() < 0.3:
                is_up = not is_up
            trades: tuple[Trade, ...] = ()
            if index in sizes:
                number += 1
                trades = (self._trade(price, sizes[index], is_up=is_up, number=number, at=at_ns),)
            for _ in range(CHANGES):
                self._table[int(self._random.random() * TABLE)] = self._draw()
            bids, asks = self._book(price, is_up=is_up)
            steps.append(Step(self._product.id, at_ns, trades, bids, asks))
        return tuple(steps)

    # Prices.

    def _path(self) -> tuple[list[int], list[int]]:
        """Return the price of each step in ticks, and the steps at which must be traded."""
        candle = self._candle
        if candle is None:
            return [self._last] * STEPS, []
        points = [self._ticks(candle.open)]
        extremes = [self._ticks(candle.high), self._ticks(candle.low)]
        if self._random.random() < 0.5:
            extremes.reverse()
        points += [*extremes, self._ticks(candle.close)]
        low, high = min(extremes), max(extremes)
        first, second = sorted(self._random.sample(range(1, STEPS - 1), 2))
        places = [0, first, second, STEPS - 1]
        path = [points[0]] * STEPS
        for (start, begin), (stop, end) in zip(
            zip(places, points, strict=True), zip(places[1:], points[1:], strict=True), strict=False
        ):
            self._bridge(path, start, stop, begin, end, low, high)
        return path, places

    def _bridge(
        self, path: list[int], start: int, stop: int, begin: int, end: int, low: int, high: int
    ) -> None:
        """Walk from `begin` to `end`, straying a little, never outside low and high."""
        span = stop - start
        stray = (high - low) * 0.15
        for index in range(start, stop + 1):
            along = begin + (end - begin) * (index - start) / span
            noise = 0.0 if index in (start, stop) else self._random.uniform(-stray, stray)
            path[index] = min(high, max(low, round(along + noise)))
        path[start], path[stop] = begin, end

    def _ticks(self, price: Decimal) -> int:
        return int(price / self._tick)

    # Quantities.

    def _sizes(self, needed: list[int]) -> dict[int, int]:
        """Return units traded by step: they sum to the volume, each needed step has some."""
        if self._candle is None:
            return {}
        units = int(self._candle.volume / self._product.base_increment)
        chosen = {index for index in range(STEPS) if self._random.random() < 0.75}
        chosen.update(needed)
        if units < len(chosen):
            chosen = set(needed)
        places = sorted(chosen)
        if units < len(places):  # too little for every extreme: open and close come first
            places = [places[0], places[-1]][: max(1, units)]
        weights = [self._random.expovariate(1.0) for _ in places]
        spare = units - len(places)
        scale = spare / sum(weights)
        sizes = {place: 1 + int(w * scale) for place, w in zip(places, weights, strict=True)}
        sizes[places[-1]] += units - sum(sizes.values())
        return sizes

    def _trade(self, tick: int, units: int, *, is_up: bool, number: int, at: Nanos) -> Trade:
        quantity = Quantity(units * self._product.base_increment)
        side = Side.SELL if is_up else Side.BUY  # of the maker: a rise is bought from sellers
        return Trade(self._product.id, str(number), self._price(tick), quantity, side, at)

    # Books.

    def _usual_spread(self) -> int:
        wide = SPREAD_BPS + WIDER_BPS / (1 + self._depth_usd() / 500)
        return max(1, int(self._last * wide / 10_000))

    def _depth_usd(self) -> Decimal:
        return self._depth * self._product.base_increment * self._last * self._tick

    def _draw(self) -> Quantity:
        share = 0.3 + 1.4 * self._random.random()
        return Quantity((int(self._depth * share) + 1) * self._product.base_increment)

    def _book(self, tick: int, *, is_up: bool) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        best_bid = tick - self._spread if is_up else tick
        best_ask = best_bid + self._spread
        if best_bid < LEVELS * self._spread:  # worth next to nothing: one level a side
            bids = (self._level(max(1, best_bid)),)
            return bids, (self._level(max(2, best_ask)),)
        gap = self._spread
        grid = best_bid // gap  # levels lie on a grid, so that most survive a small move
        down = [best_bid, *((grid - i) * gap for i in range(1, LEVELS))]
        up = [best_ask, *((best_ask // gap + i) * gap for i in range(1, LEVELS))]
        return tuple(map(self._level, down)), tuple(map(self._level, up))

    def _level(self, tick: int) -> Level:
        return Level(self._price(tick), self._table[tick % TABLE])

    def _price(self, tick: int) -> Price:
        return self._expander.price(self._product.id, tick, self._tick)
