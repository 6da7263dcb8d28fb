"""The whole checkout keeps the rules of style; tests/house/tidy.py says what each one looks for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import tidy

OVERGROWN: dict[str, int] = {}
"""`path::function` → lines it has and may keep. Shrinks only; a function added here is refused."""

PRODUCT = tidy.PACKAGES
OURS = (*PRODUCT, "benchmarks", "scripts")
EXACT = ("domain/model/money.py", "domain/orders/", "domain/risk/", "domain/portfolio/")
PLUGINS = ("domain.strategies.", "domain.risk.rules.", "benchmarks.backtest.strategies.")
TEXTS = (".py", ".md", ".toml", ".yaml", ".cfg", ".sh", "")

TreeCheck = Callable[[str, ast.Module], Iterator[str]]


def run(check: TreeCheck, paths: list[Path]) -> list[str]:
    return [
        line
        for path in paths
        for line in check(tidy.where(path), ast.parse(path.read_text(encoding="utf-8")))
    ]


def texts() -> list[Path]:
    folders = (*OURS, "tests", "docs", ".ci")
    files = [path for folder in folders for path in (tidy.ROOT / folder).rglob("*")]
    return sorted(
        path
        for path in [*files, *tidy.ROOT.glob("*")]
        # In a second worktree `.git` is a file, and none of ours.
        if path.is_file() and path.suffix in TEXTS and path.name != ".git"
        if "__pycache__" not in path.parts
    )


def report(lines: list[str]) -> None:
    assert not lines, "\n" + "\n".join(lines)


def test_no_module_is_longer_than_a_reader_keeps_in_mind() -> None:
    report(
        [
            line
            for path in tidy.sources(*OURS)
            for line in tidy.long_module(tidy.where(path), path.read_text(encoding="utf-8"))
        ]
    )


def test_no_function_is_longer_than_a_screen() -> None:
    report(run(lambda name, tree: tidy.long_functions(name, tree, OVERGROWN), tidy.sources(*OURS)))


def test_the_ratchet_lists_only_functions_that_still_need_it() -> None:
    lengths = {
        f"{tidy.where(path)}::{function.partition(':')[0]}": lines
        for path in tidy.sources(*OURS)
        for function, lines in tidy.function_lines(ast.parse(path.read_text("utf-8"))).items()
    }

    assert {name: lengths.get(name) for name in OVERGROWN} == OVERGROWN
    assert all(lines > tidy.FUNCTION_LINES_MAX for lines in OVERGROWN.values())


@pytest.mark.parametrize(
    ("check", "folders"),
    [
        pytest.param(tidy.banned_calls, ("actors", "domain"), id="banned-calls"),
        pytest.param(tidy.iterated_sets, PRODUCT, id="iterated-sets"),
        pytest.param(tidy.foreign_words, PRODUCT, id="foreign-words"),
        pytest.param(tidy.mocks, (*OURS, "tests"), id="mocks"),
    ],
)
def test_code_keeps_the_rule(check: TreeCheck, folders: tuple[str, ...]) -> None:
    report(run(check, tidy.sources(*folders)))


def test_money_orders_risk_and_ledger_know_no_binary_float() -> None:
    exact = [path for path in tidy.sources("domain") if tidy.where(path).startswith(EXACT)]

    assert exact
    report(run(tidy.binary_floats, exact))


@pytest.mark.parametrize(
    "check", [tidy.unfinished, tidy.machine_paths], ids=["unfinished", "machine-paths"]
)
def test_text_keeps_the_rule(check: Callable[[str, str], Iterator[str]]) -> None:
    report(
        [
            line
            for path in texts()
            for line in check(tidy.where(path), path.read_text(encoding="utf-8"))
        ]
    )


def test_every_module_is_imported_or_found_by_name() -> None:
    paths = [*tidy.sources(*OURS), tidy.ROOT / "run.py"]

    report(list(tidy.dead_modules(paths, tidy.ROOT, PLUGINS)))


def test_package_files_hold_no_code() -> None:
    report(
        [
            f"{tidy.where(path)} holds code: give it a module with a name"
            for path in tidy.sources(*PRODUCT)
            if path.name == "__init__.py"
            # A docstring is the one statement that may stand there.
            and len(ast.parse(path.read_text(encoding="utf-8")).body) > 1
        ]
    )


def test_there_is_no_sixth_package() -> None:
    packages = {path.parent.name for path in tidy.ROOT.glob("*/__init__.py")}

    assert packages == set(PRODUCT)
