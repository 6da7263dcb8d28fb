"""A status that stays on the screen: it fits, is drawn anew, and leaves the terminal as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from app.status import screen
from app.status.lines import Line
from tests.builders.status import DOCUMENT, shown, some_signs

FOOT = Line("Ctrl-C leaves this view")
HOME = "\x1b[?1049l"
"""What gives a terminal back what was on it before."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def whole(lines: list[str], columns: int, height: int) -> list[str]:
    console = Console(width=columns, file=io.StringIO())
    return screen.whole(map(Line, lines), console, height, FOOT).plain.splitlines()


@pytest.mark.parametrize("height", [1, 2, 5, 24, 200])
def test_it_fits_any_window_and_says_how_much_does_not(height: int) -> None:
    lines = shown(DOCUMENT, some_signs())

    text = whole(lines, 80, height)

    assert len(text) <= max(height, 2)
    assert max(map(len, text)) <= 80
    assert text[-1] == FOOT.text
    hidden = len(lines) - (len(text) - 2)
    assert (f"… {hidden} more lines: a higher window shows them" in text) is (
        len(lines) > max(1, height - 1)
    )


@pytest.mark.parametrize("ends_by_key", [True, False])
def test_it_is_drawn_anew_after_each_pause_and_gives_the_terminal_back(
    monkeypatch: pytest.MonkeyPatch, *, ends_by_key: bool
) -> None:
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    states, pauses = iter(["trading", "stopped at 21:40"]), iter([True, False])

    def draw() -> Iterator[Line]:
        yield Line(f"paper: {next(states)}")

    def pause() -> bool:
        goes_on = next(pauses)
        if ends_by_key and not goes_on:
            raise KeyboardInterrupt
        return goes_on

    try:
        screen.watch(draw, FOOT, pause)
    except KeyboardInterrupt:
        assert ends_by_key

    told = out.getvalue()
    assert told.index("paper: trading") < told.index("paper: stopped at 21:40")
    assert told.rindex("Ctrl-C leaves") < told.index(HOME)
