"""Caps on what is at risk: each passes at its limit, refuses a cent above, and counts everything.

The account is worth 10,000 USD, so one percent is 100 USD.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason, Refusal
from domain.model.context import Regime
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import OrderState
from domain.model.product import ProductId
from domain.risk.exposure import Exposure
from domain.risk.rules.caps import (
    asset_cap,
    enough_cash,
    order_cap,
    position_cap,
    strategy_cap,
    theme_cap,
    total_cap,
)
from domain.risk.sizing import Sized
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    a_lot,
    a_moved,
    a_portfolio,
    a_quote,
    a_view,
    an_entry,
    an_intent,
    approved,
    some_limits,
)

Rule = Callable[[EntryProposed, Sized | None, RiskView], Refusal | None]
SOL = ProductId("SOL-USD")
THEMED = some_limits(themes={"LAYER1": ("BTC", "SOL")}, theme_pct={"LAYER1": Decimal(4)})


def costing(worst_case: str) -> Sized:
    return Sized(
        quantity=Quantity(Decimal(1)),
        limit_price=Price(Decimal(100)),
        post_only=True,
        worst_case=Amount(Decimal(worst_case)),
        is_raised=False,
    )


def holding(worth: str, product: str = BTC, strategy: str = "breakout", **changes: Any) -> RiskView:
    """Return a view in which a lot is worth so much at the ask, everything in NLV 10,000."""
    lot = a_lot(worth, product=ProductId(product), strategy=strategy)
    quotes = {
        ProductId(name): a_quote("0.99", "1", product=name) for name in (BTC, ETH, SOL, "BTC-USDC")
    }
    values = {"portfolio": a_portfolio("10000", lot), "quotes": quotes, **changes}
    return a_view(**values)


CASES: list[tuple[Rule, Reason, dict[str, Any], str]] = [
    (total_cap, Reason.TOTAL_CAP, {"product": ETH}, "1500"),
    (position_cap, Reason.POSITION_CAP, {}, "300"),
    (asset_cap, Reason.ASSET_CAP, {"product": "BTC-USDC"}, "500"),
    (theme_cap, Reason.THEME_CAP, {"product": SOL, "limits": THEMED}, "400"),
    (strategy_cap, Reason.STRATEGY_CAP, {"product": ETH}, "1500"),
]


@pytest.mark.req("E1", "U2", "STR3")
@pytest.mark.parametrize(("rule", "reason", "changes", "cap"), CASES)
def test_passes_at_the_cap_and_refuses_a_cent_above(
    rule: Rule, reason: Reason, changes: dict[str, Any], cap: str
) -> None:
    view = holding("200", **changes)
    room = Decimal(cap) - 200

    assert rule(an_entry(), costing(str(room)), view) is None
    refusal = rule(an_entry(), costing(str(room + Decimal("0.01"))), view)

    assert refusal is not None
    assert refusal.reason is reason
    assert refusal.cap_type is not None
    assert refusal.current_pct == 2
    assert refusal.proposed_pct == (Decimal(cap) + Decimal("0.01")) / 100


@pytest.mark.req("E1")
@pytest.mark.parametrize(("rule", "reason", "changes", "cap"), CASES)
@given(worth=st.integers(0, 2_000), cost=st.integers(1, 2_000), more=st.integers(0, 500))
def test_a_larger_order_is_never_judged_more_kindly(
    rule: Rule, reason: Reason, changes: dict[str, Any], cap: str, worth: int, cost: int, more: int
) -> None:
    view = holding(str(worth), **changes)

    def passes(worst_case: int) -> bool:
        return rule(an_entry(), costing(str(worst_case)), view) is None

    assert passes(cost) >= passes(cost + more)
    assert passes(cost) == (worth + cost <= Decimal(cap))
    assert reason.endswith("_cap")


@pytest.mark.req("E1")
@pytest.mark.parametrize("rule", [position_cap, asset_cap, theme_cap])
def test_what_belongs_elsewhere_does_not_count(rule: Rule) -> None:
    view = holding("5000", product=ETH, limits=THEMED)

    assert rule(an_entry(), costing("100"), view) is None


@pytest.mark.req("STR3")
def test_a_strategy_answers_for_its_own_lots_only() -> None:
    view = holding("5000", strategy="other")

    assert strategy_cap(an_entry(), costing("100"), view) is None
    assert strategy_cap(an_entry(strategy="other"), costing("100"), view) is not None


@pytest.mark.req("STR3")
def test_a_strategy_without_a_budget_has_none() -> None:
    assert strategy_cap(an_entry(strategy="unknown"), costing("0.01"), a_view()) is not None


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

    refusal = position_cap(an_entry(), costing("50.01"), a_view(exposure=exposure))

    assert (refusal is None) == has_ended


@pytest.mark.req("E1")
def test_a_lot_without_a_price_counts_at_its_cost() -> None:
    lot = a_lot(cost=Amount(Decimal(250)))
    view = a_view(portfolio=a_portfolio("10000", lot), quotes={})

    assert position_cap(an_entry(), costing("50"), view) is None
    assert position_cap(an_entry(), costing("50.01"), view) is not None


@pytest.mark.req("E1")
def test_the_stricter_cap_of_an_asset_binds() -> None:
    tight = some_limits(asset_pcts={"BTC": Decimal(1)})
    loose = some_limits(asset_pcts={"BTC": Decimal(50)})

    assert asset_cap(an_entry(), costing("100.01"), a_view(limits=tight)) is not None
    assert asset_cap(an_entry(), costing("500.01"), a_view(limits=loose)) is not None


@pytest.mark.req("U2")
def test_every_theme_of_an_asset_binds() -> None:
    limits = some_limits(
        themes={"WIDE": ("BTC", "ETH"), "NARROW": ("BTC",)},
        theme_pct={"WIDE": Decimal(10), "NARROW": Decimal(1)},
    )

    refusal = theme_cap(an_entry(), costing("100.01"), a_view(limits=limits))

    assert refusal is not None
    assert refusal.cap_type == "theme NARROW"


@pytest.mark.req("U3")
@pytest.mark.parametrize(
    ("regime", "cap"),
    [(Regime.BULL, "300"), (Regime.CHOP, "300"), (Regime.BEAR, "180"), (Regime.CRASH, "0")],
)
def test_a_bad_market_tightens_the_caps_and_a_good_one_never_loosens_them(
    regime: Regime, cap: str
) -> None:
    view = a_view(regime=regime)

    assert position_cap(an_entry(), costing(cap), view) is None
    assert position_cap(an_entry(), costing(str(Decimal(cap) + 1)), view) is not None


@pytest.mark.req("E1")
def test_the_absolute_limit_of_an_order_binds_at_a_cent() -> None:
    assert order_cap(an_entry(), costing("1000"), a_view()) is None
    refusal = order_cap(an_entry(), costing("1000.01"), a_view())

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == (Reason.ORDER_CAP, "max_order_usd")


@pytest.mark.req("E1", "E2")
def test_cash_must_pay_for_the_order_and_all_that_is_reserved() -> None:
    exposure = Exposure().reserve(approved(worst_case=Amount(Decimal(60))))
    view = a_view(portfolio=a_portfolio("100"), exposure=exposure)

    assert enough_cash(an_entry(), costing("40"), view) is None
    refusal = enough_cash(an_entry(), costing("40.01"), view)
    assert refusal is not None
    assert refusal.reason is Reason.INSUFFICIENT_CASH


@pytest.mark.req("E1")
def test_only_allotted_cash_pays() -> None:
    portfolio = evolve(a_portfolio("100"), allotted=Amount(ZERO))

    assert enough_cash(an_entry(), costing("1"), a_view(portfolio=portfolio)) is not None
