"""Write docs/crash-matrix.md: the process vanishes at every edge of a session, also in recovery.

    python -m scripts.crash_matrix                   every edge (an hour on two cores)
    python -m scripts.crash_matrix --every 4 --page  every fourth, and writes the page
    python -m scripts.crash_matrix --every 9         every ninth, and writes nothing

Each edge is a run of its own in virtual time that is cut there and started again; where the row
says "twice", that start vanishes too, and a third one ends the session. What has to hold afterwards
is written in `tests/builders/cuts.py`. Exit code 1 if it did not hold somewhere.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from attrs import frozen
from rich.progress import track

from domain.model.money import install_context
from scripts.pages import ROOT
from tests.builders.cuts import LIQUIDATION, SESSIONS, TRADING, Edge, cut_session, edges_of

PAGE = Path("docs/crash-matrix.md")
TWICE = (0, 3, 9, 17, 31, 47)
"""Edges of a recovery at which it vanishes again, one for each edge in turn."""
INTRO = """# The process vanishes

Made by `python -m scripts.crash_matrix`; do not edit.

Two sessions are cut at {which}. An edge is around each write to the journal, and
around each request that changes something at the venue. The first trades for {trading:g} s of
market time: entries that fill whole, in parts, follow a market that leaves them, or are cancelled
at their time to live; stop orders at the venue, some raised after the market; sales at target, stop
and longest hold; an orderly end. The second orders `liquidate --emergency` after {liquidates:g} s,
with two lots whose stop orders rest at the venue.

"Half written" leaves half a line, "power lost" takes everything that was not synced yet. Then the
trader is started again on the same folder and the same venue. "Twice": that start vanishes as well,
at one of its own edges ({twice}), and is started once more.

A cut holds if at the end the venue has exactly one order for each intent and no other, our books
have its fills and balances to the last digit, the journal verifies, and nothing is blocked; after
the liquidation nothing is owned and its halt is on.

**{points} cuts, {failed} did not hold.**

| what was being done | how far it was | cuts | did not hold |
|---|---|---:|---:|
"""


Job = tuple[int, int | None, int]
"""The edge at which a session is cut, that of its recovery or None, and which session it is."""


@frozen
class Result:
    """One cut: where, and what did not hold."""

    edge: Edge
    is_twice: bool
    problems: tuple[str, ...]


def cut(job: Job) -> Result:
    """Do one cut in a folder of its own."""
    install_context()
    with tempfile.TemporaryDirectory() as folder:
        number, second, session = job
        places, problems = cut_session(Path(folder), number, second, SESSIONS[session])
    return Result(places[0], len(places) > 1, tuple(problems))


def page(results: Iterable[Result], every: int) -> str:
    """Return the page; `every` is how many edges there are for one that was cut."""
    rows: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for each in results:
        where = f"{each.edge.where}, twice" if each.is_twice else each.edge.where
        rows[each.edge.what, where] += 1
        failed[each.edge.what, where] += bool(each.problems)
    intro = INTRO.format(
        which="every edge" if every == 1 else f"one edge in {every}",
        trading=TRADING.seconds,
        liquidates=LIQUIDATION.liquidates_s,
        twice=", ".join(map(str, TWICE[:-1])) + f" or {TWICE[-1]}",
        points=rows.total(),
        failed=failed.total(),
    )
    lines = [
        f"| {what} | {where} | {count} | {failed[what, where]} |"
        for (what, where), count in sorted(rows.items())
    ]
    return intro + "\n".join(lines) + "\n"


def main() -> int:
    """Cut, print what did not hold, write the page if every edge was cut."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th edge")
    parser.add_argument("--page", action="store_true", help="write the page of a part, too")
    options = parser.parse_args()
    install_context()
    jobs: list[Job] = []
    for place, session in enumerate(SESSIONS):
        with tempfile.TemporaryDirectory() as folder:
            count = len(edges_of(Path(folder), session))
        chosen = range(0, count, options.every)
        jobs += [(number, None, place) for number in chosen]
        jobs += [(number, TWICE[number % len(TWICE)], place) for number in chosen[::3]]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        done = track(pool.map(cut, jobs), "cuts", total=len(jobs), transient=True)
        results = list(done)
    for each in results:
        if each.problems:
            print(f"{each.edge.what}, {each.edge.where}: {'; '.join(each.problems)}")
    failed = sum(bool(each.problems) for each in results)
    print(f"{len(results)} cuts, {failed} did not hold")
    if options.every == 1 or options.page:
        (ROOT / PAGE).write_text(page(results, options.every), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
