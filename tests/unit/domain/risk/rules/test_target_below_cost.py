"""A target pays for the way in and out.

Maker 0.6 % in, taker 1.2 % out, spread 0.2 of 100 = 0.2 %: three times 2 % is needed.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.money import Rate
from domain.risk.rules.target_below_cost import TargetBelowCost
from tests.builders.messages import BTC, a_candidate, a_quote, a_sized, a_view

TIGHT = a_quote("99.80", "100")
VIEW = a_view(quotes={BTC: TIGHT})


@pytest.mark.req("COST")
@pytest.mark.parametrize(("ratio", "enough"), [("3", "6"), ("4", "8")])
def test_a_target_passes_at_the_multiple_of_its_costs_and_is_refused_below(
    ratio: str, enough: str
) -> None:
    rule = TargetBelowCost(min_reward_ratio=Decimal(ratio))
    short = Decimal(enough) - Decimal("0.0001")

    assert rule.judge(a_candidate(take_profit_pct=Decimal(enough)), VIEW) is None
    refusal = rule.judge(a_candidate(take_profit_pct=short), VIEW)

    assert refusal is not None
    assert refusal.reason == "target_below_cost"
    assert (refusal.observed, refusal.limit) == (f"target {short} %", f"at least {enough}.0000 %")


@pytest.mark.req("COST")
def test_an_entry_that_crosses_pays_the_taker_fee_twice() -> None:
    def passes(target: str, *, post_only: bool) -> bool:
        sized = a_sized(post_only=post_only)
        candidate = a_candidate(sized=sized, take_profit_pct=Decimal(target))
        return TargetBelowCost().judge(candidate, VIEW) is None

    assert passes("6", post_only=True)
    assert not passes("7.79", post_only=False)
    assert passes("7.8", post_only=False)


@pytest.mark.req("COST")
@pytest.mark.parametrize("missing", ["maker", "taker"])
def test_unknown_fees_block(missing: str) -> None:
    refusal = TargetBelowCost().judge(a_candidate(), a_view(**{missing: None}))

    assert refusal is not None
    assert refusal.reason == "fees_unknown"


@pytest.mark.req("COST")
@given(
    st.decimals("0", "0.02", places=4),
    st.decimals("0", "0.02", places=4),
    st.decimals("1", "12", places=3),
)
def test_higher_fees_are_never_judged_more_kindly(
    fee: Decimal, more: Decimal, target: Decimal
) -> None:
    def passes(rate: Decimal) -> bool:
        view = a_view(quotes={BTC: TIGHT}, taker=Rate(rate))
        return TargetBelowCost().judge(a_candidate(take_profit_pct=target), view) is None

    assert passes(fee) >= passes(fee + more)
