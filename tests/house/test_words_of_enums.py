"""Tables of words over an enum have a word for each of its members: a new one is not forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

from domain.model.approval import ExitReason
from domain.model.context import Regime
from domain.model.product import Side
from domain.model.universe import Exclusion
from tests.house.tidy import PACKAGES, ROOT

WHOLE: tuple[type[Enum], ...] = (ExitReason, Exclusion, Regime, Side)
"""Enums of which a table can't leave a member out on purpose."""


def tables(kind: type[Enum]) -> Iterator[tuple[Path, int, set[str]]]:
    """Yield place and members of each literal table whose keys are members of `kind`."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Dict) and node.keys:
                    found = [members_of(key, kind) for key in node.keys]
                    if all(found):
                        yield file, node.lineno, {str(name) for name in found}


def members_of(key: ast.expr | None, kind: type[Enum]) -> str | None:
    """Return which member of `kind` a key is, None if it is another thing."""
    if not isinstance(key, ast.Attribute) or not isinstance(key.value, ast.Name):
        return None
    return key.attr if key.value.id == kind.__name__ else None


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_every_table_over_an_enum_has_all_its_members(kind: type[Enum]) -> None:
    everything = {each.name for each in kind}
    lacking = {
        f"{file.relative_to(ROOT)}:{line}": sorted(everything - names)
        for file, line, names in tables(kind)
        if names != everything
    }

    assert lacking == {}


def test_there_are_such_tables() -> None:
    assert len(list(tables(ExitReason))) >= 3
    assert list(tables(Exclusion))
