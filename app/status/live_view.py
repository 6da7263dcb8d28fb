"""What the trader is worth and owns, kept below what it says: --watch while trading."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rich.live import Live
from rich.text import Text

from adapters.control.status import read_status
from adapters.telemetry.terminal import Terminal
from app.status.brief import brief
from app.status.members import Members
from app.status.screen import whole
from app.status.signs import taken_at_ns

READY, STOPPED = "READY", "STOPPED"
"""How the lines for programs begin between which there is a view."""


class LiveView:
    """The view of one run, refreshed each second; it ends before the run says its last words."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        """`folder` is that of the mode, whose status is shown."""
        self._terminal, self._folder = terminal, folder
        self._live = Live(
            console=terminal.console,
            get_renderable=self.draw,
            refresh_per_second=1,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def around(self, say: Callable[[str], None]) -> Callable[[str], None]:
        """Return `say` with the view between READY and STOPPED; without a terminal, `say`."""
        if not self._terminal.console.is_terminal:
            self._terminal.show(["--watch: standard error is no terminal, so there are lines only"])
            return say

        def said(line: str) -> None:
            if line.startswith(STOPPED):
                self.end()
            say(line)
            if line.startswith(READY):
                self._live.start()

        return said

    def end(self) -> None:
        """Take the view away, if there is one."""
        self._live.stop()

    def draw(self) -> Text:
        """Return the view as it is now; at most half of the window, for lines are there too."""
        console, document = self._terminal.console, Members(read_status(self._folder))
        taken = taken_at_ns(self._folder, document)
        age_ns = 0 if taken is None else max(0, time.time_ns() - taken)
        height = max(1, console.height // 2)
        return whole(brief(document, age_ns), console, height, is_plain=self._terminal.is_plain)
