"""Momentum buys steady climbs in a lively market and sells when half the time fell."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.model.bars import Bars, Timeframe
from domain.model.context import Regime
from domain.strategies.momentum import Momentum
from tests.builders.bars import a_context, some_bars

QUIET = [100.0, 100.2] * 72


def climbing(**changes: Any) -> Momentum:
    values: dict[str, Any] = {
        "id": "momentum",
        "notional_pct": Decimal(2),
        "stop_loss_pct": Decimal(8),
        "take_profit_pct": Decimal(15),
    }
    return Momentum(**{**values, **changes})


def hours(step: float, *more: float) -> Bars:
    closes = [*QUIET, *(100 + step * number for number in range(1, 25)), *more]
    return some_bars(closes, timeframe=Timeframe.HOUR)


@pytest.mark.req("S1")
def test_a_steady_climb_is_bought_and_the_higher_the_surer() -> None:
    (slow,) = climbing().decide(a_context(hours(0.25)))
    (fast,) = climbing().decide(a_context(hours(0.4)))

    assert slow.conviction < fast.conviction


@pytest.mark.req("S1")
def test_a_fall_a_small_climb_and_a_single_jump_are_not() -> None:
    jump = some_bars([*QUIET, *[100.0] * 23, 108.0], timeframe=Timeframe.HOUR)

    assert climbing().decide(a_context(hours(-0.4))) == ()
    assert climbing().decide(a_context(hours(0.1))) == ()
    assert climbing().decide(a_context(jump)) == ()


@pytest.mark.req("U3")
@pytest.mark.parametrize("regime", [Regime.BEAR, Regime.CRASH])
def test_in_a_falling_market_nothing_is_bought(regime: Regime) -> None:
    assert climbing().decide(evolve(a_context(hours(0.4)), regime=regime)) == ()


@pytest.mark.req("X6")
def test_it_leaves_when_half_the_time_shows_a_fall() -> None:
    assert not climbing().leave(hours(0.4))[-1]
    assert climbing().leave(hours(0.4, 104))[-1]
