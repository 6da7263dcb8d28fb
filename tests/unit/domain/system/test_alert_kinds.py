"""Every alert that the code writes is of a declared kind, and every kind is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.system import alert_kinds
from domain.system.alert_ends import RESOLVED
from domain.system.alert_kinds import ALERT_KINDS, BREAKER, kind_of_alert
from domain.system.courier_alerts import SIGN_OF_LIFE

pytestmark = [pytest.mark.req("AL1", "RH1")]

ROOT = Path(alert_kinds.__file__).parents[2]
NAMED = {"RESOLVED": RESOLVED, "SIGN_OF_LIFE": SIGN_OF_LIFE}
ANY_KIND = "app/rehearsal/deeds.py"
"""Writes, in a drill, whatever declared kind nothing else has written."""
PRODUCT = ("domain", "actors", "adapters", "app")


def modules() -> Iterator[ast.Module]:
    for folder in PRODUCT:
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if "AlertRaised(" in text and not str(file).endswith(ANY_KIND):
                yield ast.parse(text)


def written() -> Iterator[str]:
    """Yield the code of every alert that is made, also those that a function is handed."""
    for module in modules():
        functions = [each for each in ast.walk(module) if isinstance(each, ast.FunctionDef)]
        for function in functions:
            for call in calls(function, "AlertRaised"):
                (code,) = [each.value for each in call.keywords if each.arg == "code"]
                if isinstance(code, ast.Name) and code.id == "code":
                    yield from handed(module, function)
                else:
                    yield spelled(code)


def handed(module: ast.Module, function: ast.FunctionDef) -> Iterator[str]:
    place = [each.arg for each in function.args.args].index("code")
    for call in calls(module, function.name):
        yield spelled(call.args[place])


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name
    ]


def spelled(code: ast.expr) -> str:
    match code:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return NAMED[name]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
    raise AssertionError(f"a code in a form that this test does not read: {ast.dump(code)}")


def test_every_alert_that_is_written_is_declared_and_every_kind_is_written() -> None:
    found = {kind_of_alert(code) for code in written()}

    assert found == ALERT_KINDS.keys()


def test_alerts_about_breakers_are_one_kind() -> None:
    assert kind_of_alert("BREAKER:clock") == BREAKER
    assert kind_of_alert("DUST") == "DUST"
