"""The rules engine buys by its strongest signal, and signs are never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from domain.model.bars import Bars, Timeframe
from domain.model.context import Context, Regime
from domain.strategies.baseline import Baseline
from tests.builders.bars import a_context, some_bars

ROWS = 1500
WEEK = 168
FLAT = [100.0] * (ROWS - 15)


def baseline(**changes: Any) -> Baseline:
    return Baseline(**{"id": "baseline", "notional_pct": Decimal(2), **changes})


def hours(*newest: float, reach: float = 1.0) -> Bars:
    """Return a week of hours around 100 that end with `newest`, where a bar covers more ground."""
    closes = np.array([*[100.0] * (WEEK - len(newest)), *newest])
    spread = np.where(np.arange(WEEK) < WEEK - 14, 1.0, reach)
    return some_bars(closes, highs=closes + spread, lows=closes - spread, timeframe=Timeframe.HOUR)


def seen(bars: Bars, of_hours: Bars | None = None, **more: Any) -> Context:
    known = hours(reach=1.2) if of_hours is None else of_hours
    return evolve(a_context(bars, **more), hours=(known,))


def minutes(*closes: float, volume: float = 1.0) -> Bars:
    path = [*FLAT, *closes]
    return some_bars(path, [1.0] * (ROWS - 60) + [volume] * (len(path) - ROWS + 60))


def climb(to: float) -> Bars:
    return minutes(*np.linspace(100, to, 15))


@pytest.mark.req("S1", "STR1")
def test_a_move_up_is_bought_and_the_same_move_down_is_not() -> None:
    (proposal,) = baseline().decide(seen(climb(104)))

    assert Decimal("0.5") <= proposal.conviction <= 1
    assert proposal.notional_pct <= Decimal("2.4")
    assert baseline().decide(seen(climb(93))) == ()


@pytest.mark.req("S1")
def test_more_signals_that_agree_are_more_convincing() -> None:
    quiet = baseline().decide(seen(climb(104)))
    busy = minutes(*np.linspace(100, 104, 15), volume=9.0)

    assert baseline().decide(seen(busy))[0].conviction > quiet[0].conviction


@pytest.mark.req("U3")
def test_in_a_trend_a_move_has_to_be_larger() -> None:
    path = [*FLAT, *np.linspace(100, 102.5, 15)]
    path[500] = 105.0  # an old high, so that nothing else speaks for it
    bars = some_bars(path)
    asked = baseline(min_conviction=Decimal("0.3"), min_momentum_pct=Decimal(50))

    assert asked.decide(seen(bars))
    assert asked.decide(evolve(seen(bars), regime=Regime.BEAR)) == ()


@pytest.mark.req("S1")
def test_below_its_least_conviction_it_stays_out() -> None:
    assert baseline(min_conviction=Decimal(1)).decide(seen(climb(104))) == ()


@pytest.mark.req("X3")
def test_a_canary_buys_a_quarter() -> None:
    (full,) = baseline().decide(seen(climb(104)))
    (canary,) = baseline(canary_conviction=Decimal(1)).decide(seen(climb(104)))

    assert canary.notional_pct == full.notional_pct / 4


@pytest.mark.req("X3")
def test_after_a_wide_day_less_is_bought() -> None:
    (calm,) = baseline().decide(seen(climb(104)))
    (wide,) = baseline(usual_range_pct=Decimal(2)).decide(seen(climb(104)))

    assert wide.notional_pct < calm.notional_pct


@pytest.mark.req("O1")
def test_a_jump_without_volume_is_not_believed() -> None:
    path, volumes = [100.0] * (ROWS - 1) + [115.0], [1.0] * (ROWS - 1)

    assert baseline().decide(seen(some_bars(path, [*volumes, 0.0]))) == ()
    assert baseline().decide(seen(some_bars(path, [*volumes, 1.0])))


@pytest.mark.req("S1")
def test_hours_that_move_less_than_they_used_to_are_left_alone() -> None:
    bars = climb(104)

    assert baseline().decide(seen(bars, hours(reach=1.1)))
    assert baseline().decide(seen(bars, hours(reach=1.0))) == ()
    assert baseline(min_range_ratio=Decimal(0)).decide(seen(bars, hours(reach=1.0)))


@pytest.mark.req("S1", "U3")
@pytest.mark.parametrize("regime", [Regime.BULL, Regime.BEAR])
def test_in_a_trend_hours_have_to_move_more(regime: Regime) -> None:
    bars, asked = climb(112), baseline()

    assert asked.decide(evolve(seen(bars, hours(reach=1.25)), regime=regime))
    assert asked.decide(evolve(seen(bars, hours(reach=1.1)), regime=regime)) == ()


@pytest.mark.req("S1")
def test_without_a_week_of_hours_nothing_is_bought() -> None:
    few = some_bars([100.0] * (WEEK - 1), timeframe=Timeframe.HOUR)

    assert baseline().decide(evolve(seen(climb(104)), hours=())) == ()
    assert baseline().decide(seen(climb(104), few)) == ()


@pytest.mark.req("S1")
def test_an_hour_in_which_strength_turns_up_is_more_convincing() -> None:
    turning, falling = (hours(99, close, reach=1.5) for close in (101, 98))
    (more,), (less,) = (baseline().decide(seen(climb(104), each)) for each in (turning, falling))

    assert more.conviction - less.conviction == Decimal("0.03")


@pytest.mark.req("S1")
def test_a_price_above_the_average_of_the_hour_is_more_convincing() -> None:
    path = [*[100.0] * (ROWS - 60), *[106.0] * 40, *[100.0] * 5, *np.linspace(100, 103, 15)]
    below, above = (
        some_bars(path, [1.0] * (ROWS - 60) + [volume] * 40 + [1.0] * 20) for volume in (1.0, 0.0)
    )
    (less,), (more,) = (baseline().decide(seen(bars)) for bars in (below, above))

    assert more.conviction - less.conviction == Decimal("0.04")


@pytest.mark.req("S1")
@pytest.mark.parametrize("regime", Regime)
def test_it_is_asked_wherever_it_may_buy_whatever_the_market_is(regime: Regime) -> None:
    asked = [
        *(
            minutes(*np.linspace(100, to, 15), volume=volume)
            for to in (101, 104, 112)
            for volume in (1.0, 9.0)
        ),
        *(some_bars(np.linspace(100, to, ROWS)) for to in (103, 104, 120)),
    ]
    bought = 0
    for bars in asked:
        for of_hours in (hours(reach=3.0), hours(99.0, 101.0, reach=3.0)):
            context = evolve(seen(bars, of_hours), regime=regime)
            if baseline().decide(context):
                bought += 1
                assert baseline().trigger(bars)[-1]

    assert bought


@pytest.mark.req("S1")
def test_it_is_not_asked_where_no_signal_may_be_sure_enough_or_one_points_down() -> None:
    slow = np.linspace(100, 102.5, ROWS)
    slow[500] = 105.0  # an old high, so that only the move of a day speaks for it
    risen = np.linspace(100, 112, ROWS - 15)

    assert not baseline().trigger(some_bars(slow))[-1]
    assert baseline(min_conviction=Decimal("0.4")).trigger(some_bars(slow))[-1]
    assert baseline().trigger(some_bars([*risen, *[112.0] * 15]))[-1]
    assert not baseline().trigger(some_bars([*risen, *np.linspace(112, 107, 15)]))[-1]
