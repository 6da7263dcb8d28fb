"""Runs in virtual time on candles, to be played again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.market_data.candles import CandleMarket, open_candles
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import Step
from app.backtest.plan import BacktestEngine, BacktestPlan
from app.replay.plan import ReplayPlan
from app.replay.play import play
from app.replay.runs import RecordedRun, recorded
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.product import ProductId
from domain.replay.comparison import ReplayComparison
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of
from tests.builders.world import Setting, World

PRODUCTS = ("LINK-USD", "SOL-USD")


class PlayedCandles:
    """Candles that expand their own minutes, as hand-made markets do."""

    def __init__(self, market: CandleMarket) -> None:
        self.known = market
        self._expander = CandleExpander(market, 1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.known, name)

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the tape of a minute."""
        return self._expander.steps(product, minute_ns)


def market(folder: Path, hours: float = 1) -> PlayedCandles:
    """Return candles of two products of the invented market, kept in `folder`."""
    rows = [bar for name in PRODUCTS for bar in candles(hours, before=2.2, product=name)]
    return PlayedCandles(open_candles(file_of(folder / "two.parquet", rows)))


def a_world(folder: Path, played: PlayedCandles, minutes: int, **changes: Any) -> World:
    """Return a trader on these candles that trades for `minutes` once it is started."""
    setting = Setting(
        folder=folder,
        market=played,
        start_ns=BEGIN,
        duration_ns=Nanos(minutes * MINUTE),
        any_move=False,
        sets=LIVELY,
        **changes,
    )
    return World(setting)


def run_of(world: World, number: int | None = None) -> RecordedRun:
    """Return what the world's journal says of a run."""
    return recorded(((Nanos(at_ns), each) for at_ns, each in world.messages()), number, "USD")


def replayed(world: World, number: int | None = None) -> ReplayComparison:
    """Play a run of the world again, on its own candles."""
    run = run_of(world, number)
    boot, played = run.boot, world.setting.market
    plan = BacktestPlan(
        source="two.parquet",
        market=played.known,
        products=tuple(ProductId(name) for name in PRODUCTS),
        start_ns=run.begun_ns,
        end_ns=Nanos(bucket_start(run.ended_ns, MINUTE) + MINUTE),
        opening=run.opening,
        fees=FeeRates(maker=Decimal(boot.maker_rate), taker=Decimal(boot.taker_rate)),
        seed=1,
        config=world.options.config,
        engine=BacktestEngine.EVENTS,
    )
    return play(ReplayPlan(run=run, backtest=plan, is_own=True, remarks=()), lambda _: None)
