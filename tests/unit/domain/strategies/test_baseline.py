"""The rules engine buys by its strongest signal, and signs are never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from domain.model.bars import Bars
from domain.model.context import Regime
from domain.strategies.baseline import Baseline
from tests.builders.bars import a_context, some_bars

ROWS = 1500
FLAT = [100.0] * (ROWS - 15)


def baseline(**changes: Any) -> Baseline:
    return Baseline(**{"id": "baseline", "notional_pct": Decimal(2), **changes})


def minutes(*closes: float, volume: float = 1.0) -> Bars:
    path = [*FLAT, *closes]
    return some_bars(path, [1.0] * (ROWS - 60) + [volume] * (len(path) - ROWS + 60))


def climb(to: float) -> Bars:
    return minutes(*np.linspace(100, to, 15))


@pytest.mark.req("S1", "STR1")
def test_a_move_up_is_bought_and_the_same_move_down_is_not() -> None:
    (proposal,) = baseline().decide(a_context(climb(104)))

    assert Decimal("0.5") <= proposal.conviction <= 1
    assert proposal.notional_pct <= Decimal("2.4")
    assert baseline().decide(a_context(climb(93))) == ()


@pytest.mark.req("S1")
def test_more_signals_that_agree_are_more_convincing() -> None:
    quiet = baseline().decide(a_context(climb(104)))
    busy = minutes(*np.linspace(100, 104, 15), volume=9.0)

    assert baseline().decide(a_context(busy))[0].conviction > quiet[0].conviction


@pytest.mark.req("U3")
def test_in_a_trend_a_move_has_to_be_larger() -> None:
    path = [*FLAT, *np.linspace(100, 102.5, 15)]
    path[500] = 105.0  # an old high, so that nothing else speaks for it
    bars = some_bars(path)
    asked = baseline(min_conviction=Decimal("0.3"), min_momentum_pct=Decimal(50))

    assert asked.decide(a_context(bars))
    assert asked.decide(evolve(a_context(bars), regime=Regime.BEAR)) == ()


@pytest.mark.req("S1")
def test_below_its_least_conviction_it_stays_out() -> None:
    assert baseline(min_conviction=Decimal(1)).decide(a_context(climb(104))) == ()


@pytest.mark.req("X3")
def test_a_canary_buys_a_quarter() -> None:
    (full,) = baseline().decide(a_context(climb(104)))
    (canary,) = baseline(canary_conviction=Decimal(1)).decide(a_context(climb(104)))

    assert canary.notional_pct == full.notional_pct / 4


@pytest.mark.req("X3")
def test_after_a_wide_day_less_is_bought() -> None:
    (calm,) = baseline().decide(a_context(climb(104)))
    (wide,) = baseline(usual_range_pct=Decimal(2)).decide(a_context(climb(104)))

    assert wide.notional_pct < calm.notional_pct


@pytest.mark.req("O1")
def test_a_jump_without_volume_is_not_believed() -> None:
    path, volumes = [100.0] * (ROWS - 1) + [115.0], [1.0] * (ROWS - 1)

    assert baseline().decide(a_context(some_bars(path, [*volumes, 0.0]))) == ()
    assert baseline().decide(a_context(some_bars(path, [*volumes, 1.0])))
