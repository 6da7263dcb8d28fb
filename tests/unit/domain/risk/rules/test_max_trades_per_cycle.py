"""A strategy gets so many entries out of one decision, whoever has counted before."""

from __future__ import annotations

import pytest

from domain.risk.rules.max_trades_per_cycle import MaxTradesPerCycle
from tests.builders.messages import a_candidate, a_mandate, a_view

RULE = MaxTradesPerCycle()
MANDATE = a_mandate(trades_per_cycle={"breakout": 2, "other": 9})


@pytest.mark.req("STR3")
def test_one_more_than_it_may_have_is_refused() -> None:
    one = a_view(mandate=MANDATE, approved_in_cycle={"breakout": 1, "other": 5})
    two = a_view(mandate=MANDATE, approved_in_cycle={"breakout": 2})

    assert RULE.judge(a_candidate(), one) is None
    refusal = RULE.judge(a_candidate(), two)

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "max_trades_per_cycle",
        "2 approved in this cycle",
        "2 a cycle",
    )


@pytest.mark.req("STR3")
def test_a_strategy_that_may_have_one_gets_its_first() -> None:
    one = a_mandate(trades_per_cycle={"breakout": 1})

    assert RULE.judge(a_candidate(), a_view(mandate=one)) is None
    assert RULE.judge(a_candidate(), a_view(mandate=one, approved_in_cycle={"other": 9})) is None


@pytest.mark.req("STR3")
def test_a_strategy_that_is_not_known_has_none() -> None:
    assert RULE.judge(a_candidate(), a_view(mandate=a_mandate(trades_per_cycle={}))) is not None
