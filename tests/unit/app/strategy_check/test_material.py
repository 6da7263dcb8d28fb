"""A strategy is checked on bars of its own length, and on pictures as a host hands them on."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.source import MarketError
from app.strategy_check.material import DECIDED_NS, ROWS, material_of
from config.loading import load
from domain.model.bars import Timeframe
from domain.model.instants import MINUTE
from tests.builders.backtests import BEGIN, candles, file_of

pytestmark = pytest.mark.req("BT2")
STRATEGIES = load("config").strategies


def test_every_product_has_bars_behind_one_look_back() -> None:
    strategy = STRATEGIES["breakout"].strategy

    made = material_of(strategy, GeneratedMarket(1, BEGIN, 0))

    assert len(made.bars) > 1
    assert {len(each) for each in made.bars} == {strategy.lookback + ROWS[Timeframe.MINUTE]}


def test_a_picture_holds_the_hours_that_the_strategy_asked_for() -> None:
    strategy = STRATEGIES["baseline"].strategy
    made = material_of(strategy, GeneratedMarket(1, BEGIN, 0))
    window = made.bars[0].last(strategy.lookback)

    picture = made.picture(window)

    assert picture.at_ns == int(window.start_ns[-1]) + MINUTE + DECIDED_NS
    assert [len(each) for each in picture.hours] == [strategy.hours]
    assert picture.hours[0].start_ns[-1] + Timeframe.HOUR.ns <= picture.at_ns
    assert picture.days == ()
    assert picture.quotes[0].bid < picture.quotes[0].ask


def test_a_market_shorter_than_the_look_back_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path / "short.parquet", candles(1, product="BTC-USD"))

    with pytest.raises(MarketError, match="no product of the market has more than 1441 minutes"):
        material_of(STRATEGIES["breakout"].strategy, open_candles(file))
