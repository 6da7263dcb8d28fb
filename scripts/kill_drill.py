"""Measure a kill in every situation that can be made, and print docs/kill-drill.md.

    python -m scripts.kill_drill                     all, about two minutes each
    python -m scripts.kill_drill --case idle         only this; the page keeps what it knows
    python -m scripts.kill_drill --print             the page again, from docs/kill-drill.jsonl

Real processes at the speed of life; how it is done is written in `tests/builders/kill_drill.py`.
Exit code 1 if something took longer than the contract allows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import asdict

from actors.kernel.topology import START_ORDER, STRATEGY
from domain.model.money import install_context
from scripts.pages import ROOT
from tests.builders.kill_drill import (
    ALERTED_S,
    CONFIRMED_S,
    DETECTED_S,
    IDLE,
    LATE_S,
    LIQUIDATING,
    ORDERS,
    STOPPED,
    Drill,
    drill,
)

PAGE, ROWS = ROOT / "docs" / "kill-drill.md", ROOT / "docs" / "kill-drill.jsonl"
ACTORS = tuple("strategy.breakout" if name == STRATEGY else name for name in START_ORDER)
CASES = (IDLE, LIQUIDATING, STOPPED, *ACTORS)
INTRO = """# A kill

Made by `python -m scripts.kill_drill` from docs/kill-drill.jsonl; do not edit.

Real processes at the speed of life. At least {orders} entries rest; from then on the venue carries
out each cancel 5 s late, and forgets three of ten. Then `KILL_SWITCH` is written. Seconds are
counted from the file's own time.

- *seen*: the journal's record of it, or the sentinel's alert, whichever comes first;
- *told*: the CRITICAL alert is in `alerts.jsonl`;
- *cancelled*: by the venue's own books no entry rests any more;
- *last order*: the venue's time at which it took the last order, below zero before the file.

Contract: seen within {detected:g} s, told within {alerted:g} s, cancelled within {confirmed:g} s,
no order more than {late:g} s after the file. Where an actor dies, the file is written as it does.

| when the file is written | entries | seen | told | cancelled | last order | delayed | forgotten |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


def known() -> dict[str, dict[str, Any]]:
    """Return what was measured so far, by case."""
    if not ROWS.exists():
        return {}
    rows = map(json.loads, ROWS.read_text(encoding="utf-8").splitlines())
    return {str(each["case"]): each for each in rows}


def page(rows: dict[str, dict[str, Any]]) -> str:
    """Return the page; a case that was not measured has no row."""
    intro = INTRO.format(
        orders=ORDERS, detected=DETECTED_S, alerted=ALERTED_S, confirmed=CONFIRMED_S, late=LATE_S
    )
    lines = []
    for case in CASES:
        if case in rows:
            row = Drill(**rows[case])
            name = f"`{case}` dies" if case in ACTORS else case
            seconds = (row.detected_s, row.alerted_s, row.confirmed_s, row.last_order_s)
            cells = [str(row.resting), *(f"{each:.1f}" for each in seconds)]
            lines.append(f"| {' | '.join([name, *cells, str(row.delayed), str(row.lost)])} |")
    return intro + "\n".join(lines) + "\n"


def attempt(case: str) -> Drill | str:
    """Return what came of a drill in a folder of its own, or why nothing did."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            return drill(Path(folder), case)
        except AssertionError as error:
            return f"{error.__class__.__name__}: {str(error)[-300:]}"


def main() -> int:
    """Drill, keep the rows, print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", action="append", choices=CASES, help="only this one")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time")
    parser.add_argument("--print", action="store_true", help="measure nothing")
    options = parser.parse_args()
    install_context()
    rows, problems = known(), list[str]()
    cases = () if options.print else tuple(options.case or CASES)
    with ThreadPoolExecutor(options.workers) as pool:
        for case, done in zip(cases, pool.map(attempt, cases), strict=True):
            print(f"{case}: {done}", file=sys.stderr, flush=True)
            if isinstance(done, str):
                problems.append(f"{case}: {done}")
                continue
            problems += done.problems
            rows[case] = asdict(done)
            kept = [json.dumps(rows[each]) for each in CASES if each in rows]
            ROWS.write_text("\n".join(kept) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")
    for each in problems:
        print(each)
    print(f"{len(rows)} of {len(CASES)} cases known, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
