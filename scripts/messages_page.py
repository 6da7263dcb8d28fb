"""Write docs/messages.md, and its picture where other pages show it, from the runtime's own table.

`--check` writes nothing and ends with 1 when the committed page is not the one the table gives.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby, product
from pathlib import Path

from actors.kernel.routes import GROUP, Route
from actors.kernel.topology import (
    ACTORS,
    ALLOCATOR,
    AUDITOR,
    BOARD,
    EXITS,
    FEED,
    GUARDIAN,
    ORDER_MANAGER,
    RISK_GATE,
    ROUTES,
    STRATEGY,
    THE_VENUE,
)
from domain.messages import decisions, market, orders
from domain.messages.catalogue import CATALOGUE
from scripts.pages import ROOT, write_or_check

PAGE = Path("docs/messages.md")
INTRO = """# Messages

Made by `python -m scripts.messages_page` from `ROUTES` in `actors/kernel/topology.py`; do not edit.

What is published goes to everybody in *who hears*, in that order. `to one` may be sent by name,
`if asked` is an answer. In an inbox *control* overtakes everything, an *event* is never dropped,
and of *market* data only the newest is kept. *Journal*: the record is written (yes), and forced to
disk at once (now).
"""
PICTURED = (Path("README.md"), Path("docs/architecture.md"))
"""Pages that show the picture too, between two marks."""
MARKED = re.compile(
    r"(?<=<!-- printed by scripts.messages_page -->\n).*?(?=<!-- end -->)", re.DOTALL
)
LINE = (
    market.QuoteMoved,
    decisions.Decide,
    decisions.Proposed,
    decisions.RoundProposed,
    decisions.ExitProposed,
    decisions.OrderApproved,
    orders.IntentRaised,
    orders.Receipt,
)
"""From a quote to the licence to send."""
WAY = (FEED, STRATEGY + GROUP, ALLOCATOR, EXITS, RISK_GATE, ORDER_MANAGER, AUDITOR)


def names(patterns: tuple[str, ...]) -> str:
    """Return the names as the page shows them."""
    if patterns == (GROUP,):
        return "every actor"
    return ", ".join(patterns)


def hearers(row: Route) -> str:
    """Return who hears a kind, and by which way."""
    parts = [names(row.hears)] if row.hears else []
    parts += [f"to one: {names(row.one)}"] if row.one else []
    parts += [f"if asked: {names(row.asker)}"] if row.asker else []
    return "; ".join(parts)


def kept(kind: type, row: Route) -> str:
    """Return what the journal does with a kind."""
    if CATALOGUE.get(kind.__name__) is not kind:
        return ""
    return "now" if row.is_durable else "yes"


def meaning(kind: type) -> str:
    """Return the first sentence or line of a kind's docstring."""
    first = (kind.__doc__ or "").strip().splitlines()[0]
    return first.replace("|", "\\|")


def tables() -> Iterator[str]:
    """Yield the lines of one table a module of `domain/messages`."""
    for module, rows in groupby(sorted_rows(), key=lambda pair: pair[0].__module__):
        yield f"## {module.rpartition('.')[2].capitalize()}\n"
        yield "| kind | who says it | who hears it | lane | journal | what it says |"
        yield "|---|---|---|---|---|---|"
        for kind, row in rows:
            cells = (
                kind.__name__,
                names(row.says) or "nobody yet",
                hearers(row),
                row.lane.name.lower(),
                kept(kind, row),
                meaning(kind),
            )
            yield f"| {' | '.join(cells)} |"
        yield ""


def sorted_rows() -> list[tuple[type, Route]]:
    """Return the rows by module, as the table has them within one."""
    return sorted(ROUTES.items(), key=lambda pair: pair[0].__module__)


def picture() -> Iterator[str]:
    """Yield the picture of the way of an order: each arrow is a kind of message."""
    yield "```mermaid"
    yield "flowchart LR"
    for kind in LINE:
        row = ROUTES[kind]
        for sayer, hearer in product(row.says, row.hears or row.one):
            if hearer in WAY:
                yield f"    {node(sayer)} -- {kind.__name__} --> {node(hearer)}"
    yield "```"


def node(name: str) -> str:
    """Return a name as mermaid takes it."""
    return name.removesuffix(f".{GROUP}")


def render() -> str:
    """Return the whole page."""
    count = (
        f"{len(sorted_rows())} kinds between {len(ACTORS)} actors. The {THE_VENUE}, the {GUARDIAN} "
        f"and the breaker {BOARD} are none: they speak from outside.\n"
    )
    return "\n".join((INTRO, count, "## The way of an order\n", *picture(), "", *tables()))


def with_picture(page: str) -> str:
    """Return the text of a page with the picture as it is now between its marks."""
    return MARKED.sub(lambda _: "\n".join((*picture(), "")), page)


def printed() -> dict[Path, str]:
    """Return the text that each page should have."""
    shown = {page: (ROOT / page).read_text(encoding="utf-8") for page in PICTURED}
    return {PAGE: render(), **{page: with_picture(text) for page, text in shown.items()}}


def main(arguments: list[str]) -> int:
    """Write or check the pages and return the exit code."""
    codes = [
        write_or_check(page, text, "scripts.messages_page", arguments)
        for page, text in printed().items()
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
