"""Lines on the terminal, or plain where it is none."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from app.status.lines import Line, fitted

PLAIN_WIDTH, NARROWEST, WIDEST = 80, 20, 100
"""Columns where there is no terminal, and the fewest and the most that are used of one."""

_ASCII = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2026": "~"})
"""What stands for minus, "not known" and "cut off" where there is nothing better."""


def show(lines: Iterable[Line]) -> None:
    """Print the lines as wide as the terminal, but no wider than is read easily."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    width = max(NARROWEST, min(console.width, WIDEST)) if console.is_terminal else PLAIN_WIDTH
    for line in fitted(lines, width):
        console.print(Text(writable(line.text, console.encoding), line.style))


def writable(text: str, encoding: str) -> str:
    """Return `text` as an encoding can write it; a minus stays a minus."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text
