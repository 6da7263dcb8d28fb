"""Nothing can be bought with too little: said before anything trades, with what would change it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import Refusal
from domain.model.money import Amount, Rate
from domain.risk.feasibility import obstacle, smallest_cost
from domain.risk.rules.order_cap import OrderCap
from domain.risk.rules.position_cap import PositionCap
from domain.risk.sizing import size_entry
from tests.builders.messages import TAKER, a_product, a_proposal, a_quote

pytestmark = pytest.mark.req("C2")
RULES = (PositionCap(), OrderCap())
STOP = Decimal(3)


def told(equity: str, *stops: Decimal, rules: tuple[PositionCap | OrderCap, ...] = RULES) -> str:
    found = obstacle(Amount(Decimal(equity)), "USD", Decimal(1), TAKER, stops, rules)
    return found or ""


def test_enough_is_no_obstacle() -> None:
    assert told("10000", STOP) == ""


def test_no_strategy_no_money_and_too_little_are_told_with_what_would_change_it() -> None:
    assert told("10000") == (
        "no strategy is enabled, so nothing will be bought; "
        "enable one: strategies.NAME.enabled=true"
    )
    assert told("0", STOP) == (
        "the account has no USD (app.quote), so nothing can be bought; put USD in, or a new paper "
        "world: --paper-balance USD=10000"
    )
    assert told("50", STOP) == (
        "equity of 50.00 USD is too little, so nothing can be bought: the smallest entry costs "
        "2.12 USD, position_cap allows 1.50; needed: 70.40 USD"
    )
    assert told("10000", STOP, rules=(PositionCap(), OrderCap(max_order_usd=Decimal(1)))) == (
        "order_cap allows 1.00 an order and the smallest entry costs 2.12 USD: raise that cap"
    )


def test_the_smallest_entry_is_twice_the_smallest_sale_at_the_stop_with_both_fees() -> None:
    assert smallest_cost(Decimal(10), Decimal(50), Rate(Decimal("0.2"))) == 60


@pytest.mark.parametrize(("cap", "is_enough"), [("60", True), ("59.99", False)])
def test_a_cap_that_is_just_enough_is_no_obstacle(cap: str, is_enough: bool) -> None:
    rules = (OrderCap(max_order_usd=Decimal(cap)),)
    taker = Rate(Decimal("0.2"))

    found = obstacle(Amount(Decimal(99)), "USD", Decimal(10), taker, [Decimal(50)], rules)

    assert (found is None) is is_enough


def test_of_several_strategies_the_one_with_the_smallest_entry_counts() -> None:
    assert told("71", Decimal(15), STOP) == ""
    assert told("71", Decimal(15)) != ""


@given(st.decimals("1", "300", places=2), st.decimals("0.5", "15", places=1))
def test_what_is_needed_is_what_the_sizing_takes(equity: Decimal, stop: Decimal) -> None:
    """With fine steps and any price: below it the gate refuses, at it the gate does not."""
    found = obstacle(Amount(equity), "USD", Decimal(1), Rate(TAKER), (stop,), RULES)
    needed = re.search(r"needed: ([\d.]+)", found or "")
    enough = Decimal(needed.group(1)) + Decimal("0.01") if needed else equity

    def verdict(nlv: Decimal) -> bool:
        ceiling = PositionCap().ceiling(Amount(nlv))
        proposal = a_proposal(notional_pct=Decimal("0.01"), stop_loss_pct=stop)
        sized = size_entry(
            proposal, a_product(), a_quote(), Amount(nlv), TAKER, Decimal(1), Decimal(0), ceiling
        )
        return not isinstance(sized, Refusal)

    assert verdict(enough)
    if needed:
        assert not verdict(equity)
