"""The less liquid a tier, the less of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.portfolio import LimitUse
from domain.model.context import Regime
from domain.model.money import Amount
from domain.model.universe import Exclusion
from domain.risk.rules.tier_cap import TierCap
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_standing,
    a_tier,
    a_view,
)

pytestmark = pytest.mark.req("U1")
THIN = a_tier(position_pct=Decimal(2), tier_pct=Decimal(3))


def view(regime: Regime = Regime.CHOP, reason: Exclusion | None = None) -> RiskView:
    """Return a view of 10,000 USD with a lot of ETH, worth 2.002 %."""
    out = a_standing(ETH, "T1", exclusion_reason=reason)
    return a_view(
        mandate=a_mandate(tiers={"T1": THIN}),
        portfolio=a_portfolio("10000", a_lot(product=ETH), nlv="10000"),
        standings={BTC: a_standing(BTC, "T1"), ETH: out},
        regime=regime,
    )


def test_a_position_of_the_tier_is_capped() -> None:
    assert TierCap().judge(a_candidate("99.8"), view()) is None

    refusal = TierCap().judge(a_candidate("200.1"), view())
    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("tier_cap", "position in T1")


def test_all_of_the_tier_together_is_capped_what_was_excluded_since_included() -> None:
    for reason in (None, Exclusion.SPREAD):
        refusal = TierCap().judge(a_candidate("150"), view(reason=reason))

        assert refusal is not None
        assert refusal.cap_type == "tier T1"
        assert refusal.current_pct == Decimal("2.0020")


def test_a_bear_tightens_the_caps_and_a_bull_loosens_none() -> None:
    assert TierCap().judge(a_candidate("125"), view(Regime.BEAR)) is not None
    assert TierCap().judge(a_candidate("200.1"), view(Regime.BULL)) is not None


def test_what_is_in_no_tier_is_left_to_the_rule_on_the_universe() -> None:
    assert TierCap().judge(a_candidate("9999"), a_view(standings={})) is None
    assert a_view(standings={}).tier_of(BTC) == ""


def test_how_far_each_tier_is_used_is_told() -> None:
    (use,) = TierCap().uses(view())

    assert (use.name, use.used, use.limit) == ("tier T1", Decimal("2.0020"), Decimal(3))
    assert Amount(use.used) < Amount(use.limit)


def test_a_tier_of_which_nothing_is_held_is_told_as_unused() -> None:
    both = a_mandate(tiers={"T1": THIN, "T2": a_tier(tier_pct=Decimal(7))})

    _, use = TierCap().uses(evolve(view(), mandate=both))

    assert use == LimitUse("tier T2", Decimal(0), Decimal(7), "%")


def test_all_products_of_a_tier_are_held_in_it_together() -> None:
    lots = (a_lot(product=ETH), a_lot(product=BTC, id="lot-2"))
    both = evolve(view(), portfolio=a_portfolio("10000", *lots, nlv="10000"))

    (use,) = TierCap().uses(both)

    assert use.used == Decimal("4.0040")


def test_what_is_held_of_the_product_counts_for_its_position() -> None:
    refusal = TierCap().judge(a_candidate("0.01", product=ETH), view())

    assert refusal is not None
    assert (refusal.cap_type, refusal.current_pct) == ("position in T1", Decimal("2.0020"))
