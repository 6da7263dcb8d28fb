"""Every module has its twin, `tests/unit/<its path>/test_<its name>.py`, or a reason for none.

Modules that only declare (values, ports, tables) have nothing that a test could run. What else has
no twin stands in `twins.toml`, with the tests that go through it.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attrs import frozen

from tests.house.tidy import PACKAGES, ROOT, sources

PROCESSES = ("tests/e2e/", "tests/supervision/")
"""Tests that start `run.py`: what they go through can't be read from their imports."""


@frozen
class Through:
    """Why modules have no twin, and the tests that go through all of them."""

    why: str
    tests: tuple[str, ...]
    modules: tuple[str, ...]


THROUGH = tuple(
    Through(row["why"], tuple(row["tests"]), tuple(row["modules"]))
    for row in tomllib.loads((Path(__file__).parent / "twins.toml").read_text("utf-8"))["through"]
)


def twin(module: str) -> Path:
    path = Path(module)
    return ROOT / "tests" / "unit" / path.parent / f"test_{path.name}"


def declares_only(tree: ast.Module) -> bool:
    """Tell whether no function in it does anything: protocols, values and tables."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return all(
        isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)
        for node in ast.walk(tree)
        if isinstance(node, functions)
        for step in node.body
    )


@cache
def imported(path: Path) -> frozenset[Path]:
    """Return the files of ours that a file imports, at its top or within its functions."""

    def names() -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)

    files = ((ROOT / name.replace(".", "/")).with_suffix(".py") for name in names())
    return frozenset(file for file in files if file.is_file())


def reached(path: Path) -> set[Path]:
    """Return all that is imported for a file, directly or by what it imports."""
    seen: set[Path] = set()
    left = [path]
    while left:
        new = imported(left.pop()) - seen
        seen |= new
        left += new
    return seen


def modules() -> list[str]:
    """Return the modules in which something can be run, as paths of the checkout."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sources(*PACKAGES)
        if not declares_only(ast.parse(path.read_text(encoding="utf-8")))
    ]


def excused() -> list[str]:
    return [module for row in THROUGH for module in row.modules]


def test_every_module_has_its_twin_or_a_reason() -> None:
    lonely = [each for each in modules() if not twin(each).is_file() and each not in excused()]

    assert not lonely, "\n" + "\n".join(
        f"{each}: write {twin(each).relative_to(ROOT)}, or give the reason for none in"
        " tests/house/twins.toml"
        for each in lonely
    )


def test_a_reason_goes_when_the_twin_comes_or_the_module_goes() -> None:
    there = set(modules())
    stale = [each for each in excused() if twin(each).is_file() or each not in there]

    assert not stale, "\n" + "\n".join(
        f"{each}: take its line out of tests/house/twins.toml" for each in stale
    )
    assert len(excused()) == len(set(excused())), "a module stands in twins.toml twice"


def test_a_module_without_a_twin_is_reached_by_the_tests_that_its_row_names() -> None:
    wrong = []
    for row in THROUGH:
        files = [ROOT / name for name in row.tests]
        wrong += [f"{file} does not exist" for file in files if not file.is_file()]
        if any(name.startswith(PROCESSES) for name in row.tests):
            continue
        found = set().union(*map(reached, files))
        wrong += [
            f"{each}: not reached by its row" for each in row.modules if ROOT / each not in found
        ]

    assert not wrong, "\n" + "\n".join(wrong)


def test_a_module_that_only_declares_is_told_from_one_that_does_something() -> None:
    port = 'class Clock:\n    def now_ns(self) -> int:\n        """Return it."""\n'

    assert declares_only(ast.parse("LIMIT = 3\n" + port))
    assert not declares_only(ast.parse(port + "        return 1\n"))
