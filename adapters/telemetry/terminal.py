"""The terminal: one short line an event, coloured where a person watches, wrapped to its width."""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

from loguru import logger
from rich.console import Console
from rich.text import Text

from adapters.telemetry.log_outlet import OUTLET
from domain.model.instants import SECOND, iso

_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red", "DEBUG": "dim"}
_WORDS = ("bought", "sold")
_PLAIN = str.maketrans({"\u2212": "-", "–": "-", "·": ";", "…": "...", "→": "->"})
_FIRM = "\u00a0"
_WHOLE = re.compile(r"python run\.py [^;]*|\d (?=(?:s|h|min|d|%|[A-Z]{3,4})\b|%)")
"""What no line breaks: a command to type, a number and its unit."""
APART_NS = 2 * SECOND
"""Market time further than this from the clock on the wall is not now."""
ONLY_FILES = "only_files"
"""Marks a record that the terminal has shown in another form."""


class Terminal:
    """Where people read along. `market` tells market time once there is a venue."""

    def __init__(
        self, stream: TextIO | None, *, is_plain: bool = False, is_quiet: bool = False
    ) -> None:
        """`is_plain`: no colour and no symbols; `is_quiet`: WARNING and above only."""
        is_plain = is_plain or not _speaks_unicode(stream)
        self.is_plain, self._is_quiet = is_plain, is_quiet
        self.console = Console(
            file=stream or sys.stderr,
            no_color=True if is_plain else None,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            quiet=stream is None,
        )
        self.market: Callable[[], int] | None = None

    def level(self, configured: str) -> str:
        """Return the lowest level that is shown: WARNING and above always is."""
        is_less = self._is_quiet or configured in ("ERROR", "CRITICAL")
        return "WARNING" if is_less else configured

    def sink(self, message: Any) -> None:
        """Show one record of the log."""
        record = message.record
        level = record["level"].name
        text = record["extra"].get("line", record["message"])
        if level not in ("INFO", "DEBUG"):
            text = f"{level} {text}"
        self._print(f"{self._stamp(record['time'])} {text}", self._style(level, text))

    def show(self, lines: Iterable[str]) -> None:
        """Show a block of lines as it is, and keep it in the files of the log."""
        for line in lines:
            OUTLET.log(logger.bind(actor="guardian", **{ONLY_FILES: True}), "INFO", line)
            if not self._is_quiet:
                self._print(line, None)

    def _print(self, text: str, style: str | None) -> None:
        if self.is_plain:
            text = text.translate(_PLAIN)
        if self.console.is_terminal:
            text = _wrapped(text, self.console.width)
        # Whoever closes the terminal ends no run by that: files, alerts and status go on.
        with contextlib.suppress(OSError, ValueError):
            self.console.print(Text(text, style=style or ""))

    def _style(self, level: str, text: str) -> str | None:
        if self.is_plain:
            return None
        return "green" if level == "INFO" and text.startswith(_WORDS) else _STYLES.get(level)

    def _stamp(self, wall: datetime) -> str:
        """Return the time of day UTC; day and time of the market where that is not now."""
        now = wall.astimezone(UTC)
        market_ns = None if self.market is None else self.market()
        if market_ns is None or abs(market_ns - int(now.timestamp() * SECOND)) <= APART_NS:
            return now.strftime("%H:%M:%S")
        return iso(market_ns)[5:19].replace("T", " ")


def _wrapped(text: str, width: int) -> str:
    """Return `text` in lines of at most `width`, the later ones indented, with commands whole."""
    if len(text) <= width:
        return text
    kept = _WHOLE.sub(lambda found: found.group().replace(" ", _FIRM), text)
    lines = textwrap.wrap(
        kept, width, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace(_FIRM, " ")


def _speaks_unicode(stream: TextIO | None) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
