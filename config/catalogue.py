"""Every key of the schema as data: for hints, for the generated reference, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import attrs
from attrs import frozen

from config.errors import Path, dotted
from config.schema import App, Policy, Universe
from config.strategies import REGISTRY, own_fields, shared_fields

_FACTORY: Any = attrs.Factory
FILE_CLASSES = (("app", App), ("policy", Policy), ("universe", Universe))


@frozen
class Key:
    """One key: where it stands, what it means and which values it takes.

    `use` names the strategy that has it, and is empty where that doesn't matter.
    """

    path: Path
    use: str
    kind: Any
    default: Any
    doc: str
    unit: str
    limits: str
    tighter: str
    mandatory: bool

    @property
    def name(self) -> str:
        """The key as operators write it."""
        return dotted(self.path)


@cache
def keys() -> tuple[Key, ...]:
    """Return all keys in the order of the schema; NAME stands for the id of a strategy."""
    found = [key for name, kind in FILE_CLASSES for key in _below((name,), kind)]
    found += [_key(("strategies", "NAME"), attribute) for attribute in shared_fields()]
    for use in REGISTRY:
        found += [_key(("strategies", "NAME"), one, use=use) for one in own_fields(use)]
    return tuple(found)


def _below(path: Path, kind: type) -> Iterator[Key]:
    for attribute in attrs.fields(attrs.resolve_types(kind)):
        if attribute.metadata.get("section"):
            yield from _below((*path, attribute.name), attribute.type)
        else:
            yield _key(path, attribute)


def _key(parent: Path, attribute: Any, *, use: str = "") -> Key:
    metadata, default = attribute.metadata, attribute.default
    if isinstance(default, _FACTORY):
        default = default.factory()
    is_required = default is attrs.NOTHING
    return Key(
        path=(*parent, attribute.name),
        use=use,
        kind=attribute.type,
        default=None if is_required else default,
        doc=metadata["doc"],
        unit=metadata["unit"],
        limits=metadata["limits"],
        tighter=metadata["tighter"],
        mandatory=is_required or metadata["mandatory"],
    )
