"""Minutes of products a second in a backtest: both engines, 1, 10 and 30 products, where strategies
hardly trade and where they trade often.

Each row is a process of its own, so that its peak memory is its own.

Usage: python benchmarks/backtest_minutes.py [--days N] [--market FOLDER] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
from attrs import evolve

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.generated import GeneratedMarket
from app.backtest.outcome import run
from app.backtest.plan import BacktestEngine, BacktestPlan, plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import install_context

ROOT = Path(__file__).parents[1]
ORIGIN_NS = Nanos(1_767_225_600_000_000_000)
DENSE = ("strategies.breakout.lookback_minutes=60", "strategies.breakout.volume_minutes=10")
KINDS = {"sparse": (), "dense": DENSE}
"""Settings by name: as shipped, and with a look-back of an hour."""
PRODUCTS = (1, 10, 30)
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def main(arguments: list[str]) -> None:
    """Print a row a kind, engine and number of products; the floor is to read the candles."""
    asked = _parser().parse_args(arguments)
    install_context()
    if asked.kind:
        plan = _plan(asked.market, KINDS[asked.kind], int(asked.hours * HOUR))
        print(json.dumps(_measured(evolve(plan, engine=BacktestEngine(asked.engine)))))
        return
    hours: float = asked.days * 24
    sizes: tuple[int, ...] = PRODUCTS
    if asked.smoke:
        hours, sizes = 1.0, (1,)
    columns = ("bars", "trips", "CPU s", "bars/CPU s", "of the floor", "peak MB")
    print(f"{'':24}" + "".join(f"{each:>13}" for each in columns))
    for size in (0,) if asked.market else sizes:
        with tempfile.TemporaryDirectory() as folder:
            market = asked.market or str(_candles(Path(folder), size, hours))
            for kind in KINDS:
                for engine in BacktestEngine:
                    _row(market, kind, engine, size, hours)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=1, help="how long is played")
    parser.add_argument("--market", default="", help="candles instead of invented ones")
    parser.add_argument("--smoke", action="store_true", help="smallest size")
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--engine", default="columns", help=argparse.SUPPRESS)
    parser.add_argument("--hours", type=float, default=0, help=argparse.SUPPRESS)
    return parser


def _row(market: str, kind: str, engine: str, size: int, hours: float) -> None:
    command = [sys.executable, __file__, "--market", market, "--kind", kind]
    command += ["--engine", engine, "--hours", str(hours)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout)
    bars, spent = found["bars"], found["spent"]
    name = f"{kind}, {size or found['products']}, {engine}"
    print(
        f"{name:24}{bars:13,}{found['trips']:13}{spent:13.2f}{bars / spent:13,.0f}"
        f"{spent / found['floor']:12.1f}x{found['peak_mb']:13,.0f}",
        flush=True,
    )


def _measured(plan: BacktestPlan) -> dict[str, float]:
    bars = (plan.end_ns - plan.start_ns) // MINUTE * len(plan.products)
    floor, begun = _floor(plan), time.process_time()
    outcome = run(plan, lambda _: None)
    return {
        "bars": bars,
        "products": len(plan.products),
        "trips": outcome.results.summary.trades,
        "spent": time.process_time() - begun,
        "floor": floor,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
    }


def _plan(market: str, sets: Sequence[str], length_ns: int) -> BacktestPlan:
    config = load(ROOT / "config", tuple(sets))
    past_ns = lookback_ns(config)
    whole = plan_of(market, config, seed=1, lookback_ns=past_ns)
    end_ns = Nanos(min(whole.end_ns, whole.start_ns + length_ns))
    return plan_of(market, config, seed=1, lookback_ns=past_ns, to_ns=end_ns)


def _floor(plan: BacktestPlan) -> float:
    """Return the CPU time that candles alone take, as columns and as bars."""
    grid, begun = MinuteGrid(plan.market), time.process_time()
    for product in plan.products:
        grid.bars(product, plan.start_ns, plan.end_ns)
        plan.market.candles(product, plan.start_ns, plan.end_ns)
    return time.process_time() - begun


def _candles(folder: Path, size: int, hours: float) -> Path:
    """Write so many products, and what strategies look back on, as a file each."""
    back_ns = max(lookback_ns(load(ROOT / "config", sets)) for sets in KINDS.values())
    span = Nanos(ORIGIN_NS - back_ns), Nanos(ORIGIN_NS + int(hours * HOUR))
    markets = [GeneratedMarket(seed, Nanos(ORIGIN_NS + DAY)) for seed in range(1, size // 5 + 2)]
    paths = [(market, each.id) for market in markets for each in market.products][:size]
    for number, (market, product) in enumerate(paths):
        rows = market.candles(product, *span)
        columns = {
            "ts": pa.array([row.start_ns for row in rows], pa.timestamp("ns", "UTC")),
            **{
                name: [float(getattr(row, name)) for row in rows]
                for name in ("open", "high", "low", "close", "volume")
            },
        }
        tens, ones = divmod(number, len(NAMES))
        parquet.write_table(pa.table(columns), folder / f"{NAMES[tens]}{NAMES[ones]}C-USD.parquet")
    return folder


if __name__ == "__main__":
    main(sys.argv[1:])
