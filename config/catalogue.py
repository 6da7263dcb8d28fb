"""Every key of the schema as data: for hints, for the generated reference, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import attrs
from attrs import frozen

from config.errors import Path, dotted
from config.schema import App, Policy, Universe
from config.strategies import REGISTRY, StrategySpec

FILE_CLASSES = (("app", App), ("policy", Policy), ("universe", Universe))


@frozen
class Key:
    """One key: where it stands, what it means and which values it takes."""

    path: Path
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
    found = [key for name, kind in FILE_CLASSES for key in _keys((name,), kind)]
    shared = ("strategies", "NAME")
    found += _keys(shared, StrategySpec)
    for use, kind in REGISTRY.items():
        found += _keys(("strategies", f"NAME ({use})"), kind)
    return tuple(found)


def _keys(path: Path, kind: type) -> Iterator[Key]:
    for attribute in attrs.fields(attrs.resolve_types(kind)):
        metadata = attribute.metadata
        below = (*path, attribute.name)
        if metadata.get("section"):
            yield from _keys(below, attribute.type)
        elif attribute.type is not Any:
            default = attribute.default
            if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
                default = default.factory()
            required = default is attrs.NOTHING
            yield Key(
                path=below,
                kind=attribute.type,
                default=None if required else default,
                doc=metadata.get("doc", ""),
                unit=metadata.get("unit", ""),
                limits=metadata.get("limits", ""),
                tighter=metadata.get("tighter", "none"),
                mandatory=required or bool(metadata.get("mandatory")),
            )
