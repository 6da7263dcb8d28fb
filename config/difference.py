"""How two configurations differ, key by key, and which way each difference goes (CH1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache

from attrs import frozen

from config.catalogue import Key, keys
from config.effective import Plain
from config.mode import Mode
from config.profiles import Profile
from config.readable import is_mapping
from domain.model.instants import Nanos, parse_duration
from domain.model.money import parse_decimal

NAME = "NAME"
"""The part of a key's path that stands for a name of the operator's."""


class Way(StrEnum):
    """Which way a value has changed."""

    TIGHTER = "tighter"
    LOOSER = "looser"
    OTHER = "changed"
    """It has no stricter side, or can't be compared."""


@frozen
class Difference:
    """One key whose value differs; None: it is not there."""

    name: str
    before: Plain
    after: Plain
    way: Way
    is_added: bool = False
    is_removed: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self._side('before')} -> {self._side('after')}"

    def _side(self, which: str) -> str:
        is_absent = self.is_added if which == "before" else self.is_removed
        return "(not there)" if is_absent else _shown(getattr(self, which))


def differences(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> tuple[Difference, ...]:
    """Return what differs between two configurations, each a mapping of keys to values in force."""
    return tuple(
        _difference(name, before, after)
        for name in sorted({*_named(before), *_named(after)})
        if name not in before or name not in after or before[name] != after[name]
    )


def is_tighter_only(found: Iterable[Difference]) -> bool:
    """Tell whether every difference makes the configuration stricter."""
    return all(each.way is Way.TIGHTER for each in found)


def _named(values: Mapping[str, Plain]) -> Iterator[str]:
    """Yield the keys, but for mappings without entries, of which there is nothing to compare."""
    return (name for name, value in values.items() if value != {})


def _difference(name: str, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> Difference:
    is_added, is_removed = name not in before, name not in after
    old, new = before.get(name), after.get(name)
    if is_added or is_removed:
        way = _way_of_entry(name, after if is_added else before, is_added=is_added)
    else:
        way = _way(_key_of(name), old, new)
    return Difference(name, old, new, way, is_added, is_removed)


def _way(key: Key | None, old: Plain, new: Plain) -> Way:
    if key is None or key.tighter == "none":
        return Way.OTHER
    if key.tighter == "more":
        return _way_of_lists(old, new)
    first, second = _rank(key, old), _rank(key, new)
    if first is None or second is None:
        return Way.OTHER
    is_tighter = second < first if key.tighter == "lower" else second > first
    return Way.TIGHTER if is_tighter else Way.LOOSER


def _way_of_lists(old: Plain, new: Plain) -> Way:
    """A list is stricter that holds all of the other, and more."""
    if not isinstance(old, list) or not isinstance(new, list):
        return Way.OTHER
    first, second = set(map(str, old)), set(map(str, new))
    if first == second:
        return Way.TIGHTER  # the order alone has changed, which nothing looks at
    return Way.TIGHTER if first < second else Way.LOOSER


def _way_of_entry(name: str, there: Mapping[str, Plain], *, is_added: bool) -> Way:
    """Return what it means that a key is on one side only; `there` is that side.

    A cap more is stricter, a strategy more is not; of what no rule says anything, it can't be told.
    """
    key, parts = _key_of(name), name.split(".")
    if parts[0] == "strategies":
        trades = there.get(f"strategies.{parts[1]}.enabled") is True
        if not trades:
            return Way.OTHER if is_added else Way.TIGHTER
        return Way.LOOSER if is_added else Way.TIGHTER
    is_limit = key is not None and (
        bool(key.rule) or (is_mapping(key.kind) and key.tighter in ("lower", "more"))
    )
    if not is_limit:
        return Way.OTHER
    return Way.TIGHTER if is_added else Way.LOOSER


def _rank(key: Key, value: Plain) -> Decimal | None:
    """Return a value as a number to compare by; None: it is none."""
    if value is None and key.kind == (Decimal | None):
        return Decimal("Infinity")  # no limit
    if isinstance(value, bool | int):
        return Decimal(value)
    if not isinstance(value, str):
        return None
    try:
        if key.kind is Mode:
            return Decimal(Mode.parse(value).rank)
        if key.kind is Profile:
            return Decimal(list(Profile).index(Profile(value)))
        is_length = key.kind in (Nanos, Nanos | None)
        return Decimal(parse_duration(value)) if is_length else parse_decimal(value)
    except ValueError:
        return None


@cache
def _by_length() -> tuple[tuple[tuple[str, ...], Key], ...]:
    """Return the keys of the schema, those with the longest path first."""
    found = [(tuple(str(part) for part in key.path), key) for key in keys()]
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def _key_of(name: str) -> Key | None:
    """Return the key of the schema that a value belongs to, None for one that it does not have."""
    parts = name.split(".")
    for path, key in _by_length():
        is_whole = len(path) == len(parts) or (len(path) < len(parts) and is_mapping(key.kind))
        here = zip(path, parts, strict=False)
        if is_whole and all(known in (NAME, part) for known, part in here):
            return key
    return None


def _shown(value: Plain) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return str(value)
