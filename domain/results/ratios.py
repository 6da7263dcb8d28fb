"""Ratios of an equity curve as the field counts them: by days, a year of 365, cash earns nothing.

They are made of decimals alone, so that equal curves give equal digits on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import e
from statistics import NormalDist

from attrs import frozen

from domain.model.instants import DAY, Nanos, iso
from domain.model.money import ONE, ZERO
from domain.results.performance import CurvePoint, deepest
from domain.results.round_trips import HUNDRED

YEAR_DAYS = 365
LEAST_DAYS = 30
"""A shorter time says nothing about a year, and has no ratios of one."""
EULER = 0.5772156649015329
"""The constant of Euler and Mascheroni: where the largest of many draws lies on average."""


@frozen(kw_only=True)
class Ratios:
    """What a curve is worth beside its ups and downs; None: not defined, or too short to tell.

    `growth_pct` and `volatility_pct` are of a year, in percent. `longest_ns` is the longest time
    below an earlier peak, market time; unless `is_over`, the curve ended before it did.
    """

    days: int
    growth_pct: Decimal | None
    volatility_pct: Decimal | None
    sharpe: Decimal | None
    sortino: Decimal | None
    calmar: Decimal | None
    longest_ns: int
    is_over: bool


@frozen
class MonthReturn:
    """What a calendar month (UTC), like `2026-01`, has brought in percent of its beginning."""

    month: str
    return_pct: Decimal


def ratios(points: Sequence[CurvePoint], begun_ns: Nanos, ended_ns: Nanos) -> Ratios:
    """Return the ratios of `points`, oldest first, of a curve that was 1 at `begun_ns`."""
    days = (ended_ns - begun_ns) // DAY
    longest_ns, is_over = longest_drawdown(points, begun_ns, ended_ns)
    growth = volatility = sharpe = sortino = calmar = None
    if days >= LEAST_DAYS and points:
        daily = day_returns(points, begun_ns, ended_ns)
        growth = _yearly(points[-1].growth, ended_ns - begun_ns)
        mean, spread, below = _moments(daily)
        root = Decimal(YEAR_DAYS).sqrt()
        volatility = spread * root * HUNDRED
        sharpe = mean / spread * root if spread else None
        sortino = mean / below * root if below else None
        worst = deepest(points)
        if worst is not None and worst.drawdown_pct:
            calmar = growth / worst.drawdown_pct
    return Ratios(
        days=days,
        growth_pct=growth,
        volatility_pct=volatility,
        sharpe=sharpe,
        sortino=sortino,
        calmar=calmar,
        longest_ns=longest_ns,
        is_over=is_over,
    )


def day_returns(
    points: Sequence[CurvePoint], begun_ns: Nanos, ended_ns: Nanos
) -> tuple[Decimal, ...]:
    """Return what each day from `begun_ns` on has brought, as parts of what was there before it.

    A day lasts 24 h, its last instant included; what is left at the end is no day. One without a
    point has brought nothing.
    """
    found = []
    growth = before = ONE
    number, whole = 0, (ended_ns - begun_ns) // DAY
    for point in points:
        while number < whole and point.at_ns > begun_ns + (number + 1) * DAY:
            found.append(growth / before - ONE if before else ZERO)
            before, number = growth, number + 1
        growth = point.growth
    while number < whole:
        found.append(growth / before - ONE if before else ZERO)
        before, number = growth, number + 1
    return tuple(found)


def months(points: Sequence[CurvePoint]) -> tuple[MonthReturn, ...]:
    """Return what each calendar month has brought in which there is a point, oldest first."""
    return tuple(_months(points))


def longest_drawdown(
    points: Sequence[CurvePoint], begun_ns: Nanos, ended_ns: Nanos
) -> tuple[int, bool]:
    """Return the longest time below an earlier peak, and whether it was over at the end."""
    peak, peak_ns = ONE, begun_ns
    longest_ns, is_over, is_below = 0, True, False
    for point in points:
        if point.growth < peak:
            is_below = True
            continue
        if is_below and point.at_ns - peak_ns > longest_ns:
            longest_ns = point.at_ns - peak_ns
        peak, peak_ns, is_below = point.growth, point.at_ns, False
    if is_below and ended_ns - peak_ns > longest_ns:
        longest_ns, is_over = ended_ns - peak_ns, False
    return longest_ns, is_over


def sharpe_by_luck(trials: int, days: int) -> Decimal | None:
    """Return the yearly Sharpe ratio that the best of `trials` shows on average without any skill.

    Each of them is taken as `days` independent days of a mean of nothing (Bailey and López de
    Prado, The Deflated Sharpe Ratio). None: with one trial, or too few days, there is no such bar.
    """
    if trials <= 1 or days < LEAST_DAYS:
        return None
    normal = NormalDist()
    many, more = normal.inv_cdf(1 - 1 / trials), normal.inv_cdf(1 - 1 / (trials * e))
    best = Decimal.from_float((1 - EULER) * many + EULER * more)
    return best * (Decimal(YEAR_DAYS) / days).sqrt()


def t_statistic(values: Sequence[Decimal]) -> Decimal | None:
    """Return the mean of `values` in standard errors; None where these do not differ."""
    if len(values) < 2:
        return None
    mean, spread, _ = _moments(values)
    return mean / spread * Decimal(len(values)).sqrt() if spread else None


def _moments(values: Sequence[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    """Return mean, standard deviation of a sample, and root of the mean square below nothing."""
    count = len(values)
    mean = sum(values, ZERO) / count
    squares = sum(((value - mean) ** 2 for value in values), ZERO)
    below = sum((value**2 for value in values if value < 0), ZERO)
    return mean, (squares / (count - 1)).sqrt(), (below / count).sqrt()


def _yearly(growth: Decimal, length_ns: int) -> Decimal:
    """Return what a year of such growth brings, in percent."""
    if growth <= 0:
        return -HUNDRED
    return HUNDRED * (growth ** (Decimal(YEAR_DAYS * DAY) / length_ns) - ONE)


def _months(points: Sequence[CurvePoint]) -> Iterator[MonthReturn]:
    before = growth = ONE
    month, day = "", -1
    for point in points:
        name = month
        last_ns = point.at_ns - 1  # midnight ends a month, and begins none
        if last_ns // DAY != day:
            day = last_ns // DAY
            name = iso(last_ns)[:7]
        if name != month:
            if month:
                yield _month(month, before, growth)
            month, before = name, growth
        growth = point.growth
    if month:
        yield _month(month, before, growth)


def _month(name: str, before: Decimal, growth: Decimal) -> MonthReturn:
    return MonthReturn(name, HUNDRED * (growth / before - ONE) if before else ZERO)
