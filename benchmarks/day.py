"""A day of the market: memory, threads and open files stay flat, and no trade is lost.

Plays a recorded market of invented prices at `--speed` (60: through sockets, with the venue in a
process of its own, 24 hours in 24 minutes; max: in one process). Every quarter of an hour of market
time it says what the trader uses. At the end each minute that the trader has seen is compared with
the market: its volume, to the last digit, is that of all trades of the minute. Ends with 1 where
anything grows after the first hour by more than a tenth, or a minute differs.
Usage: python benchmarks/day.py [--products N] [--minutes N] [--speed X]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow.parquet as parquet
from attrs import frozen

from adapters.telemetry.bars import read_bars
from benchmarks.memory import write_market
from benchmarks.parts import NOW, parsed
from domain.model.instants import MINUTE, iso, parse_iso

ROOT = Path(__file__).resolve().parents[1]
PAGE = resource.getpagesize()
EVERY_MINUTES, SETTLED_MINUTES = 15, 60
MOST_GROWTH = 1.1
LOOK_S = 0.05
LAST_MINUTES = 2
"""Of the end of a run that may not be closed any more."""


@frozen
class Use:
    """What the trader uses at a market time, in minutes since the start."""

    minute: int
    rss_mb: float
    threads: int
    files: int


def use_of(process: int, minute: int) -> Use:
    """Return what a process uses now."""
    folder = Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text().split()[1])
    tasks, files = (sum(1 for _ in (folder / each).iterdir()) for each in ("task", "fd"))
    return Use(minute, pages * PAGE / 1e6, tasks, files)


def uses(market: Path, home: Path, speed: str, minutes: int) -> Iterator[Use]:
    """Run the trader to its end; yield what it uses every quarter of an hour of market time."""
    command = [sys.executable, str(ROOT / "run.py"), "--env", "paper", "--speed", speed]
    command += ["--market", str(market), "--from", iso(NOW), "--duration", f"{minutes}m"]
    command += ["--data-dir", str(home / "data"), "--log-dir", str(home / "logs")]
    status, said = home / "data" / "paper" / "status.json", home / "said"
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
    due = 0
    try:
        while process.poll() is None:
            time.sleep(LOOK_S)
            minute = _minute_of(status)
            if minute is not None and minute >= due:
                due = minute - minute % EVERY_MINUTES + EVERY_MINUTES
                try:
                    yield use_of(process.pid, minute)
                except FileNotFoundError:  # it has just ended
                    break
        if process.wait() != 0:
            raise SystemExit(f"it failed: {said.read_text(encoding='utf-8')[-2000:]}")
    finally:
        process.kill()
        process.wait()


def _minute_of(status: Path) -> int | None:
    if not status.is_file():
        return None
    told = json.loads(status.read_text(encoding="utf-8"))["market_time"]
    return (parse_iso(told) - NOW) // MINUTE


def compared(market: Path, bars: Path, minutes: int) -> tuple[int, list[str]]:
    """Return how many minutes were compared, and those that the trader has seen otherwise."""
    until_ns, count = NOW + (minutes - LAST_MINUTES) * MINUTE, 0
    wrong: list[str] = []
    for file in sorted(market.glob("*.parquet")):
        seen = {
            int(each.start_ns): each.volume
            for each in read_bars(bars / f"{file.stem}.csv", NOW, until_ns)
        }
        table = parquet.read_table(file, columns=["ts", "volume"]).to_pydict()
        for at, volume in zip(table["ts"], table["volume"], strict=True):
            start_ns = int(at.value) if hasattr(at, "value") else int(at.timestamp()) * 10**9
            if NOW <= start_ns < until_ns:
                count += 1
                if seen.get(start_ns) != Decimal(repr(volume)):
                    wrong.append(f"{file.stem} {iso(start_ns)}: {seen.get(start_ns)}, not {volume}")
    return count, wrong


def main() -> int:
    """Print the table, and what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=5)
    parser.add_argument("--minutes", type=int, default=1440)
    parser.add_argument("--speed", default="60")
    options = parsed(parser, products=2, minutes=5)
    speed = "max" if options.smoke else options.speed
    with tempfile.TemporaryDirectory() as name:
        home, market = Path(name), Path(name) / "market"
        write_market(market, options.products, days=1 + options.minutes // 1440)
        print(f"{options.products} products, {options.minutes} minutes at speed {speed}")
        print(f"{'market minute':>14}{'RSS MB':>9}{'threads':>9}{'files':>7}", flush=True)
        found: list[Use] = []
        for use in uses(market, home, speed, options.minutes):
            found.append(use)
            row = f"{use.minute:14}{use.rss_mb:9.1f}{use.threads:9}{use.files:7}"
            print(row, flush=True)
        count, wrong = compared(market, home / "data" / "paper" / "bars", options.minutes)
    print(f"{count} minutes compared with the market, {len(wrong)} differ")
    print("\n".join(wrong[:10]))
    return 0 if not wrong and count and _is_flat(found) else 1


def _is_flat(found: list[Use]) -> bool:
    """Tell whether nothing that is used has grown since the first hour."""
    settled = [each for each in found if each.minute >= SETTLED_MINUTES]
    if not settled:
        return True
    first, last = settled[0], settled[-1]
    pairs = (
        (first.rss_mb, last.rss_mb),
        (first.threads, last.threads),
        (first.files, last.files),
    )
    return all(after <= before * MOST_GROWTH for before, after in pairs)


if __name__ == "__main__":
    sys.exit(main())
