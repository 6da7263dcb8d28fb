"""Ratios are those of the textbook, and where there is nothing to divide by there is none."""

from __future__ import annotations

import statistics
from decimal import Decimal

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import DAY, HOUR, Nanos, parse_iso
from domain.model.money import ONE, ZERO, Amount
from domain.results.performance import CurvePoint
from domain.results.ratios import (
    LEAST_DAYS,
    YEAR_DAYS,
    day_returns,
    longest_drawdown,
    months,
    ratios,
    sharpe_by_luck,
    t_statistic,
)
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("BT2")
BEGIN = parse_iso("2026-01-30T00:00:00Z")


def points(*growths: Decimal | str | int, step_ns: int = DAY) -> tuple[CurvePoint, ...]:
    """Return a curve with a point a step, the first one a step less an hour after BEGIN."""
    found, peak = [], ONE
    for number, growth in enumerate(map(Decimal, growths), start=1):
        peak = max(peak, growth)
        found.append(
            CurvePoint(
                at_ns=Nanos(BEGIN + number * step_ns - HOUR),
                nlv=Amount(1000 * growth),
                growth=growth,
                drawdown_pct=100 * (peak - growth) / peak,
            )
        )
    return tuple(found)


def end(days: int) -> Nanos:
    return Nanos(BEGIN + days * DAY)


def test_a_day_is_24_hours_from_the_beginning_and_one_without_a_point_brings_nothing() -> None:
    curve = (*points("1.1"), *points(1, 1, "1.21")[2:])

    assert day_returns(curve, BEGIN, end(4)) == decimals("0.1", 0, "0.1", 0)
    assert day_returns((), BEGIN, end(2)) == decimals(0, 0)
    assert day_returns(curve, BEGIN, Nanos(BEGIN + DAY // 2)) == ()


@given(st.lists(st.integers(-500, 500), min_size=LEAST_DAYS, max_size=90))
def test_the_ratios_are_those_of_the_textbook(changes: list[int]) -> None:
    growths = [Decimal(1)]
    for change in changes:
        growths.append(growths[-1] * (1 + Decimal(change) / 10_000))
    found = ratios(points(*growths[1:]), BEGIN, end(len(changes)))

    daily = np.array(changes) / 10_000
    spread, below = daily.std(ddof=1), np.sqrt(np.mean(np.minimum(daily, 0) ** 2))
    if spread > 1e-12:
        assert found.sharpe is not None
        assert float(found.sharpe) == pytest.approx(
            daily.mean() / spread * YEAR_DAYS**0.5, abs=1e-6
        )
    if below:
        assert found.sortino is not None
        wanted = daily.mean() / below * YEAR_DAYS**0.5
        assert float(found.sortino) == pytest.approx(wanted, abs=1e-6)
    yearly = float(growths[-1]) ** (YEAR_DAYS / len(changes)) - 1
    assert found.growth_pct is not None
    assert float(found.growth_pct) == pytest.approx(100 * yearly, rel=1e-6, abs=1e-6)


def test_a_short_time_and_a_still_curve_have_no_ratios_of_a_year() -> None:
    short = ratios(points("1.1", "1.2"), BEGIN, end(LEAST_DAYS - 1))
    assert (short.sharpe, short.growth_pct, short.calmar) == (None, None, None)

    still = ratios(points(*[1] * 40), BEGIN, end(40))
    assert (still.sharpe, still.sortino, still.calmar) == (None, None, None)
    assert (still.growth_pct, still.volatility_pct) == (ZERO, ZERO)
    assert ratios((), BEGIN, end(40)).growth_pct is None


def test_all_lost_is_all_lost() -> None:
    gone = ratios(points(*[1] * 39, 0), BEGIN, end(40))

    assert gone.growth_pct == -100
    assert gone.calmar == -1


def test_the_longest_drawdown_ends_at_a_new_peak_or_lasts() -> None:
    over = points("1.1", "1.0", "1.05", "1.1", "1.2")
    assert longest_drawdown(over, BEGIN, end(5)) == (3 * DAY, True)

    lasting = points("1.1", "1.0", "1.1", "1.0", "1.0", "1.0")
    assert longest_drawdown(lasting, BEGIN, end(7)) == (4 * DAY + HOUR, False)
    assert longest_drawdown(points(1, "1.1"), BEGIN, end(2)) == (0, True)
    assert longest_drawdown((), BEGIN, end(2)) == (0, True)


def test_a_month_counts_from_where_the_one_before_it_ended() -> None:
    found = months(points("1.1", "1.2", "1.32", "0.66"))  # two days of January, two of February

    assert [(each.month, each.return_pct) for each in found] == [
        ("2026-01", Decimal(20)),
        ("2026-02", Decimal(-45)),
    ]
    assert months(()) == ()


def test_midnight_ends_a_day_and_a_month_and_begins_none() -> None:
    curve = points("1.1", "1.21", "1.21", step_ns=DAY + HOUR // 2)
    late = tuple(evolve(each, at_ns=Nanos(BEGIN + n * DAY)) for n, each in enumerate(curve, 1))

    assert day_returns(late, BEGIN, end(2)) == decimals("0.1", "0.1")
    assert [each.month for each in months(late)] == ["2026-01", "2026-02"]
    assert [each.month for each in months(late[:2])] == ["2026-01"]


def test_the_months_together_are_the_whole() -> None:
    curve = points("1.1", "1.05", "0.9", "1.3", "1.25", step_ns=20 * DAY)
    whole = ONE
    for each in months(curve):
        whole *= 1 + each.return_pct / 100

    assert round(whole, 20) == curve[-1].growth


def test_the_more_is_tried_the_better_the_best_looks_by_luck() -> None:
    bars = [sharpe_by_luck(trials, YEAR_DAYS) for trials in (2, 10, 1000)]

    assert sharpe_by_luck(1, YEAR_DAYS) is None
    assert sharpe_by_luck(1000, LEAST_DAYS - 1) is None
    assert [float(round(bar, 2)) for bar in bars if bar is not None] == [0.52, 1.57, 3.26]


def test_the_bar_of_luck_is_where_the_best_of_many_draws_lies() -> None:
    draws = np.random.default_rng(7).normal(size=(4_000, 50)).max(axis=1)
    bar = sharpe_by_luck(50, YEAR_DAYS)

    assert bar is not None
    assert float(bar) == pytest.approx(draws.mean(), abs=0.05)


def test_a_t_statistic_needs_two_values_that_differ() -> None:
    assert t_statistic(()) is t_statistic(decimals(1)) is t_statistic(decimals(2, 2)) is None
    values = decimals(1, 2, 4)
    floats = [float(value) for value in values]
    wanted = statistics.mean(floats) / (statistics.stdev(floats) / 3**0.5)
    found = t_statistic(values)
    assert found is not None
    assert float(found) == pytest.approx(wanted)
    assert t_statistic(decimals(-1, 1)) == ZERO
