"""An absolute limit on one order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Amount
from domain.risk.order_bound import OrderBound
from domain.risk.rules.order_cap import OrderCap
from tests.builders.messages import a_candidate, a_prospect, a_view


@pytest.mark.req("E1")
def test_the_absolute_limit_of_an_order_binds_at_a_cent() -> None:
    assert OrderCap().judge(a_candidate("1000"), a_view()) is None
    refusal = OrderCap().judge(a_candidate("1000.01"), a_view())

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("order_cap", "max_order_usd")
    assert (refusal.observed, refusal.limit) == ("1000.01 at worst", "1000")


@pytest.mark.req("X3", "E1")
def test_nothing_is_raised_above_the_limit_whatever_the_account_is_worth() -> None:
    rule = OrderCap(max_order_usd=Decimal(70))

    assert rule.ceiling(Amount(Decimal(10_000))) == rule.ceiling(Amount(Decimal(1))) == 70


@pytest.mark.req("C2")
def test_the_limit_stays_however_much_equity_there_is() -> None:
    for nlv in (1, 10_000):
        (bound,) = OrderCap(max_order_usd=Decimal(70)).bounds(a_prospect(nlv))

        assert bound == OrderBound(
            key="policy.max_order_usd", most=Amount(Decimal(70)), grows=False
        )
