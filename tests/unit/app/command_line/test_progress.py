"""The progress bar: seen by who watches, by nobody else."""

from __future__ import annotations

import io
import sys

import pytest

from app.command_line.progress import progress_bar


class Terminal(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        """Tell that somebody watches."""
        return True


def test_who_watches_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with progress_bar("reading", 10) as moved:
        moved(5)

    assert "reading" in terminal.getvalue()


def test_nothing_is_written_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("reading", 10) as moved:
        moved(5)

    told = capsys.readouterr()
    assert told.out + told.err == ""
