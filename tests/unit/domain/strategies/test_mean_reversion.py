"""Mean reversion buys deep falls of a market without a trend and sells above the mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.model.bars import Bars, Timeframe
from domain.model.context import Regime
from domain.strategies.mean_reversion import MeanReversion
from tests.builders.bars import a_context, some_bars

CALM = [100.0, 101.0] * 11


def reverting(**changes: Any) -> MeanReversion:
    values: dict[str, Any] = {
        "id": "mean_reversion",
        "notional_pct": Decimal(2),
        "stop_loss_pct": Decimal(5),
        "take_profit_pct": Decimal(8),
    }
    return MeanReversion(**{**values, **changes})


def hours(*closes: float) -> Bars:
    return some_bars([*CALM, *closes], timeframe=Timeframe.HOUR)


@pytest.mark.req("S1")
def test_a_close_far_below_the_mean_is_bought_and_the_deeper_the_surer() -> None:
    (near,) = reverting().decide(a_context(hours(100, 99.6)))
    (deep,) = reverting().decide(a_context(hours(100, 99.2)))

    assert near.conviction < deep.conviction
    assert near.notional_pct < deep.notional_pct <= 2


@pytest.mark.req("S1")
def test_a_close_far_above_the_mean_is_no_reason_to_buy() -> None:
    assert reverting().decide(a_context(hours(100, 107))) == ()


@pytest.mark.req("U3")
@pytest.mark.parametrize("regime", [Regime.BULL, Regime.BEAR, Regime.CRASH])
def test_in_a_trend_nothing_is_bought(regime: Regime) -> None:
    context = a_context(hours(100, 95))

    assert reverting().decide(context)
    assert reverting().decide(evolve(context, regime=regime)) == ()


@pytest.mark.req("X6")
def test_above_the_mean_it_leaves_and_below_it_stays() -> None:
    assert reverting().leave(hours(100, 102))[-1]
    assert not reverting().leave(hours(100, 98))[-1]
