"""The rules here: `run.py backtest` with everything that trades, and a clock around its engine.

What is asked is the command itself, in this process. Two things differ from a call of it: the
account pays no fees, as the peers pay none, and somebody looks at a watch when the engine begins
and ends. The risk gate, stop orders at the venue, books and fills on the tape of each minute are
those of every backtest; limits are as wide as they may be set.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from attrs import evolve

from adapters.simulator.engine.accounts import FeeRates
from app.backtest import outcome
from app.backtest.plan import BacktestPlan
from app.command_line.cli import main as command
from benchmarks.backtest.market import BEGIN_NS
from benchmarks.backtest.rules import MINUTE_NS, Task, Trips, task_of, tell_of, trips_of
from domain.model.instants import Nanos, iso
from domain.model.money import ZERO

ROOT = Path(__file__).resolve().parents[2]
ENTRY = """\
channel:
  use: channel
  enabled: true
  enter: {rule.enter}
  leave_after: {rule.leave}
  volume: {rule.volume}
  max_trades_per_cycle: 20
  max_triggers_per_cycle: 100
"""
LIMITS = (
    "app.strategies.folder=benchmarks/backtest/strategies",
    "policy.pacing.spacing_seconds=1",
    "policy.pacing.product_spacing_seconds=1",
    "policy.pacing.trades_per_hour=60",
    "policy.pacing.trades_per_day=500",
    "policy.pacing.losses_in_a_row=20",
    "policy.pacing.loss_pause_minutes=5",
    "policy.cooldown.after_fill_seconds=10",
    "policy.caps.open_positions=50",
    "policy.exits.max_hold=720h",
    "policy.execution.entry_offset_bps=-15",
)
"""The widest limits, and entries that take what is offered."""
CAPITAL = "10000000"
FREE = FeeRates(maker=ZERO, taker=ZERO)


class Watch:
    """Stands around the engine: CPU seconds that it took."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._run = outcome.run

    def __call__(self, plan: BacktestPlan, *more: Any) -> outcome.BacktestOutcome:
        begun = time.process_time()
        found = self._run(evolve(plan, fees=FREE), *more)
        self.spent += time.process_time() - begun
        return found


def main(arguments: Sequence[str]) -> None:
    """Play what the command line asks for on the engine that its first word names."""
    engine, *rest = arguments
    task, watch = task_of(rest), Watch()
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch) / "results"
        play(task, engine, Path(scratch), watch)
        tell_of(task, trips(task, results), watch.spent, refused=refused(task, results))


def play(task: Task, engine: str, scratch: Path, run: Any) -> None:
    """Call the command with `run` in the place of its engine; its results are in `scratch`.

    Raises:
        SystemExit: the command has ended with another code than 0.
    """
    outcome.run = run  # the command finds it there by this name
    configuration, results = scratch / "config", scratch / "results"
    shutil.copytree(ROOT / "config", configuration)
    entry = ENTRY.format(rule=task.rule)
    (configuration / "strategies.yaml").write_text(entry, encoding="utf-8")
    told = command(_words(task, engine, configuration, results))
    if told:
        raise SystemExit(told)


def _words(task: Task, engine: str, configuration: Path, results: Path) -> list[str]:
    begin_ns = BEGIN_NS + task.begin * MINUTE_NS
    words = ["backtest", "--market", str(task.folder), "--engine", engine, "--capital", CAPITAL]
    words += ["--from", iso(Nanos(begin_ns)), "--to", iso(Nanos(begin_ns + task.rows * MINUTE_NS))]
    words += ["--results", str(results), "--config-dir", str(configuration)]
    return [*words, *(word for each in LIMITS for word in ("--set", each))]


def trips(task: Task, results: Path) -> Trips:
    """Return the closed lots; prices are those of our fills, two seconds after the close."""
    table = parquet.read_table(results / "trades.parquet")
    table = table.filter(table["is_closed"])
    columns = [_numbers(task, table), _minutes(table["opened_utc"]), _minutes(table["closed_utc"])]
    prices = (table[name].to_pylist() for name in ("entry_currency", "exit_currency"))
    return trips_of([*columns, *(np.array(each, np.float64) for each in prices)])


def refused(task: Task, results: Path) -> list[tuple[int, int, str]]:
    """Return entries that the gate refused: number of the product, minute, rule."""
    table = parquet.read_table(results / "refusals.parquet")
    table = table.filter(compute.equal(table["purpose"], "entry"))
    rules = table["rule"].to_pylist()
    minutes = _minutes(table["at_utc"]).tolist()
    return list(zip(_numbers(task, table).tolist(), minutes, rules, strict=True))


def _numbers(task: Task, table: Any) -> Any:
    numbers = {name: number for number, name in enumerate(task.products)}
    return np.array([numbers[each] for each in table["product"].to_pylist()], np.int64)


def _minutes(column: Any) -> Any:
    return column.cast("timestamp[ns]").cast("int64").to_numpy() // MINUTE_NS


if __name__ == "__main__":
    main(sys.argv[1:])
