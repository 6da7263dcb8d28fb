"""The table of the checklist: phases in order, and what is left of it when some is met."""

from __future__ import annotations

import pytest

from domain.system.live_checklist import ITEMS, ChecklistAnswer, LivePhase, items_of, unmet

pytestmark = pytest.mark.req("CL1")


def test_the_items_stand_in_the_order_of_the_phases() -> None:
    assert [each.phase for each in ITEMS] == sorted(each.phase for each in ITEMS)
    assert items_of(None) == ITEMS
    assert tuple(each for phase in LivePhase for each in items_of(phase)) == ITEMS


def test_what_is_not_met_is_left() -> None:
    answers = [ChecklistAnswer(each, each.phase is not LivePhase.SAFETY, "") for each in ITEMS]

    assert {each.item.phase for each in unmet(answers)} == {LivePhase.SAFETY}
