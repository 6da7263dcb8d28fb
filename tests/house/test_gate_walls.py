"""An order that was not judged cannot be built: only the gate makes approved ones."""

from __future__ import annotations

import ast

import pytest

from tests.house import tidy

MAKER = "domain/risk/gate.py"
APPROVED = "domain.model.approval.ApprovedOrder"


def makers() -> set[str]:
    found = set()
    for path in tidy.sources(*tidy.PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = tidy.imported_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and tidy.full_name(node.func, imported) == APPROVED:
                found.add(tidy.where(path))
    return found


@pytest.mark.req("E1", "M1")
def test_only_the_gate_makes_approved_orders() -> None:
    assert makers() == {MAKER}
