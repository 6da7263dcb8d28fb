"""The daily trend buys new highs of daily closes and sells new lows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.model.bars import Bars, Timeframe
from domain.model.context import Regime
from domain.strategies.trend_daily import TrendDaily
from tests.builders.bars import a_context, some_bars

FLAT = [100.0, 101.0] * 10


def trending(**changes: Any) -> TrendDaily:
    values: dict[str, Any] = {
        "id": "trend_daily",
        "notional_pct": Decimal(2),
        "stop_loss_pct": Decimal(12),
        "take_profit_pct": Decimal(40),
    }
    return TrendDaily(**{**values, **changes})


def days(*closes: float) -> Bars:
    return some_bars([*FLAT, *closes], timeframe=Timeframe.DAY)


@pytest.mark.req("S1")
def test_a_close_above_all_before_it_is_bought_and_the_higher_the_surer() -> None:
    (near,) = trending().decide(a_context(days(102)))
    (far,) = trending().decide(a_context(days(106)))

    assert near.conviction < far.conviction <= 1
    assert trending().decide(a_context(days(101))) == ()


@pytest.mark.req("U3")
def test_in_a_crash_nothing_is_bought() -> None:
    assert trending().decide(evolve(a_context(days(106)), regime=Regime.CRASH)) == ()


@pytest.mark.req("X6")
def test_it_leaves_below_the_lowest_close_of_the_last_days() -> None:
    assert trending().leave(days(99))[-1]
    assert not trending().leave(days(100))[-1]
