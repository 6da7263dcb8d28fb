"""The requirement table is made from the markers, complete, and as committed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts import requirements_table

SHORT = 70
"""Characters: a row of the table stays one line on a screen."""
CATALOGUE = """
[K1]
short = "kill"
rule = "Kill."
safety = true
[C1]
short = "check"
rule = "Check."
"""


def checkout(folder: Path, test: str) -> Path:
    (folder / "docs").mkdir()
    (folder / "docs" / "requirements.toml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "tests" / "unit").mkdir(parents=True)
    (folder / "tests" / "unit" / "test_kill.py").write_text(test, encoding="utf-8")
    return folder


def ids(text: str) -> list[str]:
    return [
        f"{found} {test}"
        for found, test in requirements_table.proofs_in(ast.parse(text).body, "t.py", ())
    ]


def test_the_committed_pages_are_those_that_the_tests_give() -> None:
    for path, text in requirements_table.pages(requirements_table.ROOT).items():
        assert not requirements_table.stale(requirements_table.ROOT, path, text), (
            f"{path}: run python scripts/requirements_table.py"
        )


def test_every_marker_names_an_id_of_the_catalogue() -> None:
    assert requirements_table.unknown_ids(requirements_table.ROOT) == []


def test_every_id_has_a_rule_in_one_line() -> None:
    for name, row in requirements_table.load_rules(requirements_table.ROOT).items():
        assert row["rule"].endswith("."), name
        assert "\n" not in row["rule"], name
        assert "|" not in row["short"], name
        assert len(row["short"]) <= SHORT, f"{name}: a line of a table has {SHORT} characters"


def test_a_test_may_prove_several_ids() -> None:
    found = ids('@pytest.mark.req("K1", "C1")\ndef test_a(): pass')

    assert found == ["K1 t.py::test_a", "C1 t.py::test_a"]


def test_a_marker_on_one_case_of_a_table_counts() -> None:
    text = """
@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.req("K1"))])
def test_a(x): pass
"""

    assert ids(text) == ["K1 t.py::test_a"]


def test_a_marker_on_module_or_class_counts_for_all_its_tests() -> None:
    text = """
pytestmark = [pytest.mark.slow, pytest.mark.req("K1")]
def test_a(): pass
@pytest.mark.req("C1")
class TestB:
    def test_c(self): pass
"""

    assert ids(text) == ["K1 t.py::test_a", "K1 t.py::TestB::test_c", "C1 t.py::TestB::test_c"]


def test_other_markers_and_plain_functions_do_not_count() -> None:
    assert ids('@pytest.mark.slow\ndef test_a(): pass\n@pytest.mark.req("K1")\ndef b(): pass') == []


def test_the_table_counts_and_the_other_page_names(tmp_path: Path) -> None:
    root = checkout(tmp_path, '@pytest.mark.req("K1")\ndef test_stops(): pass\n')

    pages = requirements_table.pages(root)

    table, tests = pages[requirements_table.TABLE], pages[requirements_table.TESTS]
    assert "| [K1](requirement-tests.md#k1) | kill | 1 |  |  |  |  |  |" in table
    assert "| [C1](requirement-tests.md#c1) | check |  |  |  |  |  |  |" in table
    assert (
        "## K1\n\nKill.\n\n- [unit/test_kill.py](../tests/unit/test_kill.py): `test_stops`" in tests
    )
    assert "## C1\n\nCheck.\n\nNo test yet." in tests


def test_an_unknown_id_is_named_with_its_test(tmp_path: Path) -> None:
    root = checkout(tmp_path, '@pytest.mark.req("K9")\ndef test_stops(): pass\n')

    assert requirements_table.unknown_ids(root) == [
        "tests/unit/test_kill.py::test_stops names K9, which docs/requirements.toml does not have"
    ]


@pytest.mark.parametrize("stale", [True, False])
def test_the_check_refuses_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stale: bool
) -> None:
    root = checkout(tmp_path, '@pytest.mark.req("K1")\ndef test_stops(): pass\n')
    monkeypatch.setattr(requirements_table, "ROOT", root)
    assert requirements_table.main([]) == 0

    if stale:
        (root / "tests" / "unit" / "test_kill.py").write_text("", encoding="utf-8")

    assert requirements_table.main(["--check"]) == int(stale)
