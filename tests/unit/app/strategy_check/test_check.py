"""Every shipped strategy passes the check; what leaks doesn't, and is told with its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adapters.simulator.market_data.generated import GeneratedMarket
from app.strategy_check.check import check_strategy
from app.strategy_check.faults import CheckKind
from config.loading import load
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from tests.builders.backtests import BEGIN

pytestmark = pytest.mark.req("BT2", "STR1")


class Peeking(Strategy):
    """Triggers where the next bar rises."""

    id = "peeking"
    lookback = 5

    def trigger(self, bars: Bars) -> Any:
        return np.append(bars.close[1:] > bars.close[:-1], False)

    def decide(self, context: Any) -> tuple[()]:
        return ()


class Raising(Peeking):
    """Can't answer at all."""

    def trigger(self, bars: Bars) -> Any:
        raise LookupError("no idea")


class Quiet(Peeking):
    """Never wants anything."""

    def trigger(self, bars: Bars) -> Any:
        return np.zeros(len(bars), np.bool_)


def checked(strategy: Strategy) -> Any:
    market = GeneratedMarket(1, BEGIN, 0)
    return check_strategy(strategy, market, name="tried", source="generated", seed=1)


@pytest.mark.parametrize("name", ["breakout", "mean_reversion"])
def test_a_shipped_strategy_passes_and_was_tried(name: str) -> None:
    found = checked(load("config").strategies[name].strategy)

    assert found.faults == ()
    assert found.document["passed"]
    assert found.proposed > 0
    assert found.warnings == ()


def test_a_leak_is_told_once_for_each_product() -> None:
    found = checked(Peeking())

    assert not found.document["passed"]
    assert {each.check for each in found.faults} == {CheckKind.LOOK_AHEAD}
    assert len({each.product for each in found.faults}) == len(found.faults) > 1


def test_one_that_raises_is_told_with_what_it_raised() -> None:
    told = checked(Raising()).document["faults"]

    assert "LookupError: no idea" in told[0]["told"]


def test_a_strategy_that_never_triggers_has_hardly_been_tried() -> None:
    found = checked(Quiet())

    assert found.faults == ()
    assert "nothing triggered" in found.warnings[0]
