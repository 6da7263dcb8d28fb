"""A strategy trades within its budget; what all caps have in common is in ../test_caps.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.portfolio import LimitUse
from domain.model.money import Amount
from domain.risk.order_bound import OrderBound
from domain.risk.rules.strategy_cap import StrategyCap
from tests.builders.messages import (
    BTC,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_prospect,
    a_quote,
    a_view,
)


@pytest.mark.req("STR3")
def test_a_strategy_answers_for_its_own_lots_only() -> None:
    lot = a_lot("400", strategy="other")
    view = a_view(
        portfolio=a_portfolio("9600", lot, nlv="10000"),
        quotes={BTC: a_quote("0.99", "1")},
        mandate=a_mandate(budget_pct={"breakout": Decimal(4), "other": Decimal(4)}),
    )

    assert StrategyCap().judge(a_candidate("400"), view) is None
    refusal = StrategyCap().judge(a_candidate("0.01", strategy="other"), view)

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("strategy_cap", "strategy")


@pytest.mark.req("STR3")
def test_a_strategy_without_a_budget_has_none() -> None:
    assert StrategyCap().judge(a_candidate("0.01", strategy="unknown"), a_view()) is not None


@pytest.mark.req("STR3", "E1")
def test_each_strategy_tells_its_use_one_that_holds_nothing_too() -> None:
    view = a_view(
        portfolio=a_portfolio("9600", a_lot("400", strategy="other"), nlv="10000"),
        quotes={BTC: a_quote("0.99", "1")},
        mandate=a_mandate(budget_pct={"other": Decimal(5), "breakout": Decimal(4)}),
    )

    assert [*StrategyCap().uses(view)] == [
        LimitUse("strategy breakout", Decimal(0), Decimal(4), "%"),
        LimitUse("strategy other", Decimal(4), Decimal(5), "%"),
    ]


@pytest.mark.req("STR3", "C2")
@pytest.mark.parametrize(("strategy", "most"), [("breakout", 1500), ("unknown", 0)])
def test_a_strategy_without_a_budget_has_room_for_nothing(strategy: str, most: int) -> None:
    (bound,) = StrategyCap().bounds(a_prospect(10_000, strategy=strategy))

    assert bound == OrderBound(
        key=f"strategies.{strategy}.max_at_risk_pct", most=Amount(Decimal(most)), grows=True
    )
