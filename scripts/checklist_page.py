"""Write docs/LIVE_DEPLOYMENT_CHECKLIST.md, printed from the table that `checklist` goes through.

`--check` writes nothing and ends with 1 when the committed page is not the one the table gives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.system.live_checklist import LivePhase, items_of
from scripts.pages import write_or_check

PAGE = Path("docs/LIVE_DEPLOYMENT_CHECKLIST.md")
INTRO = """# The way to real money

Made by `python -m scripts.checklist_page` from `domain/system/live_checklist.py`; do not edit.

Seven phases, one after the other. Nobody ticks anything off here: the command answers each item by
what this installation shows, and names for each open one the command that would meet it.

```
python run.py checklist
python run.py checklist --phase 4
```

It changes nothing, sends nothing but questions, and ends with 0 where all is met, else with 1.
Begin with `venue-check`, which touches Coinbase harmlessly. What `--env live` itself demands, and
what keeps this version from real money, is in [live.md](live.md); the way back, step by step, in
[rollback.md](rollback.md).
"""
TABLE = """
| item | what has to be true | the command for it |
|---|---|---|
"""


def sections() -> Iterator[str]:
    """Yield each phase with its items."""
    for phase in LivePhase:
        rows = (f"| {each.name} | {each.claim} | `{each.command}` |\n" for each in items_of(phase))
        yield f"\n## {phase.value}. {phase.title}\n{TABLE}{''.join(rows)}"


def render() -> str:
    """Return the page."""
    return INTRO + "".join(sections())


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, render(), "scripts.checklist_page", sys.argv[1:]))
