"""Sweeps so small that they take seconds: one product, a few hours, a dozen settings."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters.simulator.server.opened_world import REPEATABLE_ORIGIN_NS
from app.command_line.options import ROOT
from app.sweep.plan import SweepPlan, SweepWish, sweep_plan
from domain.model.instants import HOUR, Nanos, iso
from tests.builders.backtests import candles, file_of

BEGIN = REPEATABLE_ORIGIN_NS
HOURS, MARKET = 14, "sol.parquet"
TRIALS = 10
"""More than a batch."""
SPACE = """\
folds: 2
in_sample: 2
min_trades: 1
objective: total_pnl_pct
parameters:
  strategies.breakout.lookback_minutes: {low: 15, high: 60, step: 5}
  strategies.breakout.stop_loss_pct: {choices: [1, 2]}
"""
SETS = (
    "strategies.breakout.lookback_minutes=60",
    "strategies.breakout.volume_minutes=10",
    "strategies.breakout.take_profit_pct=8",
    "policy.exits.max_hold=1h",
)


def market(folder: Path) -> Path:
    """Write the candles of a product; return the file."""
    return file_of(folder / MARKET, candles(HOURS, before=2, product="SOL-USD"))


def space(folder: Path, text: str = SPACE) -> Path:
    """Write a space file; return it."""
    file = folder / "space.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def plan(folder: Path, text: str = SPACE, sets: tuple[str, ...] = SETS) -> SweepPlan:
    """Return the plan of a small sweep, whose files are written into `folder`."""
    wish = SweepWish(
        config_dir=Path("config"),
        sets=sets,
        space=space(folder, text),
        market=str(market(folder)),
        seed=1,
        from_ns=BEGIN,
        to_ns=Nanos(BEGIN + HOURS * HOUR),
    )
    return sweep_plan(wish)


def words(
    folder: Path, name: str, *more: str, trials: int = TRIALS, hours: int = HOURS
) -> list[str]:
    """Return the command of a small sweep; data and report are called `name` in `folder`."""
    told = ["sweep", "--market", str(folder / MARKET), "--space", str(folder / "space.yaml")]
    told += ["--from", iso(BEGIN), "--to", iso(BEGIN + hours * HOUR), "--trials", str(trials)]
    told += [word for each in SETS for word in ("--set", each)]
    told += ["--data-dir", str(folder / name), "--log-dir", str(folder / name)]
    return [*told, "--report", str(folder / f"{name}.json"), *more]


def begun(folder: Path, name: str, *more: str) -> subprocess.Popen[str]:
    """Begin a sweep of one small fold as a process of its own."""
    command = [sys.executable, "run.py", *words(folder, name, *more, hours=8)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def reported(folder: Path, name: str) -> Any:
    """Return the report that a sweep has written."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def finished(folder: Path, name: str) -> list[tuple[int, int]]:
    """Return fold and number of each finished trial, as the database of a sweep has them."""
    file = folder / name / "sweeps" / "trials.sqlite"
    if not file.exists():
        return []
    question = "select study_id, number from trials order by study_id, number"
    try:
        with sqlite3.connect(file) as database:
            return list(database.execute(question))
    except sqlite3.OperationalError:  # it is being made
        return []


def children(pid: int) -> list[int]:
    """Return the children of a process that play, and no helper of multiprocessing."""
    found = []
    for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        line = Path(f"/proc/{each}/cmdline").read_bytes()
        if b"spawn_main" in line:
            found.append(int(each))
    return found
