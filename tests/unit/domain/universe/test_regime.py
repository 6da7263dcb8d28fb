"""The state of the whole market by a week of hours, by a person, or not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.universe import RegimeSet
from domain.model.context import Regime
from domain.model.instants import HOUR, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.regime import Provenance
from domain.universe.regime import (
    AGE_LIMIT_NS,
    BARS,
    RegimeDetector,
    RegimeLimits,
    detect,
    in_force,
)
from tests.builders.messages import BTC, NOW, a_reading

pytestmark = pytest.mark.req("U3")
LIMITS = RegimeLimits()


def hours(trend_pct: float, swing_pct: float = 0.0, count: int = BARS) -> tuple[Bar, ...]:
    """Return hours that end at NOW, rise evenly by that much, and swing up and down between."""
    step = (1 + trend_pct / 100) ** (1 / (count - 1))
    closes = [100 * step**n * (1 + swing_pct / 100 * (n % 2)) for n in range(count - 1)]
    closes.append(100 * (1 + trend_pct / 100))
    found = []
    for number, close in enumerate(closes):
        price = Price(Decimal(f"{close:.8f}"))
        start_ns = Nanos(NOW - (count - number) * HOUR)
        found.append(Bar(BTC, start_ns, price, price, price, price, Quantity(Decimal(1))))
    return tuple(found)


@pytest.mark.parametrize(
    ("trend_pct", "swing_pct", "regime"),
    [
        (0, 0, Regime.CHOP),
        (9.9, 0, Regime.CHOP),
        (10.1, 0, Regime.BULL),
        (40, 0, Regime.BULL),
        (12, 0.8, Regime.CHOP),
        (-4.9, 0, Regime.CHOP),
        (-5.1, 0, Regime.BEAR),
        (-9.9, 0, Regime.BEAR),
        (-10.1, 0, Regime.CRASH),
        (0, 1.2, Regime.CRASH),
        (30, 1.2, Regime.CRASH),
    ],
)
def test_trend_and_volatility_of_a_week_make_the_regime(
    trend_pct: float, swing_pct: float, regime: Regime
) -> None:
    reading = detect(BTC, hours(trend_pct, swing_pct), LIMITS)

    assert (reading.regime, reading.provenance) == (regime, Provenance.DETECTED)
    assert (reading.bars, reading.at_ns) == (BARS, NOW)
    assert f"{trend_pct:+.1f} % in a week" in reading.why


def test_mirrored_hours_do_not_make_a_bull_of_a_bear() -> None:
    assert detect(BTC, hours(-40), LIMITS).regime is Regime.CRASH


def test_only_the_newest_week_counts() -> None:
    fall, calm = hours(-40, count=BARS), hours(0)

    assert detect(BTC, (*fall, *calm), LIMITS).regime is Regime.CHOP


@pytest.mark.req("BT1")
def test_hour_by_hour_it_says_what_it_says_of_the_week_alone() -> None:
    detector, many = RegimeDetector(BTC, LIMITS), hours(9, 0.7, count=BARS + 40)
    ends = [*range(BARS - 1, BARS + 20), BARS + 30, *range(BARS + 5, BARS + 41)]

    for end in ends:
        assert detector.detect(many[:end]) == detect(BTC, many[:end], LIMITS)


@pytest.mark.parametrize("count", [0, 1, BARS - 1])
def test_with_less_than_a_week_the_regime_is_unknown_and_counts_as_chop(count: int) -> None:
    reading = detect(BTC, hours(40)[:count], LIMITS)

    assert (reading.regime, reading.provenance) == (Regime.CHOP, Provenance.UNKNOWN)
    assert f"{count} of {BARS} hourly bars of BTC-USD are there" in reading.why


@pytest.mark.parametrize(
    ("known", "counts"),
    [
        (Regime.BULL, Regime.CHOP),
        (Regime.CHOP, Regime.CHOP),
        (Regime.BEAR, Regime.BEAR),
        (Regime.CRASH, Regime.CRASH),
    ],
)
def test_a_reading_that_grew_old_loosens_nothing(known: Regime, counts: Regime) -> None:
    reading = a_reading(known)
    young = in_force(reading, None, BTC, Nanos(NOW + AGE_LIMIT_NS))
    old = in_force(reading, None, BTC, Nanos(NOW + AGE_LIMIT_NS + 1))

    assert young == reading
    assert (old.regime, old.provenance) == (counts, Provenance.UNKNOWN)
    assert "is 3 h old" in old.why


def test_before_anything_was_read_the_regime_is_unknown() -> None:
    reading = in_force(None, None, BTC, NOW)

    assert (reading.regime, reading.provenance) == (Regime.CHOP, Provenance.UNKNOWN)


def test_a_persons_word_counts_until_its_end_and_says_whose_it_is() -> None:
    said = RegimeSet(Regime.CRASH, "I do not like it", Nanos(NOW + HOUR))
    now, later = (
        in_force(a_reading(), said, BTC, NOW),
        in_force(a_reading(), said, BTC, said.until_ns),
    )

    assert (now.regime, now.provenance) == (Regime.CRASH, Provenance.OPERATOR)
    assert now.until_ns == said.until_ns
    assert "I do not like it" in now.why
    assert later == a_reading()
