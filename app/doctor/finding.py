"""What one look has found, and how a look that fails itself is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from attrs import frozen

from app.command_line.environment import in_words
from domain.model.errors import TradingError


class Health(StrEnum):
    """Whether a start would go well: `FAIL` stops it, or stops its entries."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@frozen
class Symptom:
    """One line: what was looked at, what was found, and what a person does about it; `mend` is ""
    where nothing is wrong, or where `found` says it already.
    """

    name: str
    health: Health
    found: str
    mend: str = ""


Look = Callable[[], Iterable[Symptom]]


def ok(name: str, found: str) -> Symptom:
    """Return that nothing is wrong."""
    return Symptom(name, Health.OK, found)


def warn(name: str, found: str, mend: str) -> Symptom:
    """Return something that stops nothing, and that an owner should know."""
    return Symptom(name, Health.WARN, found, mend)


def fail(name: str, found: str, mend: str) -> Symptom:
    """Return something that stops a start, or its entries."""
    return Symptom(name, Health.FAIL, found, mend)


def looked(looks: Iterable[tuple[str, Look]]) -> Iterator[Symptom]:
    """Yield what each look finds; one that breaks off is a finding, and stops no other."""
    for name, look in looks:
        try:
            yield from look()
        except TradingError as error:
            yield fail(name, str(error).splitlines()[0], "")
        except OSError as error:
            yield fail(name, in_words(error), "")
