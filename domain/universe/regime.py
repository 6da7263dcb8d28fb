"""The state of the whole market, by hourly bars of its leading product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter, truediv
from typing import ClassVar

from attrs import evolve, frozen

from domain.messages.universe import RegimeSet
from domain.model.context import Regime
from domain.model.figures import moment, span
from domain.model.instants import HOUR, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId
from domain.model.regime import Provenance, RegimeReading
from domain.model.settings import number

BARS = 168
"""Hourly bars of a week: fewer say nothing."""
AGE_LIMIT_NS = 3 * HOUR
"""Market time after its newest bar at which a reading is not known to hold any more."""
HOURS_A_YEAR = 8760
CLOSE = attrgetter("close")


@frozen(kw_only=True)
class RegimeLimits:
    """From which trend over a week and which annualised volatility on the market is what."""

    crash_trend_pct: Decimal = number(
        "-10", "Crash below this week's trend", low="-50", high="-5", unit="%", tighter="higher"
    )
    crash_volatility_pct: Decimal = number(
        "100", "Crash above this volatility", low="40", high="200", unit="% a year", tighter="lower"
    )
    bull_trend_pct: Decimal = number(
        "10", "Bull from this week's trend on", low="5", high="100", unit="%", tighter="higher"
    )
    bull_volatility_pct: Decimal = number(
        "60", "Bull below this volatility", low="10", high="100", unit="% a year", tighter="lower"
    )
    bear_trend_pct: Decimal = number(
        "-5", "Bear from this week's trend down", low="-20", high="-1", unit="%", tighter="higher"
    )
    ASCENDING: ClassVar[tuple[str, ...]] = ("crash_trend_pct", "bear_trend_pct", "bull_trend_pct")


def detect(product: ProductId, bars: Sequence[Bar], limits: RegimeLimits) -> RegimeReading:
    """Return the regime by the newest `BARS` of the closed hourly `bars`, oldest first."""
    return RegimeDetector(product, limits).detect(bars)


class RegimeDetector:
    """Detects the regime hour by hour: what it has read of bars it need not read again."""

    def __init__(self, product: ProductId, limits: RegimeLimits) -> None:
        self._product, self._limits = product, limits
        self._week: tuple[Bar, ...] = ()
        self._closes: list[float] = []
        self._returns: list[float] = []

    def detect(self, bars: Sequence[Bar]) -> RegimeReading:
        """Return the regime by the newest `BARS` of the closed hourly `bars`, oldest first.

        With fewer of them the regime is unknown and counts as chop.
        """
        week, product = tuple(bars[-BARS:]), self._product
        at_ns = Nanos(week[-1].start_ns + HOUR) if week else None
        if len(week) < BARS:
            why = f"{len(week)} of {BARS} hourly bars of {product} are there; it counts as chop"
            return _unknown(product, why, len(week), at_ns)
        self._read(week)
        trend = _exact(_trend_pct(self._closes))
        volatility = _exact(_volatility_pct(self._returns))
        why = f"{product} {trend:+.1f} % in a week, volatility {volatility:.0f} % a year"
        return RegimeReading(
            regime=_regime(trend, volatility, self._limits),
            provenance=Provenance.DETECTED,
            why=why,
            product=product,
            bars=len(week),
            at_ns=at_ns,
            trend_pct=trend,
            volatility_pct=volatility,
        )

    def _read(self, week: tuple[Bar, ...]) -> None:
        """Read the closes of a week, and their logarithmic returns."""
        if week[:-1] == self._week[1:]:
            self._closes = [*self._closes[1:], float(week[-1].close)]
            newest = math.log(self._closes[-1] / self._closes[-2])
            self._returns = [*self._returns[1:], newest]
        else:
            closes = self._closes = list(map(float, map(CLOSE, week)))
            self._returns = list(map(math.log, map(truediv, closes[1:], closes)))
        self._week = week


def in_force(
    detected: RegimeReading | None, said: RegimeSet | None, product: ProductId, now_ns: Nanos
) -> RegimeReading:
    """Return the regime that counts at `now_ns`: a person's, else the detected one.

    A reading too old to be known keeps what it has tightened and loses what it has loosened.
    """
    known = detected or _unknown(
        product, f"no hourly bars of {product} could be read; it counts as chop", 0, None
    )
    if said is not None and now_ns < said.until_ns:
        why = f"set by the operator until {moment(said.until_ns)}: {said.reason}"
        source = Provenance.OPERATOR
        return evolve(known, regime=said.regime, provenance=source, why=why, until_ns=said.until_ns)
    if known.at_ns is None or now_ns - known.at_ns <= AGE_LIMIT_NS:
        return known
    regime = min(known.regime, Regime.CHOP, key=lambda each: each.multiplier)
    age = span(now_ns - known.at_ns)
    why = f"the newest hourly bar of {product} is {age} old; it counts as {regime}"
    return evolve(known, regime=regime, provenance=Provenance.UNKNOWN, why=why)


def _regime(trend: Decimal, volatility: Decimal, limits: RegimeLimits) -> Regime:
    if trend < limits.crash_trend_pct or volatility > limits.crash_volatility_pct:
        return Regime.CRASH
    if trend >= limits.bull_trend_pct and volatility < limits.bull_volatility_pct:
        return Regime.BULL
    return Regime.BEAR if trend <= limits.bear_trend_pct else Regime.CHOP


def _unknown(product: ProductId, why: str, bars: int, at_ns: Nanos | None) -> RegimeReading:
    return RegimeReading(
        regime=Regime.CHOP,
        provenance=Provenance.UNKNOWN,
        why=why,
        product=product,
        bars=bars,
        at_ns=at_ns,
    )


def _trend_pct(closes: Sequence[float]) -> float:
    return (closes[-1] / closes[0] - 1) * 100


def _exact(percent: float) -> Decimal:
    """Return percents as the record holds them, to two decimals."""
    return Decimal(f"{percent:.2f}")


def _volatility_pct(returns: Sequence[float]) -> float:
    """Return the standard deviation of hourly log returns, annualised."""
    mean = math.fsum(returns) / len(returns)
    variance = math.fsum([(each - mean) ** 2 for each in returns]) / (len(returns) - 1)
    return math.sqrt(variance * HOURS_A_YEAR) * 100
