"""Problems of a configuration, each with its place, collected before anything is refused."""

from __future__ import annotations

from attrs import frozen

from domain.model.bounds import Path
from domain.model.errors import TradingError


def dotted(path: Path) -> str:
    """Return `path` as operators write it, like `policy.caps.total_pct` or `universe.x[2]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


@frozen
class KeyPlace:
    """A line of a file, or an option of the command line (which has no lines)."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@frozen
class Problem:
    """One thing that the operator has to correct."""

    place: KeyPlace
    path: Path
    message: str
    hints: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: {dotted(self.path)}" if self.path else str(self.place)
        lines = [f"{where}: {self.message}", *(f"  hint: {hint}" for hint in self.hints)]
        return "\n".join(lines)


class ConfigError(TradingError):
    """The configuration was refused; nothing has started. Carries all problems."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
