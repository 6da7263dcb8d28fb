"""How one key is declared: default, unit, range, the tighter direction, and what checks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

import attrs

from config.errors import Flaw, Invalid
from domain.model.instants import HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.money import plain

Tighter = Literal["lower", "higher", "none"]
"""Which way a value is stricter; a change in that way needs no new certificate."""

Check = Callable[[Any], None]

ASSET = re.compile(r"[A-Z0-9]{1,20}")
THEME = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
STRATEGY_ID = re.compile(r"[a-z][a-z0-9_-]{0,31}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def spelled(pattern: re.Pattern[str], example: str) -> Check:
    """Return a check that a text has the form of `pattern`; None passes."""

    def check(value: Any) -> None:
        if value is not None and not pattern.fullmatch(value):
            raise Invalid(Flaw((), f"expected a text like {example}, was {shown(value)}"))

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


def key(
    default: Any,
    doc: str,
    *,
    unit: str = "",
    limits: str = "",
    check: Check | None = None,
    tighter: Tighter = "none",
    mandatory: bool = False,
) -> Any:
    """Declare one key; `mandatory` keys must stand in the file, whatever their default.

    `doc`, `unit` and `limits` (the range in words) become docs/config.md.
    """

    def validate(_instance: object, _attribute: object, value: Any) -> None:
        if check is not None:
            check(value)

    metadata = {
        "doc": doc,
        "unit": unit,
        "limits": limits,
        "tighter": tighter,
        "mandatory": mandatory,
    }
    if callable(default):
        return attrs.field(factory=default, validator=validate, metadata=metadata)
    return attrs.field(default=default, validator=validate, metadata=metadata)


def number(
    default: str | int | None,
    doc: str,
    *,
    low: str | int | None,
    high: str | int | None,
    unit: str = "",
    tighter: Tighter = "none",
    mandatory: bool = False,
) -> Any:
    """Declare a number; texts are exact decimals, ints are whole numbers."""
    floor, value, ceiling = (Decimal(x) if isinstance(x, str) else x for x in (low, default, high))
    ends = ("" if low is None else str(low), "" if high is None else str(high))
    limits = " .. ".join(ends) if all(ends) else f">= {ends[0]}" if ends[0] else ""
    return key(
        value,
        doc,
        unit=unit,
        limits=limits,
        check=between(floor, ceiling, _exact),
        tighter=tighter,
        mandatory=mandatory,
    )


def _exact(value: int | Decimal) -> str:
    return plain(Decimal(value))


def duration(
    default: Nanos, doc: str, *, low: Nanos, high: Nanos, tighter: Tighter = "none"
) -> Any:
    """Declare a duration written like "90s" or "24h", kept in nanoseconds."""
    return key(
        default,
        doc,
        unit="duration",
        limits=f"{duration_text(low)} .. {duration_text(high)}",
        check=between(low, high, duration_text),
        tighter=tighter,
    )


def section(kind: type, doc: str) -> Any:
    """Declare a mapping with keys of its own."""
    return attrs.field(factory=kind, metadata={"doc": doc, "section": True})
