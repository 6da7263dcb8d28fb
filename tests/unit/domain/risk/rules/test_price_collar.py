"""Nobody pays far more than the market asks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Price
from domain.risk.rules.price_collar import PriceCollar
from domain.risk.sizing import Sized
from tests.builders.messages import BTC, a_candidate, a_quote, a_sized, a_view

VIEW = a_view(quotes={BTC: a_quote("99", "101")})
RULE = PriceCollar()


def at(price: str) -> Sized:
    return a_sized(limit_price=Price(Decimal(price)))


@pytest.mark.req("E1")
def test_binds_at_a_tenth_of_a_basis_point() -> None:
    assert RULE.judge(a_candidate(sized=at("101")), VIEW) is None
    refusal = RULE.judge(a_candidate(sized=at("101.001")), VIEW)

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "price_collar",
        "100.10 bps above the mid",
        "100 bps",
    )


@pytest.mark.req("E1")
def test_a_price_below_the_market_is_no_danger() -> None:
    assert RULE.judge(a_candidate(sized=at("1")), VIEW) is None


@pytest.mark.parametrize(("bid", "ask"), [("101", "99"), ("0", "101"), ("101", "101")])
def test_a_senseless_quote_is_refused_elsewhere(bid: str, ask: str) -> None:
    view = a_view(quotes={BTC: a_quote(bid, ask)})

    assert RULE.judge(a_candidate(sized=at("500")), view) is None
    assert RULE.judge(a_candidate(), VIEW) is None
    assert RULE.judge(a_candidate(sized=at("500")), a_view(quotes={})) is None


@pytest.mark.req("E1")
def test_a_price_of_a_part_of_one_has_its_collar_too() -> None:
    view = a_view(quotes={BTC: a_quote("0.5", "0.51")})

    assert RULE.judge(a_candidate(sized=at("0.6")), view) is not None
