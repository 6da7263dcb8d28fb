"""Write docs/order-lifecycle.md: the life of an order, printed from the table that the code uses.

`--check` writes nothing and ends with 1 when the committed page is not the one the table gives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.model.orders import TERMINAL, OrderState
from domain.orders.lifecycle import IMPOSSIBLE, TABLE, Event
from scripts.pages import write_or_check

PAGE = Path("docs/order-lifecycle.md")
INTRO = """# The life of an order

Made by `python -m scripts.lifecycle_page` from `domain/orders/lifecycle.py`; do not edit.

An order is written into the journal (INTENDED) before it may leave. Whether it exists at the
venue is known from its answer, its stream or its listings; where these are silent it is UNKNOWN,
and only asking can resolve that. The venue may show an end before the fills that led to it: an
order ends for us when the fills we have booked add up to what the venue shows as filled.
"""
PICTURE = """## Picture

Arrows that lead back to their own state are left out; they stand in the table.
"""
MEANING = """## Table

Rows are what happens, columns the state it happens in, cells the state after. `·` changes
nothing. `–` cannot happen: it would be a bug of ours, and halts trading. Reasons are below.
"""


def picture() -> Iterator[str]:
    """Yield the lines of the diagram: one arrow per pair of states, named by its events."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {OrderState.INTENDED}"
    for state in OrderState:
        arrows: dict[OrderState, list[str]] = {}
        for event in Event:
            after = TABLE[state].get(event)
            if after is not None and after is not state:
                arrows.setdefault(after, []).append(event.value)
        for after in OrderState:
            if after in arrows:
                yield f"    {state} --> {after}: {', '.join(arrows[after])}"
    for state in OrderState:
        if state in TERMINAL:
            yield f"    {state} --> [*]"
    yield "```"


def cell(state: OrderState, event: Event) -> str:
    """Return what the table shows where `event` meets `state`."""
    after = TABLE[state].get(event)
    if after is None:
        return "–"
    return "·" if after is state else after.value


def table() -> Iterator[str]:
    """Yield the lines of the table, living states first."""
    states = sorted(OrderState, key=lambda state: state in TERMINAL)
    yield f"| | {' | '.join(states)} |"
    yield f"|---|{'---|' * len(states)}"
    for event in Event:
        yield f"| {event.value} | {' | '.join(cell(state, event) for state in states)} |"


def reasons() -> Iterator[str]:
    """Yield one line per reason for which something cannot happen."""
    cells: dict[str, list[str]] = {}
    for state in OrderState:
        for event in Event:
            reason = IMPOSSIBLE.get((state, event))
            if reason is not None:
                cells.setdefault(reason, []).append(f"{event.value} in {state}")
    for reason, places in cells.items():
        yield f"- {reason}: {', '.join(places)}"


def render() -> str:
    """Return the whole page."""
    parts = (
        INTRO,
        PICTURE,
        "\n".join(picture()) + "\n",
        MEANING,
        "\n".join(table()) + "\n",
        "## What cannot happen\n",
        "\n".join(reasons()) + "\n",
    )
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write or check the page and return the exit code."""
    return write_or_check(PAGE, render(), "scripts.lifecycle_page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
