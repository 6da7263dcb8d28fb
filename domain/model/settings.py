"""How one setting is declared, at the class that uses it.

A rule, a strategy or a section of a file is a frozen attrs class; each of its fields carries here
what an operator has to know and what the code allows at all. The files of `config/` are read by
these declarations, and docs/config.md is printed from them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import attrs

from domain.model.bounds import Check, between, duration_text
from domain.model.instants import Nanos
from domain.model.money import plain

Tighter = Literal["lower", "higher", "more", "none"]
"""Which way a value is stricter (`more`: a list that holds more); a change in that way needs no new
certificate."""

REQUIRED = attrs.NOTHING
"""The default of a setting that has none."""


def setting(
    default: Any,
    doc: str,
    *,
    unit: str = "",
    limits: str = "",
    check: Check | None = None,
    tighter: Tighter = "none",
    mandatory: bool = False,
    at: str = "",
) -> Any:
    """Declare one setting; a `mandatory` one must stand in the file, whatever its default.

    `doc`, `unit` and `limits` (the range in words) become docs/config.md. `check` holds for every
    instance, wherever it was made. `at` is the key in `policy.yaml`, like `caps.total_pct`, where
    the class itself does not say where it stands.
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
        "at": at,
    }
    if callable(default):
        return attrs.field(factory=default, validator=validate, metadata=metadata)
    return attrs.field(default=default, validator=validate, metadata=metadata)


def number(
    default: Any,
    doc: str,
    *,
    low: str | int | None,
    high: str | int | None,
    unit: str = "",
    tighter: Tighter = "none",
    mandatory: bool = False,
    at: str = "",
) -> Any:
    """Declare a number within hard limits; texts are exact decimals, ints are whole numbers."""
    floor, value, ceiling = (Decimal(x) if isinstance(x, str) else x for x in (low, default, high))
    ends = ("" if low is None else str(low), "" if high is None else str(high))
    limits = " .. ".join(ends) if all(ends) else f">= {ends[0]}" if ends[0] else ""
    return setting(
        value,
        doc,
        unit=unit,
        limits=limits,
        check=between(floor, ceiling, _exact),
        tighter=tighter,
        mandatory=mandatory,
        at=at,
    )


def _exact(value: int | Decimal) -> str:
    return plain(Decimal(value))


def duration(
    default: Nanos, doc: str, *, low: Nanos, high: Nanos, tighter: Tighter = "none"
) -> Any:
    """Declare a duration written like "90s" or "24h", kept in nanoseconds."""
    return setting(
        default,
        doc,
        unit="duration",
        limits=f"{duration_text(low)} .. {duration_text(high)}",
        check=between(low, high, duration_text),
        tighter=tighter,
    )
