"""Fault scripts from text to faults: one JSON object a line, every problem told at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs

from adapters.simulator.faults.base import Fault
from adapters.simulator.faults.catalogue import KINDS
from adapters.simulator.faults.forms import MEMBER, Malformed, ScriptMember
from adapters.simulator.world import WorldError

KIND = "kind"


class FaultsInvalid(WorldError):
    """A fault script cannot be used; the message has one line for each problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Twice(Exception):
    """A member is given twice."""


def read_script(file: Path) -> tuple[Fault, ...]:
    """Return the faults of a script file.

    Raises:
        FaultsInvalid: it cannot be read, or any line of it is none of a script.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsInvalid([f"{file}: expected a fault script: {error}"]) from error
    return parse_script(text, str(file))


def parse_script(text: str, name: str) -> tuple[Fault, ...]:
    """Return the faults written in `text`; blank lines are skipped, messages begin with `name`.

    Raises:
        FaultsInvalid: any line of it is none of a script.
    """
    faults: list[Fault] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            faults.append(parse_fault(line, f"{name}:{number}", seed=number))
        except FaultsInvalid as invalid:
            problems += invalid.problems
    if problems:
        raise FaultsInvalid(problems)
    return tuple(faults)


def parse_fault(text: str | bytes, where: str, *, seed: int = 0) -> Fault:
    """Return the fault written as a JSON object in `text`; `seed` is for one that gives none.

    Raises:
        FaultsInvalid: it is none; each problem begins with `where`.
    """
    document = _object(text, where)
    name = document.pop(KIND, None)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FaultsInvalid([f"{where}: {_unknown_kind(name)}"])
    members = members_of(kind)
    values: dict[str, Any] = {"where": where, "seed": seed}
    problems = [
        f"{where}: {name} has no member {given!r}{_nearest(given, list(members))}; "
        f"it has {', '.join(members)}"
        for given in document
        if given not in members
    ]
    for given, (attribute, member, is_needed) in members.items():
        if given in document:
            try:
                values[attribute] = member.form.read(document[given])
            except Malformed:
                found = json.dumps(document[given], default=str)
                problems.append(
                    f"{where}: {given}: expected {member.form.expected}, was {found[:80]}"
                )
        elif is_needed:
            problems.append(f"{where}: {name} needs {given}: {member.form.expected}")
    if problems:
        raise FaultsInvalid(problems)
    fault = kind(**values)
    problem = fault.problem()
    if problem is not None:
        raise FaultsInvalid([f"{where}: {name}: {problem}"])
    return fault


def members_of(kind: type[Fault]) -> dict[str, tuple[str, ScriptMember, bool]]:
    """Return a kind's members by their names in scripts: attribute, member, whether it must be."""
    found = {}
    for field in attrs.fields(kind):
        member = field.metadata.get(MEMBER)
        if member is not None:
            found[member.name] = (field.name, member, field.default is attrs.NOTHING)
    return found


def _object(text: str | bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once
        )
    except _Twice as twice:
        raise FaultsInvalid([f"{where}: {twice} is given twice"]) from twice
    except (ValueError, RecursionError) as error:
        raise FaultsInvalid([f"{where}: expected one JSON object a line: {error}"]) from error
    if not isinstance(document, dict):
        raise FaultsInvalid([f"{where}: expected one JSON object a line, was {str(text)[:80]!r}"])
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    names = [name for name, _ in pairs]
    for name in found:
        if names.count(name) > 1:
            raise _Twice(repr(name))
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _unknown_kind(name: object) -> str:
    if name is None:
        return f"expected `kind`: one of {', '.join(KINDS)}"
    nearest = _nearest(str(name), list(KINDS))
    return f"there is no kind {str(name)[:60]!r}{nearest}; expected one of {', '.join(KINDS)}"


def _nearest(given: str, known: list[str]) -> str:
    close = get_close_matches(given, known, n=1, cutoff=0.5)
    return f" (nearest: {close[0]})" if close else ""
