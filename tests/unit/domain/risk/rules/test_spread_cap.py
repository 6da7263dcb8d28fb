"""Nothing is bought while bid and ask are far apart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.risk.rules.spread_cap import SpreadCap
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    a_candidate,
    a_mandate,
    a_quote,
    a_standing,
    a_tier,
    a_view,
)


def spread(bid: str, ask: str, tier_bps: int = 200) -> RiskView:
    tiers = {"T1": a_tier(max_spread_bps=Decimal(tier_bps))}
    return a_view(quotes={BTC: a_quote(bid, ask)}, mandate=a_mandate(tiers=tiers))


@pytest.mark.req("U1", "O1")
def test_binds_at_a_tenth_of_a_basis_point() -> None:
    assert SpreadCap().judge(a_candidate(), spread("99.7", "100.3")) is None
    refusal = SpreadCap().judge(a_candidate(), spread("99.699", "100.301"))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "spread_cap",
        "60.20 bps",
        "60 bps",
    )


@pytest.mark.req("U1")
def test_the_limit_of_its_tier_binds_too() -> None:
    assert SpreadCap().judge(a_candidate(), spread("99.9", "100.1", 20)) is None
    refusal = SpreadCap().judge(a_candidate(), spread("99.89", "100.11", 20))

    assert refusal is not None
    assert refusal.limit == "20 bps"


def test_without_a_tier_its_own_limit_binds_and_without_a_quote_others_refuse() -> None:
    view = a_view(quotes={BTC: a_quote("99", "101")}, standings={BTC: a_standing(tier="")})

    assert SpreadCap().judge(a_candidate(), view) is not None
    assert SpreadCap().judge(a_candidate(), a_view(quotes={})) is None
    assert SpreadCap().judge(a_candidate(), spread("101", "99")) is None
    assert SpreadCap().judge(a_candidate(), spread("0", "1")) is None


@pytest.mark.req("U1")
def test_a_price_of_a_part_of_one_has_a_spread_too() -> None:
    assert SpreadCap().judge(a_candidate(), spread("0.5", "0.51")) is not None
