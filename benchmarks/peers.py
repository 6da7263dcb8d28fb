"""Backtests beside nautilus_trader, backtesting.py and vectorbt: the same candles and rules.

One process a run. Round trips have to be the same in all of them; docs/peers.md says what is
measured and what it means.

Usage: python benchmarks/peers.py [--sizes LIST | --all] [--within S] [--envs DIR] [--write]
       [--smoke]

Environments of the peers: python -m benchmarks.backtest.environments
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from attrs import field, mutable

from benchmarks.backtest import market, reference
from benchmarks.backtest.contest import (
    Contestant,
    Failed,
    NotOver,
    Pace,
    Size,
    Took,
    play,
    task_for,
)
from benchmarks.backtest.environments import DEFAULT, HERE, python_of
from benchmarks.backtest.rules import RULES, Trips

OURS = "ours, columns"
CONTESTANTS = (
    Contestant(name=OURS, module="ours", engine="columns", executes_alike=False),
    Contestant(name="ours, events", module="ours", engine="events", executes_alike=False),
    Contestant(name="nautilus_trader", module="of_nautilus", peer="nautilus"),
    Contestant(name="backtesting.py", module="of_backtesting", peer="backtesting"),
    Contestant(name="vectorbt", module="of_vectorbt", peer="vectorbt", is_compiled=True),
)
SIZES = {
    size.name: size
    for size in (
        Size(name="20k", products=1, rows=20_000),
        Size(name="100k", products=1, rows=100_000),
        Size(name="500k", products=1, rows=500_000),
        Size(name="2M", products=1, rows=2_000_000),
        Size(name="10x100k", products=10, rows=100_000),
        Size(name="30x50k", products=30, rows=50_000),
        Size(name="30x525600", products=30, rows=525_600),
    )
}
USUAL = ("20k", "100k", "500k")
SMOKE = Size(name="smoke", products=2, rows=720)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "peers.md"
BEGINS, ENDS = "<!-- measured: begins -->\n", "<!-- measured: ends -->\n"
HEAD = (
    "| size | rule | who | trips | engine, bars/CPU s | time, of ours | process, CPU s |"
    " time, of ours | wall s | peak MB | round trips |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|\n"
)


@mutable
class Contest:
    """What has been measured, left out, and found different so far."""

    envs: Path
    within_s: float
    rows: list[str] = field(factory=list)
    left_out: list[str] = field(factory=list)
    wrong: list[str] = field(factory=list)
    pace: Pace = field(factory=Pace)

    def size(self, size: Size, present: list[Contestant]) -> None:
        """Let everybody play both rules on a market of this size."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "market"
            market.write(folder, size.products, size.rows)
            for rule in RULES:
                self._rule(folder, size, rule, present)

    def _rule(self, folder: Path, size: Size, rule: str, present: list[Contestant]) -> None:
        ours: Took | None = None
        for who in present:
            took = self._play(who, folder, size, rule)
            if took is None:
                continue
            if who.name == OURS:
                ours = took
            task = task_for(folder, rule, size, Path())
            expected = reference.trips(task, {(n, minute) for n, minute, _ in took.refused})
            same = verdict(who, took, expected)
            if same:
                self.wrong.append(f"{size.name} {rule}, {who.name}: {same}")
            row = line(size, rule, who, took, ours) + (f"{same} |" if same else _said(who, took))
            self.rows.append(row)
            print(row, flush=True)

    def _play(self, who: Contestant, folder: Path, size: Size, rule: str) -> Took | None:
        expected_s = self.pace.expected_s(who, rule, size.bars)
        what = f"{size.name} {rule}, {who.name}"
        if expected_s > self.within_s:
            self._leave(f"{what}: by its last run it would take {expected_s:,.0f} s")
            return None
        try:
            took = play(who, folder, rule, size, self.envs, self.within_s)
        except NotOver as error:
            self.pace.note(who, rule, self.within_s, size.bars)
            self._leave(f"{what}: {error}")
            return None
        except Failed as error:
            self.wrong.append(f"{what}: {error}")
            self._leave(f"{what}: it failed")
            return None
        self.pace.note(who, rule, took.wall_s, size.bars)
        return took

    def _leave(self, why: str) -> None:
        self.left_out.append(why)
        print(f"left out: {why}", flush=True)


