"""Both engines of a backtest do the same on recorded markets, a fast fall and a crash among them.

Whole recordings: `python run.py backtest --market ../shared/data/candles/SET --check`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.backtest.check import check
from app.backtest.plan import plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import Nanos, parse_iso
from tests.builders.backtests import LIVELY
from tests.builders.recorded import shared_data

pytestmark = pytest.mark.req("BT1", "BT4")
WINDOWS = [
    ("coinbase_1m_2023-11_12", "2023-12-11T01:30:00Z", "2023-12-11T03:30:00Z", True),
    ("binance_1m_2021-04_05", "2021-05-12T21:00:00Z", "2021-05-12T23:30:00Z", True),
    ("binance_1m_2021-04_05", "2021-05-19T12:30:00Z", "2021-05-19T15:00:00Z", False),
]
"""Set, begin, end, and whether anything is bought: the regime of a crash blocks entries."""


@pytest.mark.parametrize(("market", "begin", "end", "buys"), WINDOWS)
def test_columns_are_events_on_recorded_markets(
    market: str, begin: str, end: str, buys: bool
) -> None:
    config = load(Path("config"), LIVELY)
    plan = plan_of(
        str(shared_data() / "candles" / market),
        config,
        seed=1,
        lookback_ns=lookback_ns(config),
        from_ns=Nanos(parse_iso(begin)),
        to_ns=Nanos(parse_iso(end)),
    )

    outcome, differs = check(plan, lambda _: None)

    assert differs is None, str(differs)
    assert bool(outcome.trail.orders) is buys
    assert outcome.trail.orders or outcome.trail.refused
