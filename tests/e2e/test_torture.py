"""`run.py torture`, as people type it: one hostile strategy in virtual and one in real time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.checkout import Checkout
from tests.builders.full import only_whole

pytestmark = pytest.mark.req("E1", "SUP1", "STR3")


@only_whole
@pytest.mark.slow
def test_the_stated_bounds_hold_and_no_folder_of_the_user_is_touched(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "bulkhead")
    before = files(checkout.root)

    done = checkout.run("torture", "--strategy", "mutator", "--strategy", "blocked", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"]
    mutator, blocked = told["cases"]
    assert (mutator["name"], blocked["name"]) == ("mutator", "blocked")
    assert (mutator["real_time"], blocked["real_time"]) == (False, True)
    for each in told["cases"]:
        assert each["verdict"] == "holds", each["failures"]
        assert each["seen"]["fills"] > 0
        assert each["proposals"] > 0
    assert "HALT strategy.blocked strategy:blocked" in blocked["journal"]["breakers"]
    assert files(checkout.root) == before


def files(root: Path) -> set[Path]:
    """Return every file below `root` but for compiled code."""
    return {each for each in root.rglob("*") if each.is_file() and each.suffix != ".pyc"}
