"""An absolute limit on one order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Amount
from domain.risk.rules.order_cap import OrderCap
from tests.builders.messages import a_candidate, a_view


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
