"""The invented prices themselves: days of minutes as columns, each day chained to the one before.

A common factor and each product's own noise, with fat tails, calm and wild regimes, clustered
volatility, rare jumps and a daily wave. Every increment is symmetric given the past, so prices
are martingales and no rule has an edge. Volatilities are per minute; a day is 1,440 minutes of
the path, not of the calendar.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kept = TypeVar("Kept")

DAY_MINUTES = 1_440
TAIL_DEGREES = 5
PERSISTENCE, SHAKE = 0.985, 0.06
"""Of the logarithm of volatility, from minute to minute."""
CALM, WILD = 0.75, 1.7
"""Volatility of the regimes, relative to usual."""
TURNS_WILD, TURNS_CALM = 1 / 900, 1 / 300
"""Chance that a minute changes the regime."""
JUMP_CHANCE, JUMP_SIZE = 0.0004, 12.0
"""Of one minute; in usual minutes' volatility."""
WAVE = 0.3
"""Volatility at the busy ends of a day above, and in its quiet middle below, the usual."""
RANGE = 0.75
"""How far a minute strays, relative to a random walk that ends where the minute ends."""
VOLUME_FLOOR = 0.8
"""Value traded in a minute without a move, where a move of usual size adds 1."""
VOLUME_SPREAD = 0.7
"""Of the logarithm of a minute's value, drawn anew each minute."""
CROWD_PERSISTENCE, CROWD_SHAKE = 0.98, 0.13
"""Of the logarithm of how many trade, from minute to minute: busy times last."""
VOLUME_MEAN = 2.8
"""Mean of all that multiplies a product's turnover, so that its mean is as its style says."""
LEAST_TICKS = 100
"""No price falls below this many ticks, however long the path."""
KEPT_DAYS = 9


@frozen
class Style:
    """One product: price at the beginning of the path, volatility and mean turnover of a minute."""

    base: str
    price: float
    decimals: int
    units: int
    """Decimals of its quantities."""
    common_bps: float
    own_bps: float
    turnover: float


@frozen(eq=False)
class Factor:
    """What all products share on one day: shocks of variance 1 and relative volatility."""

    shocks: Floats
    heat: Floats
    level: float
    """Logarithm of volatility at the day's end."""
    is_wild: bool
    """Regime at the day's end."""


@frozen(eq=False)
class DayColumns:
    """One product's minutes of one day: prices in ticks, volumes in base increments."""

    opens: Ints
    highs: Ints
    lows: Ints
    closes: Ints
    units: Ints
    end: float
    """Logarithm of the unrounded last price."""
    crowd: float
    """Logarithm of how many traded at the day's end, relative to usual."""


