"""Resident memory of a trader with 30 products and all five strategies, as market time goes by.

Trader and venue run in one process (`--speed max`) on a recorded market of invented prices. What a
trader would have alone is its code, and what the two have above the same code and market that do
nothing; the venue's orders and books are in it, so it is rather too much. `--day` plays 24 hours
(half an hour on two slow cores) and ends with 1 above the aim, or where it grows.
Usage: python benchmarks/memory.py [--products N] [--minutes N] [--day]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from attrs import evolve

from adapters.simulator.market_data.generated import STYLES
from adapters.simulator.market_data.paths import DAY_MINUTES, CommonPath, ProductPath
from benchmarks.parts import NOW, parsed
from domain.model.instants import DAY, HOUR, MINUTE, iso, parse_iso

ROOT = Path(__file__).resolve().parents[1]
STRATEGIES = ("baseline", "breakout", "mean_reversion", "momentum", "trend_daily")
HISTORY_DAYS = 21
"""What the longest look-back needs before the start."""
AIM_MB, MOST_GROWTH = 150.0, 1.05
HOURS = (1, 6, 12, 24)
PAGE = resource.getpagesize()
LOOK_S = 0.05
RESIDENT = """
from adapters.telemetry.memory import resident_bytes
print(resident_bytes() / 1e6)
"""
CODE = "import app.run.thread_ports" + RESIDENT
CODE_AND_MARKET = (
    """
import sys
import app.run.virtual_ports, adapters.simulator.server.opened_world
from adapters.simulator.market_data.open import open_market
from domain.model.money import install_context
install_context()
market = open_market(sys.argv[1], seed=1, start_ns=None, origin_ns=0, lookback_ns=0)
"""
    + RESIDENT
)


def write_market(folder: Path, products: int, days: int) -> None:
    """Write minutes of so many products, a file each: their history, and `days` days to trade."""
    common = CommonPath(1)
    folder.mkdir()
    for number in range(products):
        style = STYLES[number % len(STYLES)]
        base = style.base if number < len(STYLES) else f"{style.base}{number}"
        path = ProductPath(evolve(style, base=base), 1, number + 1, common)
        made = [path.day(day) for day in range(HISTORY_DAYS + days)]
        columns = {
            name: np.concatenate([getattr(day, of) for day in made]) / 10**decimals
            for name, of, decimals in (
                ("open", "opens", style.decimals),
                ("high", "highs", style.decimals),
                ("low", "lows", style.decimals),
                ("close", "closes", style.decimals),
                ("volume", "units", style.units),
            )
        }
        minutes = np.arange(len(columns["open"]), dtype=np.int64)
        starts = NOW - HISTORY_DAYS * DAY + minutes * MINUTE
        names = {"symbol": [f"{base}-USD"] * len(minutes)}
        times = {"ts": pa.array(starts, pa.timestamp("ns"))}
        parquet.write_table(pa.table(times | names | columns), folder / f"{base}-USD.parquet")


def sizes(market: Path, home: Path, minutes: int, marks: Sequence[int]) -> Iterator[float]:
    """Yield the resident MB of a run at each of `marks`, which are minutes of market time."""
    command = [sys.executable, str(ROOT / "run.py"), "--env", "paper", "--speed", "max"]
    command += ["--market", str(market), "--from", iso(NOW), "--duration", f"{minutes}m"]
    command += [f"--set=strategies.{name}.enabled=true" for name in STRATEGIES]
    command += ["--data-dir", str(home / "data"), "--log-dir", str(home / "logs")]
    status, said = home / "data" / "paper" / "status.json", home / "said"
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
    try:
        for mark in marks:
            size = _size_at(process, status, NOW + mark * MINUTE)
            if size is None:
                raise SystemExit(f"it ended too soon: {said.read_text(encoding='utf-8')[-2000:]}")
            yield size
    finally:
        process.kill()
        process.wait()


def _size_at(process: subprocess.Popen[bytes], status: Path, at_ns: int) -> float | None:
    """Return the resident MB of `process` soon after that market time; None if it ends before."""
    while process.poll() is None:
        size = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * PAGE / 1e6
        if status.is_file():
            told = json.loads(status.read_text(encoding="utf-8"))["market_time"]
            if parse_iso(told) >= at_ns:
                return size
        time.sleep(LOOK_S)
    return None


def idle_mb(program: str, *arguments: str) -> float:
    """Return the resident MB that `program` prints of itself."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=30)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--day", action="store_true", help="24 hours, about half an hour")
    options = parsed(parser, products=2, minutes=1)
    marks = [hour * HOUR // MINUTE for hour in HOURS] if options.day else [options.minutes]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        market = home / "market"
        write_market(market, options.products, days=1 + marks[-1] // DAY_MINUTES)
        code, both = idle_mb(CODE), idle_mb(CODE_AND_MARKET, str(market))
        print(f"resident memory (aim: {AIM_MB:g} MB), {options.products} products")
        print(f"{'market minutes':>16}{'RSS MB':>9}{'trader MB':>11}{'x first':>9}")
        print(f"{'idle (floor)':>16}{both:9.1f}{code:11.1f}", flush=True)
        found: list[float] = []
        for mark, size in zip(marks, sizes(market, home, marks[-1] + 1, marks), strict=True):
            found.append(size - both + code)
            print(f"{mark:16}{size:9.1f}{found[-1]:11.1f}{found[-1] / found[0]:9.2f}", flush=True)
    is_well = found[-1] <= min(AIM_MB, MOST_GROWTH * found[0])
    return 0 if is_well or not options.day else 1


if __name__ == "__main__":
    sys.exit(main())
