"""Of drawdowns the smaller one is better, of everything else the larger."""

from __future__ import annotations

import pytest

from app.sweep.objectives import SearchGoal

pytestmark = pytest.mark.req("BT2")


def test_more_is_better_but_of_drawdowns() -> None:
    assert {each.value for each in SearchGoal if each.sign == -1} == {"max_drawdown_pct"}
    assert {each.sign for each in SearchGoal} == {1, -1}
