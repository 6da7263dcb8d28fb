"""The command that changes the rules one place at a time fits the tree that it changes.

It takes an hour, so CI does not run it; what would keep it from starting is found here.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.house.tidy import ROOT


def settings(key: str) -> list[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return [line.strip("/ ") for line in config["mutmut"][key].splitlines() if line.strip()]


@pytest.mark.parametrize("key", ["paths_to_mutate", "tests_dir", "also_copy"])
def test_each_place_that_is_named_exists_and_is_copied(key: str) -> None:
    script = (ROOT / "scripts" / "mutants").read_text(encoding="utf-8")
    (listed,) = re.findall(r"tar cf - ([^)]*)\)", script)
    copied = listed.replace("\\\n", " ").split()

    assert settings(key)
    for name in settings(key):
        assert (ROOT / name).exists()
        assert name.partition("/")[0] in copied
    assert all((ROOT / name).exists() for name in copied)


def functions(module: str) -> Iterator[str]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            yield from (f"{node.name}.{each.name}" for each in methods)


def test_each_reason_is_of_a_function_that_there_is() -> None:
    text = (ROOT / "docs" / "mutants.toml").read_text(encoding="utf-8")
    places = {key.partition(": ")[0] for key in tomllib.loads(text)["reasons"]}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for folder in settings("paths_to_mutate")
        for path in (ROOT / folder).rglob("*.py")
    }
    known = {f"{module}.{name}" for module in modules for name in functions(module)}

    assert sorted(places - known) == []
