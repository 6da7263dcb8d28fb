"""The bugs that are planted on purpose still have their places, and the command notices a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from scripts.planted_bug import Bug
from scripts.planted_bugs import BUGS, copied, killer_of, main, planted
from tests.house.tidy import ROOT

FAST = next(bug for bug in BUGS if bug.name == "one listing is believed instead of two")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_every_planted_bug_has_its_place_and_its_tests(bug: Bug) -> None:
    assert planted(bug, ROOT) != (ROOT / bug.file).read_text(encoding="utf-8")
    for tests in bug.tests.split():
        assert (ROOT / tests).exists()


def test_a_bug_without_its_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 times, not once"):
        planted(evolve(FAST, old="this stands nowhere"), ROOT)
    with pytest.raises(ValueError, match="times, not once"):
        planted(evolve(FAST, old="def "), ROOT)


def test_a_bug_that_a_test_notices_is_killed_and_the_copy_is_whole_again(copy: Path) -> None:
    assert killer_of(FAST, copy) is not None
    assert (copy / FAST.file).read_text() == (ROOT / FAST.file).read_text()


def test_a_change_that_breaks_nothing_survives(copy: Path) -> None:
    harmless = evolve(
        FAST, new=FAST.old + "  # no bug", tests="tests/unit/domain/orders/test_sweep.py"
    )

    assert killer_of(harmless, copy) is None


def test_a_word_that_no_bug_has_is_no_success() -> None:
    assert main(["--only", "no bug is called so"]) == 1
