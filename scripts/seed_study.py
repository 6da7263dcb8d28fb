"""What the baseline earns on many generated markets: nothing before fees, less after them.

    python -m scripts.seed_study --seeds 200 --hours 6 --workers 1 --out study.jsonl
    python -m scripts.seed_study --seeds 20 --hours 24

Runs `run.py --env paper --speed max --seed N` for each seed in folders of its own, and reads what
the run itself says: status, and the time of the first fill in the journal. One JSON line a seed is
appended to `--out`; a line of the same hours and the same configuration and code is not run again.

Ends with 1 if the generator gives the strategy an edge (|t| of PnL before fees is 2 or more), if
trading costs nothing (PnL after fees not negative), or if less than three of four seeds trade in
24 hours (shorter runs do not ask that).
PnL before fees is cash plus fees paid plus open lots at the best bid, less what was paid in.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import asdict, frozen
from rich.console import Console
from rich.progress import track

from config.loading import load
from domain.model.instants import HOUR, parse_iso
from scripts.paper_runs import ROOT, data_of, gross, play, status

MOST_T = 2.0
LEAST_TRADING = 0.75
DAY_HOURS = 24.0


@frozen(kw_only=True)
class Row:
    """One seed's run; money in USD as decimal texts, None where nothing was filled."""

    seed: int
    hours: float
    config: str
    before_fees: str
    after_fees: str
    fees: str
    fills: int
    first_fill_hours: float | None


def run(seed: int, hours: float) -> Row:
    """Run one seed and return what came of it.

    Raises:
        RuntimeError: the run did not end with 0; the text is its own.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        try:
            play(home, "--seed", str(seed), "--duration", f"{round(hours * 3600)}s")
        except RuntimeError as error:
            raise RuntimeError(f"seed {seed}: {error}") from error
        return _read(home, seed, hours)


def _read(home: Path, seed: int, hours: float) -> Row:
    said = status(home)
    return Row(
        seed=seed,
        hours=hours,
        config=said["config_hash"],
        before_fees=format(gross(said), "f"),
        after_fees=said["pnl_net"],
        fees=said["fees"],
        fills=said["fills_total"],
        first_fill_hours=_first_fill_hours(data_of(home) / "journal"),
    )


def _first_fill_hours(journal: Path) -> float | None:
    """Return how long after the run's start the first fill was booked."""
    begun_ns = None
    for file in sorted(journal.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                at_ns = parse_iso(record["at"])
                begun_ns = at_ns if begun_ns is None else begun_ns
                if record["type"] == "FillBooked":
                    return (at_ns - begun_ns) / HOUR
    return None


def known(out: Path, hours: float, config: str) -> dict[int, Row]:
    """Return the rows of an earlier study of the same hours, configuration and code."""
    if not out.exists():
        return {}
    rows = [Row(**json.loads(line)) for line in out.read_text(encoding="utf-8").splitlines()]
    return {row.seed: row for row in rows if (row.hours, row.config) == (hours, config)}


def study(seeds: Iterable[int], hours: float, workers: int, out: Path) -> list[Row]:
    """Run every seed that `out` does not have yet; return all rows by seed."""
    wanted = sorted(set(seeds))
    rows = known(out, hours, load(ROOT / "config").config_hash)
    missing = [seed for seed in wanted if seed not in rows]
    console = Console(stderr=True)
    with ThreadPoolExecutor(workers) as pool, out.open("a", encoding="utf-8") as file:
        waiting = [pool.submit(run, seed, hours) for seed in missing]
        try:
            for one in track(as_completed(waiting), "seeds", len(waiting), console=console):
                row = one.result()
                rows[row.seed] = row
                file.write(json.dumps(asdict(row)) + "\n")
                file.flush()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [rows[seed] for seed in wanted]


def t_value(values: Sequence[float]) -> float:
    """Return Student's t of the mean against 0; 0 if all values are 0."""
    spread = statistics.stdev(values)
    return statistics.fmean(values) / (spread / math.sqrt(len(values))) if spread else 0.0


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of a study of at least two seeds."""
    before = [float(Decimal(row.before_fees)) for row in rows]
    after = [float(Decimal(row.after_fees)) for row in rows]
    trading = [row for row in rows if row.first_fill_hours is not None]
    return {
        "seeds": len(rows),
        "hours": rows[0].hours,
        "fills": sum(row.fills for row in rows),
        "trading": len(trading),
        "before_mean": statistics.fmean(before),
        "before_t": t_value(before),
        "after_mean": statistics.fmean(after),
        "after_t": t_value(after),
        "fees_mean": statistics.fmean(float(Decimal(row.fees)) for row in rows),
    }


def failures(found: dict[str, Any]) -> list[str]:
    """Return what these figures must not be."""
    said = []
    if abs(found["before_t"]) >= MOST_T:
        said.append(f"expected |t| < {MOST_T:g} before fees, found {found['before_t']:.2f}")
    if found["after_mean"] >= 0:
        said.append(f"expected a loss after fees, found {found['after_mean']:.2f} USD")
    if found["hours"] >= DAY_HOURS and found["trading"] < LEAST_TRADING * found["seeds"]:
        said.append(f"expected three of four seeds to trade, found {found['trading']}")
    return said


def main() -> int:
    """Run the study and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200, help="seeds 1 to N, at least 2")
    parser.add_argument("--hours", type=float, default=6.0, help="market time of each run")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("seed_study.jsonl"))
    asked = parser.parse_args()
    if asked.seeds < 2 or asked.hours <= 0 or asked.workers < 1:
        parser.error("expected at least 2 seeds, hours above 0 and 1 worker")
    rows = study(range(1, asked.seeds + 1), asked.hours, asked.workers, asked.out)
    found = figures(rows)
    print(
        "{seeds} seeds of {hours:g} h, {fills} fills, {trading} seeds traded\n"
        "before fees: mean {before_mean:+.2f} USD a seed, t = {before_t:+.2f}\n"
        "after fees:  mean {after_mean:+.2f} USD a seed, t = {after_t:+.2f};"
        " fees paid {fees_mean:.2f}".format(**found)
    )
    said = failures(found)
    for line in said:
        print(line)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
