"""The configuration that is in force: values, where each comes from, and its two hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from attrs import field, frozen

from config.errors import dotted
from config.policy import Policy
from config.schema import App, Universe
from config.strategies import StrategySpec, own_fields, shared_fields
from domain.model.bounds import Path, duration_text
from domain.model.instants import Nanos
from domain.model.money import plain

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"

HASH_DIGITS = 16
CODE_FOLDERS = ("app", "actors", "adapters", "config", "domain")
POLICY_FILES = ("policy", "universe", "strategies")
PLACES = (("app", "strategies", "folder"), ("app", "metrics", "port"))
"""Where something stands or listens changes no hash."""


@frozen
class Entry:
    """One value in force, as JSON says it, and where it was decided (`default` if nowhere)."""

    path: Path
    value: Plain
    source: str

    @property
    def name(self) -> str:
        """The key as operators write it."""
        return dotted(self.path)


@frozen(kw_only=True)
class Config:
    """All four files, checked; it never changes while the system runs."""

    app: App = field(factory=App)
    policy: Policy = field(factory=Policy)
    universe: Universe = field(factory=Universe)
    strategies: Mapping[str, StrategySpec] = field(factory=lambda: MappingProxyType({}))
    sources: Mapping[Path, str] = field(factory=lambda: MappingProxyType({}), eq=False, repr=False)
    notes: tuple[str, ...] = ()
    own_code: str = ""
    """SHA-256 over the sources of the strategies of the user's own that an entry uses."""

    def effective(self) -> tuple[Entry, ...]:
        """Return every value in force, sorted by its key."""
        found = (
            Entry(path, value, self.sources.get(path, "default"))
            for name in ("app", *POLICY_FILES)
            for path, value in _leaves((name,), getattr(self, name), None)
        )
        return tuple(sorted(found, key=lambda entry: entry.name))

    @property
    def config_hash(self) -> str:
        """16 hex digits over all values in force and the code, one's own strategies included."""
        return self._hash(("app", *POLICY_FILES))

    @property
    def policy_hash(self) -> str:
        """16 hex digits over policy, universe, strategies and the code, as in `config_hash`."""
        return self._hash(POLICY_FILES)

    def _hash(self, files: tuple[str, ...]) -> str:
        values = {
            entry.name: entry.value
            for entry in self.effective()
            if entry.path[0] in files and entry.path not in PLACES
        }
        own = {"own": self.own_code} if self.own_code else {}
        text = json.dumps({"code": code_hash(), "values": values, **own}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def _leaves(path: Path, value: Any, kind: Any) -> Iterator[tuple[Path, Plain]]:
    """Yield path and value of everything that has no keys of its own."""
    if isinstance(value, StrategySpec):
        for attribute in shared_fields():
            yield from _member(path, value, attribute)
        for attribute in own_fields(type(value.strategy)):
            yield from _member(path, value.strategy, attribute)
    elif isinstance(value, Policy):
        for key, setting in value.settings():
            yield from _leaves((*path, *key.path), setting, key.attribute.type)
    elif attrs.has(type(value)):
        for attribute in attrs.fields(attrs.resolve_types(type(value))):
            yield from _member(path, value, attribute)
    elif isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _leaves((*path, name), part, None)
    else:
        yield path, _plain(value, kind)


def _member(path: Path, owner: object, attribute: Any) -> Iterator[tuple[Path, Plain]]:
    value = getattr(owner, attribute.name)
    yield from _leaves((*path, attribute.name), value, attribute.type)


def _plain(value: Any, kind: Any) -> Plain:
    if kind is Nanos:
        return duration_text(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return [_plain(item, None) for item in value]
    if isinstance(value, Mapping):
        return {}
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"a config value of type {type(value).__name__} has no plain form")


@cache
def code_hash(root: FilePath | None = None) -> str:
    """Return SHA-256 over the shipped sources: their names below the root and their bytes."""
    home = root or FilePath(__file__).resolve().parent.parent
    files = [path for folder in CODE_FOLDERS for path in (home / folder).rglob("*.py")]
    names = sorted(path.relative_to(home).as_posix() for path in (*files, home / "run.py"))
    digest = hashlib.sha256()
    for name in names:
        content = (home / name).read_bytes() if (home / name).exists() else b""
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
