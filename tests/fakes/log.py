"""A log that keeps what it was told."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Clock
from adapters.telemetry.events import nothing


@frozen
class LogLine:
    """One line: `level` is the name of the method, `actor` whose log it was."""

    level: str
    actor: str
    text: str
    fields: dict[str, object]


class KeptLog:
    """The human log in memory. Logs of several actors may share their `lines`."""

    def __init__(self, actor: str = "", lines: list[LogLine] | None = None) -> None:
        self._actor = actor
        self.lines: list[LogLine] = [] if lines is None else lines

    @property
    def failures(self) -> list[str]:
        """Return the causes of the deaths that it was told of."""
        return [line.text for line in self.of("failure")]

    def of(self, *levels: str) -> list[LogLine]:
        """Return the lines of these levels."""
        return [line for line in self.lines if line.level in levels]

    def attend(self, clock: Clock, handling: Callable[[], Envelope | None] = nothing) -> None:
        del clock, handling

    def debug(self, message: str, /, **fields: object) -> None:
        self._keep("debug", message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        self._keep("info", message, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        self._keep("warning", message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        self._keep("error", message, fields)

    def critical(self, message: str, /, **fields: object) -> None:
        self._keep("critical", message, fields)

    def failure(self, cause: str, error: BaseException) -> None:
        self._keep("failure", cause, {"error": error})

    def _keep(self, level: str, text: str, fields: dict[str, object]) -> None:
        self.lines.append(LogLine(level, self._actor, text, fields))
