"""An order that was not judged cannot be built: only the gate makes approved ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import attrs
import pytest

from domain.model.approval import ApprovedEntry, ApprovedExit
from tests.house import tidy

MAKER = "domain/risk/gate.py"
KINDS = (ApprovedEntry, ApprovedExit)
NAMES = {f"{kind.__module__}.{kind.__name__}" for kind in KINDS}
COMMON = {"strategy", "reason"}
"""Names that say nothing: many values that are no orders have them too."""
FIELDS = {"order"} | {field.name for kind in KINDS for field in attrs.fields(kind)} - COMMON
COPIERS = ("attrs.evolve", "attr.evolve", "attr.assoc", "dataclasses.replace", "copy.replace")
OTHERS = {("domain/portfolio/ledger.py", "lot")}
"""(file, first argument) of copies that share a field's name and are no approved orders."""


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield file, full name of what is called, and the call, for all of the product."""
    for path in tidy.sources(*tidy.PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = tidy.imported_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield tidy.where(path), tidy.full_name(node.func, imported) or "", node


def changed_copies() -> Iterator[str]:
    """Yield where a field that approved orders have is given anew in a copy."""
    for where, name, call in calls():
        if where == MAKER or name not in COPIERS:
            continue
        given = {each.arg for each in call.keywords}
        first = ast.unparse(call.args[0])
        if given & FIELDS and (where, first) not in OTHERS:
            yield f"{where}:{call.lineno}: {ast.unparse(call)}"


@pytest.mark.req("E1", "M1")
def test_only_the_gate_makes_approved_orders() -> None:
    assert {where for where, name, _ in calls() if name in NAMES} == {MAKER}


@pytest.mark.req("E1", "M1", "X3")
def test_nobody_changes_an_approved_order_in_a_copy() -> None:
    found = list(changed_copies())

    assert not found, "an approved order is final; only the gate decides:\n" + "\n".join(found)