def verdict(who: Contestant, took: Took, expected: Trips) -> str:
    """Return what is wrong with the trips of a run, "" if they are what they have to be.

    All have to buy and sell in the same minutes; those that trade as the reference does have to pay
    its prices too.
    """
    columns = slice(None) if who.executes_alike else slice(3)
    mine, theirs = took.trips[:, columns], expected[:, columns]
    if len(mine) != len(theirs):
        return f"{len(mine)} trips where {len(theirs)} are expected"
    differ = np.flatnonzero((mine != theirs).any(axis=1))
    if not len(differ):
        return ""
    row = int(differ[0])
    first = f"the first one is {mine[row].tolist()} and not {theirs[row].tolist()}"
    return f"{len(differ)} of {len(mine)} trips are others: {first}"


def _said(who: Contestant, took: Took) -> str:
    what = "times and prices" if who.executes_alike else "times"
    if not took.refused:
        return f"same {what} |"
    rules = ", ".join(sorted({rule for _, _, rule in took.refused}))
    return f"same {what}, but for {len(took.refused):,} refused entries ({rules}) |"


def line(size: Size, rule: str, who: Contestant, took: Took, ours: Took | None) -> str:
    """Return a row of the table up to what is said of the trips."""
    engine = process = ""
    if ours is not None:
        engine = f"{took.engine_s / ours.engine_s:.3g}x"
        process = f"{took.cpu_s / ours.cpu_s:.3g}x"
    cells = (
        *(size.name, rule, who.name, f"{len(took.trips):,}"),
        *(f"{size.bars / took.engine_s:,.0f}", engine),
        *(f"{took.cpu_s:.1f}", process, f"{took.wall_s:.1f}", f"{took.peak_mb:,.0f}"),
    )
    return f"| {' | '.join(cells)} | "


def present_in(envs: Path) -> tuple[list[Contestant], list[str]]:
    """Return who can play here, and why the others can't."""
    found, absent = [], []
    for who in CONTESTANTS:
        if who.peer is None or python_of(envs, who.peer).exists():
            found.append(who)
        else:
            make = f"python -m benchmarks.backtest.environments {who.peer}"
            absent.append(f"{who.name}: no environment in {envs.name}; make it with `{make}`")
    return found, absent


def versions() -> str:
    """Return the pinned versions of the peers."""
    names = {"nautilus": "nautilus_trader", "backtesting": "backtesting", "vectorbt": "vectorbt"}
    found = []
    for peer, package in names.items():
        pinned = (HERE / "requirements" / f"{peer}.txt").read_text(encoding="utf-8").splitlines()
        found += [each.replace("==", " ") for each in pinned if each.startswith(f"{package}==")]
    return ", ".join(found)


def text(contest: Contest, asked: list[Size]) -> Iterator[str]:
    """Yield what the page shows of a contest."""
    cores, python = os.cpu_count(), platform.python_version()
    names = ", ".join(size.name for size in asked)
    yield f"Sizes asked for: {names}. {cores} cores, Python {python}; {versions()}.\n\n"
    yield HEAD + "".join(f"{row}\n" for row in contest.rows)
    if contest.left_out:
        yield f"\nLeft out, with at most {contest.within_s:.0f} s for a run:\n\n"
        yield "".join(f"- {each}\n" for each in contest.left_out)


def write(page: Path, measured: str) -> None:
    """Put the measured part into the page, between its marks."""
    whole = page.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    page.write_text(f"{before}{BEGINS}{measured}{ENDS}{after}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Print a row a run; return 1 where somebody traded otherwise than the rule says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ",".join(SIZES)
    parser.add_argument("--sizes", default=",".join(USUAL), metavar="LIST", help=f"some of {known}")
    parser.add_argument("--all", action="store_true", help="every size, which takes hours")
    parser.add_argument("--within", type=float, default=90, metavar="S", help="most for a run")
    parser.add_argument("--envs", type=Path, default=DEFAULT, help="default: .venv-peers")
    parser.add_argument("--write", action="store_true", help="put the table into docs/peers.md")
    parser.add_argument("--smoke", action="store_true", help="smallest size")
    asked = parser.parse_args(arguments)
    names = list(SIZES) if asked.all else asked.sizes.split(",")
    if unknown := sorted(set(names) - set(SIZES)):
        parser.error(f"--sizes: expected some of {known}, was {', '.join(unknown)}")
    sizes = [SMOKE] if asked.smoke else [SIZES[name] for name in names]
    contest = Contest(asked.envs, asked.within)
    present, contest.left_out = present_in(asked.envs)
    print("".join(f"left out: {each}\n" for each in contest.left_out) + HEAD, end="", flush=True)
    for size in sizes:
        contest.size(size, present)
    if asked.write:
        write(PAGE, "".join(text(contest, sizes)))
    for each in contest.wrong:
        print(f"wrong: {each}", file=sys.stderr)
    return 1 if contest.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
