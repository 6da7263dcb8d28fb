"""Wall time of a sweep by one worker and by two: the same trials, and the same result.

Usage: python benchmarks/sweep.py [--trials N] [--days N] [--workers N] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPACE = """\
folds: {folds}
in_sample: {in_sample}
min_trades: 1
parameters:
  strategies.breakout.lookback_minutes: {{low: 30, high: 240, step: 10}}
  strategies.breakout.volume_ratio: {{low: 1, high: 3, step: 0.25}}
  strategies.breakout.stop_loss_pct: {{low: 1, high: 4, step: 0.5}}
"""
SETS = (
    "strategies.breakout.lookback_minutes=60",
    "strategies.breakout.volume_minutes=10",
    "strategies.breakout.take_profit_pct=8",
    "policy.exits.max_hold=1h",
)


def main(arguments: list[str]) -> None:
    """Print a row a number of workers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=200, help="over all four folds")
    parser.add_argument("--days", type=int, default=2, help="of the generated market")
    parser.add_argument("--workers", type=int, default=2, help="compared with one")
    parser.add_argument("--smoke", action="store_true", help="smallest size")
    asked = parser.parse_args(arguments)
    folds = 1 if asked.smoke else 4
    trials = 2 if asked.smoke else asked.trials
    hours = 9 if asked.smoke else 24 * asked.days
    print(f"{os.cpu_count()} cores, {trials} trials, {hours} h of 5 products")
    print(f"{'workers':>8}{'wall s':>10}{'trials/s':>10}{'speed-up':>10}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        space = SPACE.format(folds=folds, in_sample=1 if asked.smoke else 3)
        (folder / "space.yaml").write_text(space, encoding="utf-8")
        counts = (1, asked.workers)
        spent = [_spent(folder, each, trials // folds, hours) for each in counts]
        for workers, wall in zip(counts, spent, strict=True):
            print(f"{workers:>8}{wall:>10.1f}{trials / wall:>10.2f}{spent[0] / wall:>9.2f}x")
        reports = {(folder / f"{each}.json").read_bytes() for each in counts}
        if len(reports) != 1:
            raise SystemExit("the results differ")
        (report,) = reports
        told = json.loads(report)["trials"]
        print(f"one result: {told['tried']} different settings of {told['asked']}")


def _spent(folder: Path, workers: int, trials: int, hours: int) -> float:
    begun = time.perf_counter()
    last_day, last_hour = divmod(hours, 24)
    command = [sys.executable, "run.py", "sweep", "--space", str(folder / "space.yaml")]
    command += ["--from", "2026-01-05", "--to", f"2026-01-{5 + last_day:02}T{last_hour:02}:00:00Z"]
    command += ["--trials", str(trials), "--workers", str(workers)]
    command += [word for each in SETS for word in ("--set", each)]
    command += ["--data-dir", str(folder / str(workers))]
    command += ["--report", str(folder / f"{workers}.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
