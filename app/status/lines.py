"""Lines of a screen: text with a style, and columns that are as wide as what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen
from rich.cells import cell_len

from app.status.words import short, wrapped
from domain.system.address import Address

BOLD, GOOD, WARN, BAD, DIM = "bold", "green", "yellow", "bold red", "dim"
GAP = "  "
CELL_MAX = 26
"""Columns of one cell of a table: four of them fit beside each other."""


@frozen
class Line:
    """One line; `style` is shown on a terminal only, `indent` is that of what is continued.

    `is_command`: it is there to be typed, also where it takes more than one line.
    """

    text: str
    style: str = ""
    indent: int = 4
    is_command: bool = False


def title(text: str) -> tuple[Line, Line]:
    """Return the head of a section, with an empty line before it."""
    return Line(""), Line(text, BOLD)


def columns(rows: Iterable[Sequence[str]], numbers: frozenset[int]) -> Iterator[Line]:
    """Yield rows with their cells below each other; those in `numbers` are right-aligned."""
    cut = [[short(cell, CELL_MAX) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cut, strict=True)]
    for row in cut:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fill = " " * (width - cell_len(cell))
            cells.append(fill + cell if place in numbers else cell + fill)
        yield Line((GAP + GAP.join(cells)).rstrip())


def addressed(lines: Iterable[Line], address: Address) -> Iterator[Line]:
    """Yield the lines with every command in them made one of the instance at `address`."""
    for line in lines:
        yield evolve(line, text=address.put(line.text))


def fitted(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Yield the lines in at most `width` columns each."""
    for line in lines:
        margin = len(line.text) - len(line.text.lstrip(" "))
        longest = max(map(cell_len, line.text.split()), default=0)
        # A shell reads on after a backslash, so that a command can be copied with its breaks.
        joint = " \\" if line.is_command and longest + margin + line.indent + 2 <= width else ""
        texts = list(wrapped(line.text, width - len(joint), margin + line.indent))
        for text in texts[:-1]:
            yield Line(text + joint, line.style)
        yield Line(texts[-1], line.style)
