"""Entries buy something."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.product import Side
from domain.risk.rules.shorting_disallowed import ShortingDisallowed
from tests.builders.messages import a_candidate, a_view

TINY = Decimal("0.0000000001")


@pytest.mark.req("R1")
@pytest.mark.parametrize(
    "change", [{"side": Side.SELL}, {"notional_pct": Decimal(0)}, {"notional_pct": Decimal(-1)}]
)
def test_only_buys_of_something_enter(change: dict[str, object]) -> None:
    rule = ShortingDisallowed()

    refusal = rule.judge(a_candidate(**change), a_view())

    assert refusal is not None
    assert refusal.reason == "shorting_disallowed"
    assert rule.judge(a_candidate(notional_pct=TINY), a_view()) is None
