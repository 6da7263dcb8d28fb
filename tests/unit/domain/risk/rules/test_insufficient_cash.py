"""An entry is payable whatever else is filled."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.model.money import ZERO, Amount
from domain.risk.exposure import Exposure
from domain.risk.rules.insufficient_cash import InsufficientCash
from tests.builders.messages import a_candidate, a_portfolio, a_view, approved


@pytest.mark.req("E1", "E2")
def test_cash_must_pay_for_the_order_and_all_that_is_reserved() -> None:
    exposure = Exposure().reserve(approved(worst_case=Amount(Decimal(60))))
    view = a_view(portfolio=a_portfolio("100"), exposure=exposure)

    assert InsufficientCash().judge(a_candidate("40"), view) is None
    refusal = InsufficientCash().judge(a_candidate("40.01"), view)

    assert refusal is not None
    assert refusal.reason == "insufficient_cash"
    assert (refusal.observed, refusal.limit) == ("40.01 needed", "40 free")


@pytest.mark.req("E1")
def test_only_allotted_cash_pays() -> None:
    portfolio = evolve(a_portfolio("100"), allotted=Amount(ZERO))

    assert InsufficientCash().judge(a_candidate("1"), a_view(portfolio=portfolio)) is not None
