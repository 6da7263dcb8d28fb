"""The page about supervision is the one that the policy table gives, with every fault measured."""

from __future__ import annotations

import pytest

from scripts import supervision_page
from scripts.supervision_page import KINDS, MEASURED, NAMES, PAGE


@pytest.mark.req("SUP1")
def test_the_policies_of_the_page_are_those_of_the_table() -> None:
    committed = PAGE.read_text(encoding="utf-8").partition(MEASURED)[0]

    wanted = supervision_page.HEAD + supervision_page.policy_rows()
    assert committed.rstrip() == wanted.rstrip(), "run python scripts/supervision_page.py"


@pytest.mark.req("SUP1")
def test_every_actor_and_fault_was_measured_on_both_runtimes() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(MEASURED)[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    measured = {(row[0], row[1]): row[3:] for row in rows if row[0] in NAMES}

    assert set(measured) == {(actor, kind) for actor in NAMES for kind in KINDS}
    assert not [fault for fault, figures in measured.items() if "–" in figures]
