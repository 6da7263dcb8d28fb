"""An invented market: seeded minute paths that look like crypto and give nobody an edge.

Prices are a martingale in minutes: a common factor and each product's own noise, with fat tails,
clustered volatility, rare jumps and a daily wave of volume. A candle depends only on seed,
product and the number of minutes since the origin, so any minute can be asked for at any time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from domain.instants import MINUTE, Nanos
from domain.market import Bar
from domain.money import Price, Quantity
from domain.product import Product, ProductId

Floats = NDArray[np.float64]
DAY_MINUTES = 1_440
HISTORY_DAYS = 9
VOLUME_DECIMALS = 6
PERSISTENCE = 0.985
"""Of the logarithm of volatility, from minute to minute."""
SHAKE = 0.085
TAIL_DEGREES = 4
JUMP_CHANCE = 0.0004
JUMP_SIZE = 8.0


@frozen
class _Style:
    """One product: price at the beginning of the path, volatility and volume of a usual minute."""

    base: str
    price: float
    decimals: int
    common_bps: float
    own_bps: float
    volume_usd: float


STYLES = (
    _Style("BTC", 64_000.0, 2, 4.5, 1.5, 400_000.0),
    _Style("DOGE", 0.16, 5, 6.0, 5.0, 60_000.0),
    _Style("ETH", 3_100.0, 2, 5.5, 2.5, 250_000.0),
    _Style("LINK", 14.5, 3, 5.5, 5.0, 30_000.0),
    _Style("SOL", 145.0, 2, 6.5, 4.0, 120_000.0),
)


class _Path:
    """One product's candles, a day at a time, each day chained to the one before."""

    def __init__(self, style: _Style, seed: int, number: int) -> None:
        self._style = style
        self._seed = seed
        self._number = number
        self._ends: list[float] = [float(np.log(style.price))]
        self._days: dict[int, tuple[Floats, ...]] = {}

    def day(self, day: int, common: tuple[Floats, Floats]) -> tuple[Floats, ...]:
        """Return open, high, low, close and volume of one day as columns."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._make(day, common)
        return found

    def _make(self, day: int, common: tuple[Floats, Floats]) -> tuple[Floats, ...]:
        style, (shocks, heat) = self._style, common
        random = _random(self._seed, day, self._number + 1)
        own = _fat(random, DAY_MINUTES)
        scale = heat / 10_000.0
        returns = scale * (style.common_bps * shocks + style.own_bps * own)
        returns -= returns.var() / 2.0
        closes = self._ends[day] + np.cumsum(returns)
        opens = np.concatenate(([self._ends[day]], closes[:-1]))
        reach = scale * (style.common_bps + style.own_bps) * 0.6
        highs = np.maximum(opens, closes) + reach * np.abs(random.standard_normal(DAY_MINUTES))
        lows = np.minimum(opens, closes) - reach * np.abs(random.standard_normal(DAY_MINUTES))
        if len(self._ends) == day + 1:
            self._ends.append(float(closes[-1]))
        moved = np.abs(returns) / (scale * (style.common_bps + style.own_bps))
        wave = 1.0 + 0.5 * np.cos(np.arange(DAY_MINUTES) / DAY_MINUTES * 2.0 * np.pi)
        spread = np.exp(0.55 * random.standard_normal(DAY_MINUTES))
        usd = style.volume_usd * wave * heat * spread * (0.4 + moved)
        prices = [
            np.asarray(np.round(np.exp(column), style.decimals), np.float64)
            for column in (opens, highs, lows, closes)
        ]
        volume: Floats = np.round(usd / prices[3], VOLUME_DECIMALS) + 10.0**-VOLUME_DECIMALS
        return (*prices, volume)


class GeneratedMarket:
    """Five USD products without an end, with nine days of history before the origin."""

    prices: Literal["invented", "recorded"] = "invented"

    def __init__(self, seed: int, origin_ns: Nanos, offset_minutes: int = 0) -> None:
        """Begin trading at `origin_ns` (a whole minute), `offset_minutes` into the path."""
        self._seed = seed
        self._zero_ns = origin_ns - (HISTORY_DAYS * DAY_MINUTES + offset_minutes) * MINUTE
        self.description = f"generated seed={seed} offset={offset_minutes}m"
        self.products = tuple(_product(style) for style in STYLES)
        self.first_ns = Nanos(self._zero_ns)
        self.end_ns: Nanos | None = None
        self._paths = {
            product.id: _Path(style, seed, number)
            for number, (product, style) in enumerate(zip(self.products, STYLES, strict=True))
        }
        self._decimals = {p.id: s.decimals for p, s in zip(self.products, STYLES, strict=True)}
        self._common: dict[int, tuple[Floats, Floats]] = {}
        self._made = dict.fromkeys(self._paths, 0)
        self._heat = 0.0

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the path has begun at that minute; it never ends."""
        return product in self._paths and minute_ns >= self._zero_ns

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the minute's candle; every minute of the path has one."""
        if not self.covers(product, minute_ns):
            return None
        day, minute = divmod((minute_ns - self._zero_ns) // MINUTE, DAY_MINUTES)
        opens, highs, lows, closes, volumes = self._day(product, day)
        places = self._decimals[product]

        def price(column: Floats) -> Price:
            return Price(Decimal(f"{column[minute]:.{places}f}"))

        volume = Decimal(f"{volumes[minute]:.{VOLUME_DECIMALS}f}")
        return Bar(
            product,
            Nanos(minute_ns),
            price(opens),
            price(highs),
            price(lows),
            price(closes),
            Quantity(volume),
        )

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the candles with start_ns <= start < end_ns, oldest first."""
        first = max(start_ns + -start_ns % MINUTE, self._zero_ns)
        bars = (self.candle(product, Nanos(at)) for at in range(first, end_ns, MINUTE))
        return [bar for bar in bars if bar is not None]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the candle of the minute before."""
        return self.candle(product, Nanos(minute_ns - minute_ns % MINUTE - MINUTE))

    def _day(self, product: ProductId, day: int) -> tuple[Floats, ...]:
        path = self._paths[product]
        while self._made[product] <= day:
            made = self._made[product]
            path.day(made, self._shared(made))
            self._made[product] += 1
        return path.day(day, self._shared(day))

    def _shared(self, day: int) -> tuple[Floats, Floats]:
        """Return the common factor and the heat (relative volatility) of one day."""
        while len(self._common) <= day:
            made = len(self._common)
            random = _random(self._seed, made, 0)
            shocks = _fat(random, DAY_MINUTES)
            jumps = random.random(DAY_MINUTES) < JUMP_CHANCE
            shocks = shocks + jumps * JUMP_SIZE * random.standard_normal(DAY_MINUTES)
            steps = random.standard_normal(DAY_MINUTES) * SHAKE
            heat = np.empty(DAY_MINUTES)
            level = self._heat
            for minute in range(DAY_MINUTES):
                level = PERSISTENCE * level + float(steps[minute])
                heat[minute] = level
            self._heat = level
            self._common[made] = (shocks, np.exp(heat))
        return self._common[day]


def _fat(random: np.random.Generator, size: int) -> Floats:
    """Return draws with fat tails and variance 1."""
    scale = ((TAIL_DEGREES - 2) / TAIL_DEGREES) ** 0.5
    draws: Floats = random.standard_t(TAIL_DEGREES, size) * scale
    return draws


def _random(seed: int, day: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, day, number])))


def _product(style: _Style) -> Product:
    step = Decimal(1).scaleb(-style.decimals)
    return Product(
        id=ProductId(f"{style.base}-USD"),
        base=style.base,
        quote="USD",
        price_increment=step,
        base_increment=Decimal("0.00000001"),
        quote_increment=Decimal("0.01"),
        base_min=Decimal("0.00000001"),
        base_max=Decimal(1_000_000_000),
        quote_min=Decimal(1),
        quote_max=Decimal(150_000_000),
    )
