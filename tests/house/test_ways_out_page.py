"""No dead ends: every breaker that the code can open has a row, a page, and a test of its way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.portfolio import losses
from domain.system.ways_out import MAILBOX, WAYS_OUT
from scripts import pages, ways_out_page
from tests.house.tidy import PACKAGES, ROOT, sources

pytestmark = pytest.mark.req("SUP1")

OPENERS = {
    "trip": 0,
    "BlockEntries": 0,
    "ListJudge": 1,
    "_halt": 0,
    "Counted": 0,
    "WatchedBudget": 0,
}
"""Calls that open a breaker, and where its name stands among their arguments."""
OTHERS = {name for name in WAYS_OUT if name.endswith("_loss") or name == "daily_loss_usd"}
LOSSES = OTHERS | {"drawdown"}
"""Named by what is measured: `domain/portfolio/losses.py`."""
MARK = "way_out"
"""The mark of a test that opens a breaker, takes its way out, and sees it closed."""


def opened() -> Iterator[str]:
    """Yield the names of the breakers that the code opens, as far as they stand in it."""
    for path in sources(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from filter(None, (_named(tree, each) for each in _names(node)))


def _names(call: ast.Call) -> Iterator[ast.expr]:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name == "Breaker":
        yield from (word.value for word in call.keywords if word.arg == "name")
    elif name in OPENERS:
        yield from call.args[OPENERS[name] : OPENERS[name] + 2]


def _named(tree: ast.Module, value: ast.expr) -> str | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value if re.fullmatch(r"[a-z_]+", value.value) else None
    if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
        text = str(value.values[0].value)
        return text if text.endswith(":") else None
    return _constant(tree, value.id) if isinstance(value, ast.Name) else None


def _constant(tree: ast.Module, name: str) -> str | None:
    """Return what a name stands for in its module, or in the one it was imported from."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    file = (ROOT / node.module.replace(".", "/")).with_suffix(".py")
                    if file.is_file():
                        return _constant(ast.parse(file.read_text(encoding="utf-8")), alias.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                found = _assigned(target, node.value, name)
                if found is not None:
                    return found
    return None


def _assigned(target: ast.expr, value: ast.expr, name: str) -> str | None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return next(filter(None, (_assigned(*pair, name) for pair in pairs)), None)
    is_it = isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant)
    return str(value.value) if is_it and isinstance(value, ast.Constant) else None


def test_every_breaker_that_the_code_opens_has_a_way_out() -> None:
    found = set(opened())

    assert {"sentinel", "reconcile", "venue_lists", "lineage", MAILBOX} <= found
    assert found <= WAYS_OUT.keys(), sorted(found - WAYS_OUT.keys())


def test_no_way_leads_out_of_what_nobody_opens() -> None:
    told = Path(losses.__file__).read_text(encoding="utf-8")

    assert all(f'"{name}"' in told for name in LOSSES)
    assert WAYS_OUT.keys() - LOSSES == set(opened()), "a row is too many"


def walked() -> Iterator[tuple[str, str]]:
    """Yield the breakers whose ways out tests say that they walk, with the test."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if f".{MARK}(" not in text:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                test = f"{path.relative_to(ROOT)}::{node.name}"
                yield from ((name, test) for each in node.decorator_list for name in _marked(each))


def _marked(decorator: ast.expr) -> Iterator[str]:
    """Yield what a decorator marks: of the whole test, or of one of its cases."""
    for node in ast.walk(decorator):
        func = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(func, ast.Attribute) and func.attr == MARK:
            for value in node.args:
                assert isinstance(value, ast.Constant), "a way out is marked by its breaker's name"
                yield str(value.value)


def test_each_way_is_walked_by_a_test() -> None:
    found = dict(walked())

    assert WAYS_OUT.keys() - found.keys() == set(), "mark the test that walks it: way_out(name)"
    assert found.keys() - WAYS_OUT.keys() == set(), "no such way"


def test_the_committed_page_is_the_one_that_the_table_gives() -> None:
    committed = (pages.ROOT / ways_out_page.PAGE).read_text(encoding="utf-8")

    assert committed == ways_out_page.render(), "run python -m scripts.ways_out_page"
