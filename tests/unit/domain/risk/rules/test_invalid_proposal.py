"""A proposal lies within policy in each of its numbers, or is refused by the name of one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.risk.rules.invalid_proposal import InvalidProposal
from tests.builders.messages import a_candidate, a_view

TINY = Decimal("0.0000000001")
NAMES = ["notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"]


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("notional_pct", "0", "3"),
        ("stop_loss_pct", "0.5", "15"),
        ("take_profit_pct", "1", "40"),
        ("conviction", "0.4", "1"),
    ],
)
def test_each_number_passes_at_its_bounds_and_is_refused_one_step_beyond(
    name: str, low: str, high: str
) -> None:
    def passes(value: Decimal) -> bool:
        return InvalidProposal().judge(a_candidate(**{name: value}), a_view()) is None

    assert passes(Decimal(low))
    assert passes(Decimal(high))
    assert not passes(Decimal(low) - TINY)
    assert not passes(Decimal(high) + TINY)


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("setting", "value", "name", "asked"),
    [
        ("max_notional_pct", "2", "notional_pct", "2.1"),
        ("min_stop_pct", "2", "stop_loss_pct", "1.9"),
        ("max_stop_pct", "4", "stop_loss_pct", "4.1"),
        ("min_target_pct", "5", "take_profit_pct", "4.9"),
        ("max_target_pct", "9", "take_profit_pct", "9.1"),
        ("min_conviction", "0.6", "conviction", "0.59"),
    ],
)
def test_each_bound_is_the_one_that_policy_says(
    setting: str, value: str, name: str, asked: str
) -> None:
    candidate = a_candidate(**{name: Decimal(asked)})
    tighter = InvalidProposal(**{setting: Decimal(value)})

    assert InvalidProposal().judge(candidate, a_view()) is None
    refusal = tighter.judge(candidate, a_view())

    assert refusal is not None
    assert refusal.observed == f"{name} {asked}"
    assert value in refusal.limit


@pytest.mark.req("R2")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "-1"])
def test_a_number_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    refusal = InvalidProposal().judge(a_candidate(**{name: Decimal(value)}), a_view())

    assert refusal is not None
    assert refusal.reason == "invalid_proposal"
    assert refusal.observed.startswith(f"{name} ")
