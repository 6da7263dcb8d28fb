"""The way into the log: a line that can't be written costs nobody but itself."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from domain.model.secrets import redacted
from domain.model.wording import counted


class LogOutlet:
    """Hands lines to the log; one that can't be written costs nobody but itself.

    The journal is the record, so a full disk of the log is told once an outage and ends nothing.
    """

    def __init__(self) -> None:
        self.lost = 0
        """Lines of this outage that are not in the files."""

    def log(self, target: Any, level: str, message: str) -> None:
        """Write one line through a logger of loguru."""
        try:
            # The text is an argument, never the template: braces in it mean nothing.
            target.log(level, "{}", message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the log may not stop trading
            self.lost += 1
            if self.lost == 1:
                tell(f"the log can't be written ({error}): make room; trading goes on")
        else:
            if self.lost:
                tell(f"the log is written again; missing: {counted(self.lost, 'line')}")
                self.lost = 0


def tell(sentence: str) -> None:
    """Say something on standard error that no log can hold."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{redacted(sentence)}\n")


OUTLET = LogOutlet()
