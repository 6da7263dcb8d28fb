"""What a setting may be: checks that name what was expected, at the path of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import evolve, frozen

from domain.model.instants import HOUR, MILLISECOND, MINUTE, SECOND
from domain.model.money import plain
from domain.model.spelling import asset_meant

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands: file, section, key, index in a list."""
Check = Callable[[Any], None]
"""Returns if the value may be used.

Raises:
    Invalid: it may not.
"""

ASSET = re.compile(r"[A-Z0-9]{1,20}")
THEME = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
STRATEGY_ID = re.compile(r"[a-z][a-z0-9_-]{0,31}")
TIME_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[1-9][0-9]{0,4})?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@frozen
class Flaw:
    """Something wrong at `path`, which may be relative to the value that was looked at.

    `see` are other keys that take part, as absolute paths; the reader is told where they stand.
    """

    path: Path
    message: str
    hints: tuple[str, ...] = ()
    see: tuple[Path, ...] = ()

    def below(self, *parent: str | int) -> Flaw:
        """Return this flaw seen from further up."""
        return evolve(self, path=(*parent, *self.path))


class Invalid(ValueError):
    """A value that its declaration refuses, with every reason."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(flaw.message for flaw in flaws))
        self.flaws = flaws


def shown(value: object) -> str:
    """Return `value` as an error message quotes it: short, and as the operator wrote it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict | Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def duration_text(length_ns: int) -> str:
    """Return a duration in the largest unit that holds it whole, like "24h" or "90s"."""
    for unit, scale in (("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if length_ns % scale == 0 and (length_ns or unit == "s"):
            return f"{length_ns // scale}{unit}"
    return f"{plain(Decimal(length_ns) / MILLISECOND)}ms"


def between(low: Any, high: Any, show: Callable[[Any], str] = shown) -> Check:
    """Return a check for `low <= value <= high`; a bound of None is no bound; None passes."""

    def check(value: Any) -> None:
        if value is None:
            return
        if low is not None and value < low:
            raise Invalid(Flaw((), f"must be >= {show(low)}, was {show(value)}"))
        if high is not None and value > high:
            raise Invalid(Flaw((), f"must be <= {show(high)}, was {show(value)}"))

    return check


def spelled(
    pattern: re.Pattern[str], example: str, hint: Callable[[str], str] = lambda _: ""
) -> Check:
    """Return a check that a text has the form of `pattern`; None passes.

    `hint` says behind the flaw what a text may have meant.
    """

    def check(value: Any) -> None:
        if value is not None and not pattern.fullmatch(value):
            found = f"{shown(value)}{hint(str(value))}"
            raise Invalid(Flaw((), f"expected a text like {example}, was {found}"))

    return check


def entries(key: Check | None = None, value: Check | None = None) -> Check:
    """Return a check of each key and each value of a mapping, every flaw at its own path."""

    def check(mapping: Any) -> None:
        flaws = [flaw for name in mapping for flaw in _flaws(key, name, name)]
        flaws += [flaw for name in mapping for flaw in _flaws(value, mapping[name], name)]
        if flaws:
            raise Invalid(*flaws)

    return check


def members(item: Check) -> Check:
    """Return a check of each item of a list, which must also be named only once."""

    def check(items: Any) -> None:
        flaws = [flaw for index, one in enumerate(items) for flaw in _flaws(item, one, index)]
        flaws += _repeated(items)
        if flaws:
            raise Invalid(*flaws)

    return check


def _repeated(items: Iterable[str]) -> list[Flaw]:
    seen: set[str] = set()
    flaws = []
    for index, item in enumerate(items):
        if item in seen:
            flaws.append(Flaw((index,), f"{item} is listed twice"))
        seen.add(item)
    return flaws


def _flaws(check: Check | None, value: Any, name: str | int) -> list[Flaw]:
    try:
        if check is not None:
            check(value)
    except Invalid as error:
        return [flaw.below(name) for flaw in error.flaws]
    return []


AN_ASSET = spelled(ASSET, "BTC", asset_meant)
A_THEME = spelled(THEME, "LAYER1")
