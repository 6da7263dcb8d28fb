"""Lines on the terminal, or plain where it is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from app.status.lines import DIM, Line, fitted
from domain.model.wording import counted

PLAIN_WIDTH, NARROWEST, WIDEST = 80, 20, 100
"""Columns where there is no terminal, and the fewest and the most that are used of one."""

_ASCII = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2026": "~", "\u2500": "-"})
"""What stands for minus, "not known", "cut off" and a rule where there is nothing better."""


def show(lines: Iterable[Line]) -> None:
    """Print the lines as wide as the terminal, but no wider than is read easily."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    width = _width(console) if console.is_terminal else PLAIN_WIDTH
    for line in fitted(lines, width):
        console.print(_styled(line, console.encoding))


def watch(draw: Callable[[], Iterable[Line]], foot: Line, pause: Callable[[], bool]) -> None:
    """Show what `draw` returns, again after each `pause`, until that says that it is over.

    `foot` stands below. Ctrl-C, as a KeyboardInterrupt, leaves the terminal as it was.
    """
    console = Console(file=sys.stdout, highlight=False)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        goes_on = True
        while goes_on:
            live.update(whole(draw(), console, console.height, foot), refresh=True)
            goes_on = pause()


def whole(
    lines: Iterable[Line],
    console: Console,
    height: int,
    foot: Line | None = None,
    *,
    is_plain: bool = False,
) -> Text:
    """Return the lines as one text of at most `height`; what does not fit is counted."""
    width, encoding = _width(console), "ascii" if is_plain else console.encoding
    below = [] if foot is None else list(fitted([foot], width))
    shown, room = list(fitted(lines, width)), max(1, height - len(below))
    if len(shown) > room:
        hidden = len(shown) - room + 1
        more = Line(f"… {counted(hidden, 'more line')}: a higher window shows them", DIM)
        shown = [*shown[: room - 1], *list(fitted([more], width))[:1]]
    return Text("\n").join(_styled(line, encoding) for line in (*shown, *below))


def _width(console: Console) -> int:
    return max(NARROWEST, min(console.width, WIDEST))


def _styled(line: Line, encoding: str) -> Text:
    return Text(writable(line.text, encoding), line.style)


def writable(text: str, encoding: str) -> str:
    """Return `text` as an encoding can write it; a minus stays a minus."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text
