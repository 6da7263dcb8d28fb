"""YAML text to plain values with the line of each, and nothing that YAML can do besides.

Numbers become exact decimals from their text. Tags, anchors, aliases, directives, second documents,
deep nesting and large files are refused before anything is built from them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeAlias, cast

from attrs import field, frozen, mutable
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser

from config.errors import KeyPlace, Problem
from domain.model.bounds import Path
from domain.model.secrets import line_of_sign

Value: TypeAlias = "dict[str, Value] | list[Value] | str | Decimal | bool | None"

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_DIGITS = 40

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_PREFIX = "tag:yaml.org,2002:"


@mutable
class Tree:
    """What was read so far: a value, the place of each path in it, and the problems met."""

    value: Any = None
    places: dict[Path, KeyPlace] = field(factory=dict)
    problems: list[Problem] = field(factory=list)

    def refuse(self, place: KeyPlace, path: Path, message: str, *hints: str) -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(place, path, message, hints))

    def place_of(self, path: Path) -> KeyPlace:
        """Return the place of `path`, or of the nearest thing around it that was written."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places[path]

    def forget(self, path: Path) -> None:
        """Drop the places of `path` and of everything below it."""
        for known in [p for p in self.places if p[: len(path)] == path]:
            del self.places[known]


@frozen
class _Source:
    """Names lines; a command line option has none."""

    name: str
    lines: bool

    def at(self, mark: Any) -> KeyPlace:
        return KeyPlace(self.name, mark.line + 1 if self.lines else None)


def read_yaml(text: str, *, name: str, path: Path, lines: bool = True) -> Tree:
    """Return what `text` says; its problems name `name` and, with `lines`, the line.

    `path` is where the value belongs. With problems in the result, its value is not complete.
    """
    source = _Source(name, lines)
    tree = Tree(places={path: KeyPlace(name, 1 if lines else None)})
    line = line_of_sign(text)
    if line is not None:
        place = KeyPlace(name, line if lines else None)
        tree.refuse(place, path, "holds key material", "move the key out of the config, revoke it")
        return tree
    try:
        node = _reader().compose(text)
    except _Forbidden as error:
        tree.refuse(source.at(error.event.start_mark), path, error.problem)
        return tree
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = source.at(mark) if mark else KeyPlace(name)
        tree.refuse(place, path, f"is not YAML: {error.problem or error.context}")
        return tree
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        place = KeyPlace(name, line if lines else None)
        tree.refuse(place, path, f"is not YAML: {str(error).splitlines()[0]}")
        return tree
    if node is not None:
        tree.value = _walk(node, path, source, tree)
    return tree


class _Forbidden(Exception):
    """An event that no config may contain, and what is wrong with it."""

    def __init__(self, event: Event, problem: str) -> None:
        super().__init__(problem)
        self.event, self.problem = event, problem


class _Guard(Parser):
    """Hands on events of the text; stops at the first that no config may contain, before anything
    is made of it.
    """

    _depth = _documents = 0

    def get_event(self) -> Event:
        event: Event = super().get_event()
        self._documents += isinstance(event, DocumentStartEvent)
        self._depth += isinstance(event, CollectionStartEvent)
        self._depth -= isinstance(event, CollectionEndEvent)
        problem = _objection(event)
        if self._documents > 1:
            problem = "holds a second document; one file is one mapping"
        elif self._depth > MAX_DEPTH:
            problem = f"is nested deeper than {MAX_DEPTH} levels"
        if problem:
            raise _Forbidden(event, problem)
        return event


def _reader() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser = _Guard
    return yaml


def _objection(event: Event) -> str | None:
    if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
        return "YAML directives (%YAML, %TAG) are not allowed"
    if isinstance(event, AliasEvent):
        return "YAML aliases (*name) are not allowed; write the value again"
    if isinstance(event, NodeEvent) and event.anchor:
        return "YAML anchors (&name) are not allowed"
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.ctag:
        return "YAML tags (!name) are not allowed"
    return None


def _walk(node: Node, path: Path, source: _Source, tree: Tree) -> Value:
    if isinstance(node, MappingNode):
        return _mapping(node, path, source, tree)
    if isinstance(node, SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            tree.places[(*path, index)] = source.at(item.start_mark)
            items.append(_walk(item, (*path, index), source, tree))
        return items
    return _scalar(cast(ScalarNode, node), path, source, tree)


def _mapping(node: MappingNode, path: Path, source: _Source, tree: Tree) -> Value:
    found: dict[str, Value] = {}
    for key, value in node.value:
        place = source.at(key.start_mark)
        if not isinstance(key, ScalarNode):
            tree.refuse(place, path, "a key must be a plain word")
            continue
        name = str(key.value)
        below = (*path, name)
        if name in found:
            first = tree.places[below].line
            where = f", first on line {first}" if first is not None else ""
            tree.refuse(place, below, f"duplicate key{where}", "keep one of the two")
            continue
        tree.places[below] = place
        found[name] = _walk(value, below, source, tree)
    return found


def _scalar(node: ScalarNode, path: Path, source: _Source, tree: Tree) -> Value:
    text = str(node.value)
    kind = str(node.tag).removeprefix(_PREFIX)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind not in {"int", "float"}:
        return text
    if len(text) <= MAX_DIGITS and _NUMBER.fullmatch(text):
        return Decimal(text)
    shown = text if len(text) <= MAX_DIGITS else text[:MAX_DIGITS] + "..."
    hint = "write digits with at most one point, or quote it if it is a name"
    tree.refuse(source.at(node.start_mark), path, f"expected a plain number, was {shown}", hint)
    return Decimal(0)
