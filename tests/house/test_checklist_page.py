"""The live checklist's page is the one that its table gives."""

from __future__ import annotations

import pytest

from domain.system.live_checklist import ITEMS, LivePhase
from scripts import checklist_page, pages

pytestmark = pytest.mark.req("CL1")


def test_the_committed_page_is_the_one_that_the_table_gives() -> None:
    committed = (pages.ROOT / checklist_page.PAGE).read_text(encoding="utf-8")

    assert committed == checklist_page.render(), "run python -m scripts.checklist_page"


def test_there_are_seven_phases_and_each_has_items() -> None:
    assert [each.value for each in LivePhase] == [1, 2, 3, 4, 5, 6, 7]
    assert {each.phase for each in ITEMS} == set(LivePhase)
    assert ITEMS[0].name == "venue check", "the real venue is touched harmlessly first"
    assert len({each.name for each in ITEMS}) == len(ITEMS)