class CommonPath:
    """The factor of every day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ends: list[tuple[float, bool]] = [(0.0, False)]
        self._days: dict[int, Factor] = {}

    def day(self, day: int) -> Factor:
        """Return the factor of one day (0 is the path's first)."""
        for missing in range(len(self._ends) - 1, day):
            self._keep(missing)
        return self._days.get(day) or self._keep(day)

    def _keep(self, day: int) -> Factor:
        made = self._make(day)
        if len(self._ends) == day + 1:
            self._ends.append((made.level, made.is_wild))
        _remember(self._days, day, made)
        return made

    def _make(self, day: int) -> Factor:
        random = _random(self._seed, day, 0)
        shocks = _fat(random) + _jumps(random)
        shakes = (SHAKE * random.standard_normal(DAY_MINUTES)).tolist()
        turns = random.random(DAY_MINUTES).tolist()
        level, is_wild = self._ends[day]
        logs = []
        wild = []
        for shake, turn in zip(shakes, turns, strict=True):
            level = PERSISTENCE * level + shake
            is_wild = turn >= TURNS_CALM if is_wild else turn < TURNS_WILD
            logs.append(level)
            wild.append(is_wild)
        heat = np.exp(np.array(logs)) * np.where(np.array(wild), WILD, CALM) * _wave()
        return Factor(shocks, heat, level, is_wild)


class ProductPath:
    """One product's days along a common path."""

    def __init__(self, style: Style, seed: int, number: int, common: CommonPath) -> None:
        """Draw from `seed` and the product's `number`, which is at least 1."""
        self._style = style
        self._seed = seed
        self._number = number
        self._common = common
        self._ends: list[tuple[float, float]] = [(float(np.log(style.price)), 0.0)]
        self._days: dict[int, DayColumns] = {}

    def day(self, day: int) -> DayColumns:
        """Return one day (0 is the path's first)."""
        for missing in range(len(self._ends) - 1, day):
            self._keep(missing)
        return self._days.get(day) or self._keep(day)

    def _keep(self, day: int) -> DayColumns:
        made = self._make(day)
        if len(self._ends) == day + 1:
            self._ends.append((made.end, made.crowd))
        _remember(self._days, day, made)
        return made

    def _make(self, day: int) -> DayColumns:
        style, factor = self._style, self._common.day(day)
        random = _random(self._seed, day, self._number)
        common, own = style.common_bps / 1e4, style.own_bps / 1e4
        usual = float(np.hypot(common, own))
        moves = factor.heat * (common * factor.shocks + own * (_fat(random) + _jumps(random)))
        scale = factor.heat * usual
        # Less half the variance known before the minute: the price itself has no drift.
        end, crowd = self._ends[day]
        closes = end + np.cumsum(moves - scale**2 / 2.0)
        opens = np.concatenate(([end], closes[:-1]))
        highs, lows = _reach(opens, closes, scale * RANGE, random)
        crowds = _crowds(crowd, random)
        noise = np.exp(crowds + VOLUME_SPREAD * random.standard_normal(DAY_MINUTES))
        eager = (VOLUME_FLOOR + np.abs(moves) / scale) / VOLUME_MEAN
        value = style.turnover * _wave() * factor.heat * noise * eager
        units = np.asarray(np.rint(value / np.exp(closes) * 10.0**style.units), np.int64)
        return DayColumns(
            opens=_ticks(opens, style.decimals),
            highs=_ticks(highs, style.decimals),
            lows=_ticks(lows, style.decimals),
            closes=_ticks(closes, style.decimals),
            units=np.maximum(units, 1),
            end=float(closes[-1]),
            crowd=float(crowds[-1]),
        )


def _crowds(crowd: float, random: np.random.Generator) -> Floats:
    """Return the logarithm of how many trade in each minute of a day that began at `crowd`."""
    found = []
    for shake in (CROWD_SHAKE * random.standard_normal(DAY_MINUTES)).tolist():
        crowd = CROWD_PERSISTENCE * crowd + shake
        found.append(crowd)
    return np.array(found)


def _reach(
    opens: Floats, closes: Floats, scale: Floats, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return highs and lows of random walks of volatility `scale` from opens to closes."""
    chances = 1.0 - random.random((2, DAY_MINUTES))
    wide, deep = np.sqrt((closes - opens) ** 2 - 2.0 * scale**2 * np.log(chances))
    middle = opens + closes
    return (middle + wide) / 2.0, (middle - deep) / 2.0


def _ticks(logs: Floats, decimals: int) -> Ints:
    return np.maximum(np.asarray(np.rint(np.exp(logs) * 10.0**decimals), np.int64), LEAST_TICKS)


def _wave() -> Floats:
    return 1.0 + WAVE * np.cos(np.arange(DAY_MINUTES) / DAY_MINUTES * 2.0 * np.pi)


def _fat(random: np.random.Generator) -> Floats:
    """Return a day's draws with fat tails and variance 1."""
    scale = ((TAIL_DEGREES - 2) / TAIL_DEGREES) ** 0.5
    return np.asarray(random.standard_t(TAIL_DEGREES, DAY_MINUTES) * scale, np.float64)


def _jumps(random: np.random.Generator) -> Floats:
    struck = random.random(DAY_MINUTES) < JUMP_CHANCE
    return np.asarray(struck * JUMP_SIZE * random.standard_normal(DAY_MINUTES), np.float64)


def _random(seed: int, day: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, day, number])))


def _remember(days: dict[int, Kept], day: int, made: Kept) -> None:
    """Keep the days that were made last."""
    while len(days) >= KEPT_DAYS:
        del days[next(iter(days))]
    days[day] = made
