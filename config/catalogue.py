"""Every key of the schema as data: for hints, for the generated reference, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import attrs
from attrs import evolve, frozen

from config.errors import dotted
from config.plugins import strategies
from config.policy import policy_keys
from config.readable import is_mapping
from config.schema import App, Universe
from config.strategies import own_fields, shared_fields
from domain.model.bounds import Path

_FACTORY: Any = attrs.Factory


@frozen
class Key:
    """One key: where it stands, what it means and which values it takes.

    `use` names the strategy that has it, `rule` the rule that runs only where it is written; both
    are empty where that doesn't matter.
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
    rule: str = ""

    @property
    def name(self) -> str:
        """The key as operators write it."""
        return dotted(self.path)


@cache
def keys() -> tuple[Key, ...]:
    """Return all keys in the order of the schema; NAME stands for the id of a strategy."""
    found = list(_below(("app",), App))
    for policy in policy_keys():
        key = _key(("policy", *policy.path), policy.attribute)
        found.append(evolve(key, rule=policy.optional_rule))
    found += _below(("universe",), Universe)
    for attribute in shared_fields():
        limits = ", ".join(strategies()) if attribute.name == "use" else ""
        found.append(_key(("strategies", "NAME", attribute.name), attribute, limits=limits))
    for use, kind in strategies().items():
        found += [_key(("strategies", "NAME", one.name), one, use=use) for one in own_fields(kind)]
    return tuple(found)


def _below(path: Path, kind: type) -> Iterator[Key]:
    for attribute in attrs.fields(attrs.resolve_types(kind)):
        inner = attribute.type
        if attribute.metadata.get("section"):
            yield from _below((*path, attribute.name), inner)
        elif is_mapping(inner) and attrs.has(get_args(inner)[1]):
            yield from _below((*path, attribute.name, "NAME"), get_args(inner)[1])
        else:
            yield _key((*path, attribute.name), attribute)


def _key(path: Path, attribute: Any, *, use: str = "", limits: str = "") -> Key:
    metadata, default = attribute.metadata, attribute.default
    if isinstance(default, _FACTORY):
        default = default.factory()
    is_required = default is attrs.NOTHING
    return Key(
        path=path,
        use=use,
        kind=attribute.type,
        default=None if is_required else default,
        doc=metadata["doc"],
        unit=metadata["unit"],
        limits=limits or metadata["limits"],
        tighter=metadata["tighter"],
        mandatory=is_required or metadata["mandatory"],
    )
