"""Only so many products at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.portfolio import LimitUse
from domain.model.product import ProductId
from domain.risk.exposure import Exposure
from domain.risk.rules.open_positions import OpenPositions
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    a_candidate,
    a_lot,
    a_portfolio,
    a_view,
    approved,
    approved_sale,
)

RULE = OpenPositions(open_positions=2)
SOL = ProductId("SOL-USD")


def holding(*products: ProductId, buying: ProductId | None = None) -> RiskView:
    lots = tuple(a_lot(product=each, id=f"{each}-{n}") for n, each in enumerate(products))
    exposure = Exposure()
    if buying is not None:
        exposure = exposure.reserve(approved(product=buying))
    return a_view(portfolio=a_portfolio("10000", *lots), exposure=exposure)


@pytest.mark.req("E1")
def test_one_more_product_than_allowed_is_refused() -> None:
    assert RULE.judge(a_candidate(), holding(ETH)) is None
    refusal = RULE.judge(a_candidate(), holding(ETH, SOL))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == ("open_positions", "2 open", "2")


@pytest.mark.req("E2")
def test_an_open_entry_counts_like_a_position_and_a_sale_does_not() -> None:
    assert RULE.judge(a_candidate(), holding(ETH, buying=SOL)) is not None
    sale = Exposure().reserve(approved_sale("lot-1", product=SOL))
    view = a_view(portfolio=a_portfolio("10000", a_lot(product=ETH)), exposure=sale)
    assert RULE.judge(a_candidate(), view) is None


@pytest.mark.req("E1")
def test_more_of_what_is_there_is_no_further_position() -> None:
    assert RULE.judge(a_candidate(), holding(BTC, ETH)) is None
    assert RULE.judge(a_candidate(), holding(ETH, ETH)) is None


@pytest.mark.req("E1")
def test_it_tells_how_many_are_open() -> None:
    (use,) = RULE.uses(holding(ETH, buying=SOL))

    assert use == LimitUse("open positions", Decimal(2), Decimal(2), "products")
    assert [each.used for each in RULE.uses(a_view(portfolio=None))] == [0]
