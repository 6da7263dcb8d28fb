"""Backtests on an invented market that is short, and on files of its candles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import DEFAULT_OFFSET_MINUTES
from adapters.simulator.server.opened_world import REPEATABLE_ORIGIN_NS
from app.backtest.outcome import BacktestOutcome, run
from app.backtest.plan import BacktestPlan, plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import HOUR, Nanos
from domain.model.market import Bar

LIVELY = (
    "strategies.breakout.lookback_minutes=60",
    "strategies.breakout.volume_minutes=10",
    "strategies.breakout.stop_loss_pct=1",
    "strategies.breakout.take_profit_pct=8",
    "policy.cooldown.after_stop_seconds=600",
)
"""Settings with which breakout trades several times a day."""
CAPPED = (
    *LIVELY,
    "policy.caps.position_pct=2",
    "policy.caps.asset_pct=2",
    "policy.caps.total_pct=4",
)
"""The same with caps that refuse some of it."""
BEGIN = REPEATABLE_ORIGIN_NS


def plan(
    source: str = "generated",
    *,
    hours: float = 6,
    sets: tuple[str, ...] = LIVELY,
    begin_hours: int = 0,
) -> Any:
    """Return a plan of the shipped configuration with `sets`, from `begin_hours` on for `hours`."""
    begin_ns = Nanos(BEGIN + begin_hours * HOUR)
    config = load(Path("config"), sets)
    return plan_of(
        source,
        config,
        seed=1,
        lookback_ns=lookback_ns(config),
        from_ns=begin_ns,
        to_ns=Nanos(begin_ns + int(hours * HOUR)),
    )


def played(made: BacktestPlan) -> BacktestOutcome:
    """Return what a plan comes to."""
    return run(made, lambda _: None)


def candles(hours: float, *, before: float = 2, product: str | None = None) -> list[Bar]:
    """Return the minutes of the invented market around BEGIN, of one product or of all."""
    market = GeneratedMarket(1, BEGIN, DEFAULT_OFFSET_MINUTES)
    first, end = Nanos(BEGIN - int(before * HOUR)), Nanos(BEGIN + int(hours * HOUR))
    names = [each.id for each in market.products if product in (None, each.id)]
    return [bar for name in names for bar in market.candles(name, first, end)]


def file_of(path: Path, bars: list[Bar], names: dict[str, str] | None = None) -> Path:
    """Write candles as Parquet, under other `names` of products; return the file."""
    told = names or {}
    columns = {
        "ts": pa.array([bar.start_ns for bar in bars], pa.timestamp("ns", "UTC")),
        "symbol": [told.get(bar.product, bar.product) for bar in bars],
    }
    for name in ("open", "high", "low", "close", "volume"):
        columns[name] = [float(getattr(bar, name)) for bar in bars]
    parquet.write_table(pa.table(columns), path)
    return path


def idle() -> BacktestOutcome:
    """Return a backtest of a few minutes in which nobody trades."""
    sets = ("strategies.breakout.enabled=false", "strategies.trend_daily.enabled=true")
    return played(plan(hours=0.1, sets=sets))
