"""The place where a new world begins was chosen, and still is such a place."""

from __future__ import annotations

from pathlib import Path

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import HISTORY_DAYS, GeneratedMarket
from adapters.simulator.market_data.open import DEFAULT_OFFSET_MINUTES
from adapters.simulator.market_data.paths import DAY_MINUTES
from config.loading import load
from domain.model.instants import MINUTE, Nanos
from domain.strategies.breakout import Breakout
from scripts.choose_world import ORIGIN, SEED, breakouts, worst_wait_s

ROOT = Path(__file__).parents[3]


def test_the_default_world_trades_soon_whenever_it_gets_ready() -> None:
    strategy = load(ROOT / "config").strategies["breakout"].strategy
    assert isinstance(strategy, Breakout)
    last_closed = HISTORY_DAYS * DAY_MINUTES + DEFAULT_OFFSET_MINUTES - 1
    days = DEFAULT_OFFSET_MINUTES // DAY_MINUTES + 1
    numbers = breakouts(strategy, SEED, days)[last_closed]
    market = GeneratedMarket(SEED, ORIGIN)
    names = [market.products[number].id for number in numbers]
    at_ns = Nanos(ORIGIN + DEFAULT_OFFSET_MINUTES * MINUTE)
    assert worst_wait_s(CandleExpander(market, SEED), names, at_ns) < 10
