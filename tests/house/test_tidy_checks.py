"""Each rule of style finds what it is for and leaves the permitted neighbour alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house import tidy


def tree(text: str) -> ast.Module:
    return ast.parse(text)


def test_finds_a_module_one_line_too_long() -> None:
    assert list(tidy.long_module("a.py", "x\n" * 401))
    assert not list(tidy.long_module("a.py", "x\n" * 400))


def test_finds_a_function_one_line_too_long_without_counting_its_docstring() -> None:
    fits = 'def f():\n    """Say.\n\n    More.\n    """\n' + "    x = 1\n" * 39
    too_long = fits + "    x = 1\n"

    assert not list(tidy.long_functions("a.py", tree(fits), {}))
    assert list(tidy.long_functions("a.py", tree(too_long), {})) == [
        "a.py:1 f has 41 lines, at most 40: name its steps"
    ]


def test_the_ratchet_keeps_a_length_but_refuses_growth() -> None:
    text = "def f():\n" + "    x = 1\n" * 50

    assert not list(tidy.long_functions("a.py", tree(text), {"a.py::f": 51}))
    assert list(tidy.long_functions("a.py", tree(text + "    x = 1\n"), {"a.py::f": 51}))


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic_ns()",
        "from time import sleep\nsleep(1)",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from uuid import uuid4\nuuid4()",
        "import random\nrandom.random()",
        "from random import choice\nchoice([1])",
        "print(1)",
    ],
)
def test_finds_a_banned_call(text: str) -> None:
    assert list(tidy.banned_calls("a.py", tree(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from uuid import uuid5\nuuid5",
        "clock.time()",
        "def draw(random):\n    return random.random()",
        "from datetime import timedelta\ntimedelta(1)",
        "self.time.sleep(1)",
        "fingerprint(1)",
    ],
)
def test_leaves_a_neighbour_of_a_banned_call_alone(text: str) -> None:
    assert not list(tidy.banned_calls("a.py", tree(text)))


@pytest.mark.parametrize("text", ["x = 0.5", "x = 1e3", "float(y)"])
def test_finds_a_binary_float(text: str) -> None:
    assert list(tidy.binary_floats("a.py", tree(text)))


def test_leaves_exact_numbers_alone() -> None:
    assert not list(tidy.binary_floats("a.py", tree("x = Decimal('0.5') * 3 + 1_000")))


@pytest.mark.parametrize(
    "text",
    [
        "for x in {1, 2}: pass",
        "[x for x in set(y)]",
        "list({x for x in y})",
        "tuple(frozenset(y))",
    ],
)
def test_finds_a_loop_over_a_set(text: str) -> None:
    assert list(tidy.iterated_sets("a.py", tree(text)))


@pytest.mark.parametrize("text", ["for x in sorted({1, 2}): pass", "1 in {1, 2}", "list()"])
def test_leaves_sets_without_order_alone(text: str) -> None:
    assert not list(tidy.iterated_sets("a.py", tree(text)))


@pytest.mark.parametrize(
    "text", ["import unittest.mock", "from unittest.mock import Mock", "from unittest import mock"]
)
def test_finds_a_mock(text: str) -> None:
    assert list(tidy.mocks("a.py", tree(text)))


def test_leaves_other_imports_alone() -> None:
    assert not list(tidy.mocks("a.py", tree("import unittest\nfrom tests.fakes import venue")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "def find_symbol(): pass"),
        ("a.py", "class ExchangeClient: pass"),
        ("a.py", "def all_instruments(): pass"),
        ("a/utils.py", ""),
    ],
)
def test_finds_a_word_that_the_glossary_replaces(name: str, text: str) -> None:
    assert list(tidy.foreign_words(name, tree(text)))


def test_leaves_our_words_alone() -> None:
    assert not list(tidy.foreign_words("a.py", tree("class ProductUtility: pass")))


def test_finds_work_left_for_later() -> None:
    assert list(tidy.unfinished("a.py", "x = 1  # TO" + "DO: more"))
    assert not list(tidy.unfinished("a.py", "todos = method"))


@pytest.mark.parametrize("folder", ["home", "root", "Users", "work"])
def test_finds_a_path_of_one_machine(folder: str) -> None:
    assert list(tidy.machine_paths("a.md", f"see /{folder}/somebody/data"))


@pytest.mark.parametrize("before", ["a", "https://host", "..", "$dir"])
@pytest.mark.parametrize("folder", ["home", "root", "Users", "work"])
def test_leaves_relative_paths_and_addresses_alone(before: str, folder: str) -> None:
    assert not list(tidy.machine_paths("a.md", f"{before}/{folder}/b"))


def test_finds_a_module_that_nothing_imports(tmp_path: Path) -> None:
    modules = {
        "used": "",
        "late.part": "",
        "alone": "import used\nCOMMAND = 'late.part:run'",
        "command": 'if __name__ == "__main__":\n    pass',
        "plugin_a": "",
    }
    for name, text in modules.items():
        folder, _, stem = name.rpartition(".")
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{stem}.py").write_text(text, encoding="utf-8")
    paths = sorted(tmp_path.rglob("*.py"))

    found = list(tidy.dead_modules(paths, tmp_path, ("plugin_",)))

    assert found == ["alone.py is imported by nothing: wire it or drop it"]
