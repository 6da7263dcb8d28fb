"""Peak memory of `run.py backtest` on a folder of candles, of two lengths: it must not follow them.

Writes months of candles as `data import` keeps them, and plays the newest three days of each folder
with `momentum` (`--whole`: all of it, which takes minutes). Twice: as shipped, where a market with
more rows than stay in memory lies in a scratch file, and with all of it in memory as the floor. A
row is a process of its own, and its peak is the kernel's. Ends with 1 if memory grows by more than
a fifth as the market becomes as many times longer, or above 700 MB.

Usage: python benchmarks/backtest_memory.py [--products N] [--days N] [--times N] [--whole]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from benchmarks.backtest.market import BEGIN_NS, candles, name_of
from benchmarks.backtest.rules import MINUTE_NS, TICK
from domain.model.instants import DAY, Nanos, iso

ROOT = Path(__file__).resolve().parents[1]
MOST_MB, MOST_GROWTH = 700.0, 1.2
MONTH = 30 * 1440
PLAYED_DAYS, HISTORY_DAYS = 3, 8
PLAYED = """
import json, resource, sys
from adapters.simulator.market_data import candles
if sys.argv[1]:
    candles.MOST_ROWS = int(sys.argv[1])
from app.command_line.cli import main
code = main(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([code, peak]), file=sys.stderr)
"""


def write_market(folder: Path, products: int, days: int) -> Path:
    """Write candles of `products` and so many days, a file for each month; return the folder."""
    folder.mkdir()
    for number in range(products):
        columns = candles(np.random.default_rng((7, number)), days * 1440)
        starts = BEGIN_NS + np.arange(days * 1440, dtype=np.int64) * MINUTE_NS
        for first in range(0, len(starts), MONTH):
            part, name = slice(first, first + MONTH), name_of(number)
            table = {
                "ts": pa.array(starts[part], pa.timestamp("ns", "UTC")),
                "symbol": pa.array([name] * len(starts[part])).dictionary_encode(),
                **{of: pa.array(values[part] * TICK) for of, values in columns.items()},
            }
            parquet.write_table(pa.table(table), folder / f"{name}-{first // MONTH:03}.parquet")
    return folder


def peak_mb(market: Path, days: int, most: str, *, is_whole: bool) -> float:
    """Return the peak of a backtest; `most` rows may stay in memory, "" for as many as usual."""
    end_ns = BEGIN_NS + days * DAY
    begin_ns = BEGIN_NS + HISTORY_DAYS * DAY if is_whole else end_ns - PLAYED_DAYS * DAY
    words = ["backtest", "--market", str(market), "--strategy", "momentum", "--json"]
    words += ["--from", iso(Nanos(begin_ns)), "--to", iso(Nanos(end_ns))]
    command = [sys.executable, "-c", PLAYED, most, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines() or [""]
    if done.returncode:
        raise SystemExit(f"the backtest failed: {done.stderr[-500:]}")
    code, found = json.loads(lines[-1])
    if code:
        raise SystemExit(f"the backtest ended with {code}: {done.stderr[-500:]}")
    return float(found) / 1e6


def main(arguments: Sequence[str]) -> int:
    """Print a row a length; return 1 if memory follows the length or is above the aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=30)
    parser.add_argument("--days", type=int, default=60, help="of the shorter market")
    parser.add_argument("--times", type=int, default=3, help="how much longer the other one is")
    parser.add_argument("--whole", action="store_true", help="play all of it")
    parser.add_argument("--smoke", action="store_true", help="the smallest size")
    asked = parser.parse_args(arguments)
    if asked.smoke:
        asked.products, asked.days, asked.times = 2, 12, 2
    peaks = []
    print("market                            rows     in memory MB  as shipped MB  x floor")
    for days in (asked.days, asked.days * asked.times):
        with tempfile.TemporaryDirectory() as scratch:
            market = write_market(Path(scratch) / "market", asked.products, days)
            floor, found = (
                peak_mb(market, days, most, is_whole=asked.whole) for most in (str(10**12), "")
            )
        peaks.append(found)
        rows = asked.products * days * 1440
        told = f"{asked.products} products, {days} days"
        print(f"{told:28}{rows:10,}{floor:17.0f}{found:15.0f}{found / floor:9.2f}", flush=True)
    grown = peaks[1] / peaks[0]
    print(f"{asked.times} times as long: {grown:.2f} times the memory (aim: {MOST_GROWTH})")
    print(f"largest: {max(peaks):.0f} MB (aim: {MOST_MB:.0f})")
    is_good = asked.smoke or (grown <= MOST_GROWTH and max(peaks) <= MOST_MB)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
