"""A cap on one position; what all caps have in common is in ../test_caps.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Amount
from domain.model.orders import OrderState
from domain.risk.exposure import Exposure
from domain.risk.rules.position_cap import PositionCap
from tests.builders.messages import (
    a_candidate,
    a_lot,
    a_moved,
    a_portfolio,
    a_view,
    an_intent,
    approved,
)


@pytest.mark.req("E2")
@pytest.mark.parametrize("state", [s for s in OrderState if s is not OrderState.FILLED])
def test_an_order_counts_at_its_worst_case_until_it_has_ended(state: OrderState) -> None:
    order = approved(worst_case=Amount(Decimal(250)))
    intent = an_intent(order)
    exposure = Exposure().reserve(order).bind(intent).end(a_moved(intent, state))
    has_ended = state in (
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
        OrderState.VOID,
    )

    refusal = PositionCap().judge(a_candidate("50.01"), a_view(exposure=exposure))

    assert (refusal is None) == has_ended


@pytest.mark.req("E1")
def test_a_lot_without_a_price_counts_at_its_cost() -> None:
    lot = a_lot(cost=Amount(Decimal(250)))
    view = a_view(portfolio=a_portfolio("10000", lot), quotes={})

    assert PositionCap().judge(a_candidate("50"), view) is None
    assert PositionCap().judge(a_candidate("50.01"), view) is not None


@pytest.mark.req("X3", "E1")
def test_nothing_is_raised_above_the_cap() -> None:
    assert PositionCap(position_pct=Decimal(2)).ceiling(Amount(Decimal(800))) == 16
