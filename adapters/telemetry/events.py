"""What a line of the structured log says: fields, where the human log has prose.

An event is the message that an actor was handling when it spoke; its members are the fields, exact
decimals as strings. What is said outside of any message is named by its text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

import attrs
from attrs import field, frozen

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Clock
from domain.model.instants import iso
from domain.model.money import plain

MESSAGES = "domain.messages."
ITEMS_MAX, DEPTH_MAX, TEXT_MAX = 50, 5, 2_000
"""How much of a list, of parts within parts and of a text is written; a line stays a line."""
_HOLDERS = ("fill", "order", "intent", "quote", "lot")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def nothing() -> Envelope | None:
    """Return that no message is being handled."""
    return None


@frozen
class Moment:
    """What an actor was at when it spoke: its clock, and the message that it was handling."""

    clock: Clock | None = None
    handling: Callable[[], Envelope | None] = field(default=nothing)

    def fields(self, text: str, given: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a line with this `text`; `given` are those it was written with."""
        envelope = self.handling()
        body = None if envelope is None else envelope.body
        is_event = attrs.has(type(body)) and type(body).__module__.startswith(MESSAGES)
        return {
            "market_time": None if self.clock is None else iso(self.clock.market_ns()),
            "event": type(body).__name__ if is_event else name_of(text),
            "correlation": None if envelope is None else envelope.correlation,
            "product": product_of(body) if is_event else None,
            "text": text,
            "data": _data(body if is_event else None, given),
        }


def name_of(text: str) -> str:
    """Return a text as a name: `actor_is_up_again`."""
    return _NO_WORD.sub("_", text.lower()).strip("_")[:60]


def product_of(body: object) -> str | None:
    """Return the product that a message is about, None if it is about none or about many."""
    for holder in (body, *(getattr(body, name, None) for name in _HOLDERS)):
        product = getattr(holder, "product", None)
        if isinstance(product, str):
            return product
        inner = getattr(getattr(holder, "order", None), "product", None)
        if isinstance(inner, str):
            return inner
    return None


def exact(value: object, depth: int = 0) -> Any:
    """Return `value` as JSON has it: decimals as plain strings, parts as objects, none too long."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no word for others
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return (
            plain(value) if value.is_finite() and abs(value.adjusted()) < TEXT_MAX else str(value)
        )
    if isinstance(value, Enum):
        return exact(value.value, depth)
    if isinstance(value, str):
        return value[:TEXT_MAX]
    if depth >= DEPTH_MAX:
        return type(value).__name__
    return _whole(value, depth + 1)


def _data(body: object, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of a line; what can't be written down must not end an actor."""
    try:
        members = {} if body is None else _members(body, 0)
        return {**members, **{name: exact(value) for name, value in given.items()}}
    except Exception as error:  # noqa: BLE001 - a value may do anything when it is read: one line lacks its fields
        return {"left_out": type(error).__name__}


def _whole(value: object, depth: int) -> Any:
    if attrs.has(type(value)):
        return _members(value, depth)
    if isinstance(value, Mapping):
        pairs = list(value.items())[:ITEMS_MAX]
        return {str(name): exact(each, depth) for name, each in pairs}
    if isinstance(value, tuple | list | frozenset | set):
        rows = sorted(value, key=str) if isinstance(value, frozenset | set) else list(value)
        shown = [exact(each, depth) for each in rows[:ITEMS_MAX]]
        left = len(rows) - len(shown)
        return [*shown, f"and {left} more"] if left else shown
    is_text = isinstance(value, PurePath | BaseException)
    return str(value)[:TEXT_MAX] if is_text else type(value).__name__


def _members(value: Any, depth: int) -> dict[str, Any]:
    """Return the members that make a value what it is: no column arrays of a context."""
    kinds = (one for one in attrs.fields(type(value)) if one.eq)
    return {one.name: exact(getattr(value, one.name), depth) for one in kinds}
