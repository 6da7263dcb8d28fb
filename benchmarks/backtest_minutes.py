"""Minutes of products a second in a backtest: where strategies hardly trade, and trade often.

Usage: python benchmarks/backtest_minutes.py [--days N] [--market FILE] [--smoke]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.simulator.bars.grid import MinuteGrid
from app.backtest.outcome import run
from app.backtest.plan import BacktestPlan, plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import install_context

ROOT = Path(__file__).parents[1]
DENSE = ("strategies.breakout.lookback_minutes=60", "strategies.breakout.volume_minutes=10")
KINDS = {"as shipped": (), "60 min look-back": DENSE}


def main(arguments: list[str]) -> None:
    """Print a row a kind; the floor is to make and read the candles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--market", default="generated", help="another market than the invented")
    parser.add_argument("--smoke", action="store_true", help="smallest size")
    asked = parser.parse_args(arguments)
    install_context()
    print(f"{'':24}{'bars':>10}{'trips':>7}{'CPU s':>9}{'bars/CPU s':>12}{'of the floor':>14}")
    for kind, sets in KINDS.items():
        plan = _plan(asked.market, sets, HOUR if asked.smoke else asked.days * DAY)
        bars = (plan.end_ns - plan.start_ns) // MINUTE * len(plan.products)
        floor, begun = _floor(plan), time.process_time()
        outcome = run(plan, lambda _: None)
        spent = time.process_time() - begun
        trips = outcome.results.summary.trades
        print(
            f"{kind:24}{bars:10,}{trips:7}{spent:9.2f}{bars / spent:12,.0f}{spent / floor:13.1f}x"
        )


def _plan(market: str, sets: tuple[str, ...], length_ns: int) -> BacktestPlan:
    config = load(ROOT / "config", sets)
    whole = plan_of(market, config, seed=1, lookback_ns=lookback_ns(config))
    end_ns = Nanos(min(whole.end_ns, whole.start_ns + length_ns))
    return plan_of(market, config, seed=1, lookback_ns=lookback_ns(config), to_ns=end_ns)


def _floor(plan: BacktestPlan) -> float:
    """Return the CPU time that candles alone take, as columns and as bars."""
    grid, begun = MinuteGrid(plan.market), time.process_time()
    for product in plan.products:
        grid.bars(product, plan.start_ns, plan.end_ns)
        plan.market.candles(product, plan.start_ns, plan.end_ns)
    return time.process_time() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
