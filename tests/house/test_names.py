"""A class has a name of its own, and its docstring speaks of what is there."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house import names, tidy

SAME_NAME: dict[str, str] = {}
"""Class names that may stand twice, each with its reason, such as a Protocol and what fills it."""


def parsed(*texts: str) -> dict[Path, ast.Module]:
    return {Path(f"module_{number}.py"): ast.parse(text) for number, text in enumerate(texts)}


def product() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8")) for path in tidy.sources(*tidy.PACKAGES)
    }


def test_no_class_name_stands_twice() -> None:
    twins = names.twins(product())

    assert {name: twins[name] for name in twins if name not in SAME_NAME} == {}, (
        "a log line shows the name and no module: give one of them the name of what it is"
    )
    assert sorted(SAME_NAME.keys() - twins.keys()) == [], "these stand once now: drop their rows"


def test_docstrings_of_classes_name_only_what_is_there() -> None:
    found = list(names.unknown_names(product()))

    assert not found, "\n" + "\n".join(found)


def test_twins_are_found_and_private_and_nested_ones_are_not() -> None:
    trees = parsed(
        "class A: pass\nclass _B: pass\nclass C:\n    class D: pass",
        "class A: pass\nclass _B: pass\nclass E:\n    class D: pass",
    )

    assert names.twins(trees) == {"A": ["module_0.py", "module_1.py"]}


def test_a_name_in_a_docstring_may_be_a_field_inherited_or_of_the_module() -> None:
    text = '''
LIMIT = 3

class Base:
    width: int

class Box(Base):
    """`width` times `height` under `LIMIT`, as `Base` says; `open` by `lid(force)`; no `depth`."""

    height: int

    def lid(self, force: int) -> None: ...
'''

    assert list(names.unknown_names(parsed(text))) == [
        "module_0.py:7 Box speaks of `depth`, which nothing bears"
    ]
