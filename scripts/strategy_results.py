"""What each shipped strategy earns on recorded markets: before fees, after them, beside holding.

    python -m scripts.strategy_results --data ../shared/data
    python -m scripts.strategy_results --data ../shared/data --only momentum
    python -m scripts.strategy_results --check

Plays each strategy alone on each window of WINDOWS: `run.py --env paper --speed max` with the
shipped configuration, the fees of a new account (60 bps maker, 120 bps taker) and an account of
10,000 USD. One JSON line a run goes into docs/strategy-results.jsonl, and docs/strategy-results.md
is printed from these lines. What is there is not run again unless `--again` is given.
`--check` runs nothing and ends with 1 if the page is not what the lines give.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from domain.model.instants import iso
from scripts.pages import ROOT
from scripts.paper_runs import gross, play, report, status
from scripts.strategy_results_page import write_or_check_page
from scripts.strategy_rows import LINES, SHIPPED, TAKER, WINDOWS, Row, Window, held_pct, keep, known


def played(window: Window, strategy: str, data: Path) -> Row:
    """Return what `strategy` alone makes of `window`.

    Raises:
        RuntimeError: the run did not end with 0; the text is its own.
    """
    table = window.cut(data)
    hold_pct = f"{held_pct(table, window.begin_ns):.2f}"
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        parquet.write_table(table, home / "candles.parquet")
        options = [f"--set=strategies.{each}.enabled=false" for each in SHIPPED if each != strategy]
        options += [f"--set=strategies.{strategy}.enabled=true", "--market", "candles.parquet"]
        options += ["--from", iso(window.begin_ns), "--duration", f"{window.minutes}m"]
        try:
            play(home, *options)
        except RuntimeError as error:
            if "needs rows from" not in str(error):
                raise
            said = "the recording begins too late for its look-back"
            return Row(window=window.name, strategy=strategy, hold_pct=hold_pct, lacks=said)
        return _read(window, strategy, hold_pct, status(home), report(home))


def _read(
    window: Window, strategy: str, hold_pct: str, last: Mapping[str, Any], made: Mapping[str, Any]
) -> Row:
    marks = {lot["lot"]: float(lot["mark"]) for lot in last["positions"]}
    net, opening = float(last["pnl_net"]), float(last["opening_equity"])
    return Row(
        window=window.name,
        strategy=strategy,
        hold_pct=hold_pct,
        sold=tuple(f"{float(trip['profit_pct']):.4f}" for trip in made["closed"]),
        unsold=tuple(f"{_open_pct(lot, marks[lot['lot']]):.4f}" for lot in made["open"]),
        gross=f"{gross(last):.4f}",
        fees=f"{float(last['fees']):.4f}",
        net=f"{net:.4f}",
        net_pct=f"{100 * net / opening:.4f}",
    )


def _open_pct(lot: Mapping[str, Any], mark: float) -> float:
    """Return the profit of selling a lot at `mark`, in percent of what was paid for it."""
    quantity = float(lot["quantity"])
    worth = quantity * mark * (1 - TAKER)
    return 100 * (worth - float(lot["cost"])) / (quantity * float(lot["entry_price"]))


def study(data: Path, only: Sequence[str], *, again: bool) -> None:
    """Play what is missing, and keep each row as soon as it is known."""
    lines = ROOT / LINES
    for window in WINDOWS:
        for strategy in only:
            rows = known(lines)
            if (window.name, strategy) in rows and not again:
                continue
            row = played(window, strategy, data)
            keep({**known(lines), (window.name, strategy): row}, lines)
            print(f"{window.name}, {strategy}: {row.net} USD after fees", flush=True)


def main(arguments: list[str]) -> int:
    """Play, and print the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = os.environ.get("BULKHEAD_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(beside), help="the recorded markets")
    parser.add_argument("--only", choices=SHIPPED, action="append", help="this strategy")
    parser.add_argument("--again", action="store_true", help="also what is known already")
    parser.add_argument("--check", action="store_true", help="compare the page, run nothing")
    asked = parser.parse_args(arguments)
    if not asked.check:
        study(asked.data, asked.only or SHIPPED, again=asked.again)
    return write_or_check_page(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
