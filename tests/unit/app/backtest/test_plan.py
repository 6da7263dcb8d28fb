"""What is played: the span after the look-back, products that the account can pay for."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator.market_data.source import MarketError
from app.backtest.plan import GENERATED_DAYS, plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of, plan

pytestmark = pytest.mark.req("BT4")


def test_a_generated_market_is_a_month() -> None:
    config = load(Path("config"))
    made = plan_of("generated", config, seed=1, lookback_ns=lookback_ns(config))

    assert (made.start_ns, made.end_ns) == (BEGIN, BEGIN + GENERATED_DAYS * DAY)
    assert made.opening == {"USD": Decimal(10_000)}


def test_a_recorded_one_begins_after_the_look_back_and_ends_with_its_rows(tmp_path: Path) -> None:
    file = file_of(tmp_path / "c.parquet", candles(3))
    config = load(Path("config"), LIVELY)
    made = plan_of(str(file), config, seed=1, lookback_ns=lookback_ns(config))

    assert made.start_ns == BEGIN - 2 * HOUR + 61 * MINUTE
    assert made.end_ns == BEGIN + 3 * HOUR


def test_what_dollars_of_another_name_pay_for_is_played_and_said(tmp_path: Path) -> None:
    rows = candles(3, product="BTC-USD")
    made = plan(str(file_of(tmp_path / "c.parquet", rows, {"BTC-USD": "BTC-USDT"})), hours=3)

    assert made.products == ("BTC-USD",)
    assert made.renamed == "USDT"


def test_a_market_in_another_currency_is_refused(tmp_path: Path) -> None:
    rows = candles(3, product="BTC-USD")
    file = file_of(tmp_path / "c.parquet", rows, {"BTC-USD": "BTC-EUR"})

    with pytest.raises(MarketError, match="is in USD, and the market has prices in EUR"):
        plan(str(file), hours=3)


def test_a_span_without_a_minute_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path / "c.parquet", candles(3))
    config = load(Path("config"), LIVELY)

    with pytest.raises(MarketError, match="nothing is left to play"):
        plan_of(
            str(file),
            config,
            seed=1,
            lookback_ns=lookback_ns(config),
            from_ns=BEGIN,
            to_ns=Nanos(BEGIN - MINUTE),
        )
    with pytest.raises(MarketError, match="the generated market begins at"):
        plan_of("generated", config, seed=1, lookback_ns=lookback_ns(config), from_ns=Nanos(DAY))
