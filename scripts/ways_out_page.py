"""Write docs/ways-out.md: every halt and block with its way out, printed from the code's table.

`--check` writes nothing and ends with 1 when the committed page is not the one the table gives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.system.ways_out import MAILBOX, WAYS_OUT, way_out
from scripts.pages import write_or_check

PAGE = Path("docs/ways-out.md")
INTRO = """# Ways out

Made by `python -m scripts.ways_out_page` from `domain/system/ways_out.py`; do not edit.

Every breaker that can be open, what closes it without anybody, and what a person does. A breaker
with nothing in the second column is latched (it outlives the process, and only `resume` opens it),
or stays until the next start. One that opens more than five times an hour is latched too and needs
both. Exits run under all of them but `kill`. `python run.py status` lists what is open, with its
reason and since when.

| breaker | closes by itself when | a person | command |
|---|---|---|---|
"""


def rows() -> Iterator[str]:
    """Yield a line for each breaker, by name; the dead actors come last."""
    for name in sorted(WAYS_OUT):
        shown = f"{name}*" if name == MAILBOX else name
        yield _row(shown, name)
    yield _row("any actor's name", "")


def _row(shown: str, name: str) -> str:
    way = way_out(name)
    return f"| `{shown}` | {way.by_itself or '–'} | {way.person} | `{way.command}` |"


def render() -> str:
    """Return the page."""
    return INTRO + "\n".join(rows()) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, render(), "scripts.ways_out_page", sys.argv[1:]))
