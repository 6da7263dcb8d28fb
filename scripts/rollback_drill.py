"""Drill the way back from real money, and print docs/rollback.md with what each step took.

    python -m scripts.rollback_drill           about three minutes
    python -m scripts.rollback_drill --print   the page again, from docs/rollback.jsonl

Real processes at the speed of life, at a venue that plays Coinbase on this machine; how it is done
is written in `tests/builders/rollback_drill.py`. Exit code 1 if a step did not do what it promises.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from attrs import asdict

from domain.model.money import install_context
from scripts.pages import ROOT
from tests.builders.rollback_drill import STEPS, RolledBack, drill

PAGE, ROWS = ROOT / "docs" / "rollback.md", ROOT / "docs" / "rollback.jsonl"
INTRO = """# The way back from real money

Made by `python -m scripts.rollback_drill` from docs/rollback.jsonl; do not edit.

Five steps, each by itself, in this order if all of it has to be undone. They were drilled at a
venue process that plays Coinbase, with a lot owned, its stop order resting there and the trader
running; `tests/e2e/test_rollback.py` does the same.

| step | seconds | what was seen |
|---|---:|---|
"""
REST = """
## 1. Halt

```
touch data/KILL_SWITCH
python run.py kill --reason "what is wrong"
```

Either one. Nothing is sent any more, resting entries are cancelled and read back from the venue,
and the trader ends with exit code 3. Stop orders of lots stay at the venue and work there; with
`kill --all` they go too. The halt stays over restarts until `resume`.

## 2. Sell

```
python run.py liquidate --dry-run
python liquidate_to_usdc.py --emergency
```

Sells every lot at the market, also after the kill, with or without a trader that runs, and never
more than is owned: given twice, it sells once. What the sales brought in USD becomes USDC where the
venue offers that; what stays USD, and what is too small to be sold, is said. The key has to be in
the environment, as for a start.

## 3. Back to paper

```
python run.py resume --env live --reason "sold, looked at"
python run.py --env paper
```

While live trading owns something, or an order of it has no known end, paper is refused with exit
code 4: nobody would watch it. `--leave-live-positions` starts it all the same; what then protects
the lots is nothing but their stop orders at the venue. To make sure that nobody starts live again,
set `mode: paper` in `config/app.yaml`.

## 4. The former configuration

```
python run.py config history
python run.py config diff 2f8a51c09e77b1d4
python run.py config restore 2f8a51c09e77b1d4
```

Every configuration that something was started with is kept, by hash; what a restore replaces is
put aside. Where `config/` is under version control, `git checkout HEAD~1 config/` does as well:
files are read at the start, and nothing changes them while a trader runs.

## 5. One file of what happened

```
python run.py incident -o incident.tar.zst
python run.py incident --verify incident.tar.zst
```

Journal, logs, alerts, configurations and status, without key material, each with its SHA-256.
`python run.py replay incident.tar.zst` plays its last run again, on any machine.
"""


def page(rows: Iterable[RolledBack]) -> str:
    """Return the page."""
    lines = (f"| {each.step} | {each.seconds:.1f} | {each.seen} |\n" for each in rows)
    return INTRO + "".join(lines) + REST


def known() -> list[RolledBack]:
    """Return what was measured last."""
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    return [RolledBack(**json.loads(each)) for each in lines]


def main() -> int:
    """Drill, keep the rows, print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="measure nothing")
    options = parser.parse_args()
    install_context()
    if not options.print:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                rows = drill(Path(folder))
            except AssertionError as error:
                print(f"a step failed: {str(error)[-2000:]}", file=sys.stderr)
                return 1
        ROWS.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in rows), "utf-8")
    PAGE.write_text(page(known()), encoding="utf-8")
    print(f"{len(known())} of {len(STEPS)} steps on {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
