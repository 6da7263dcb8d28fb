"""Rules about the proposal itself: within bounds, long only, on a product that takes orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason
from domain.model.product import ProductFlags, Side
from domain.model.proposal import TradeProposal
from domain.risk.rules.proposal import no_shorts, product_allows, within_bounds
from domain.risk.sizing import Sized
from tests.builders.messages import BTC, a_product, a_proposal, a_view, an_entry, some_limits
from tests.builders.numbers import amount, price, quantity

TINY = Decimal("0.0000000001")


def a_changed_entry(name: str, value: Decimal) -> EntryProposed:
    """Return an entry of which one number is another."""
    change: dict[str, Any] = {name: value}
    return an_entry(**change)


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("notional_pct", "0", "3"),
        ("stop_loss_pct", "0.5", "15"),
        ("take_profit_pct", "1", "40"),
        ("conviction", "0.3", "1"),
    ],
)
def test_each_number_passes_at_its_bounds_and_is_refused_one_step_beyond(
    name: str, low: str, high: str
) -> None:
    def refusal(value: Decimal) -> object:
        return within_bounds(a_changed_entry(name, value), None, a_view())

    assert refusal(Decimal(low)) is None
    assert refusal(Decimal(high)) is None
    assert refusal(Decimal(low) - TINY) is not None
    assert refusal(Decimal(high) + TINY) is not None


@pytest.mark.req("R2")
@pytest.mark.parametrize("name", ["notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "-1"])
def test_a_number_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    refusal = within_bounds(a_changed_entry(name, Decimal(value)), None, a_view())

    assert refusal is not None
    assert refusal.reason is Reason.INVALID_PROPOSAL
    assert refusal.observed.startswith(f"{name} ")


@pytest.mark.req("R1")
@pytest.mark.parametrize(
    "proposal",
    [
        a_proposal(side=Side.SELL),
        a_proposal(notional_pct=Decimal(0)),
        a_proposal(notional_pct=Decimal(-1)),
    ],
)
def test_only_buys_of_something_enter(proposal: TradeProposal) -> None:
    refusal = no_shorts(evolve(an_entry(), proposal=proposal), None, a_view())

    assert refusal is not None
    assert refusal.reason is Reason.SHORTING_DISALLOWED
    assert no_shorts(an_entry(notional_pct=TINY), None, a_view()) is None


CLOSED = [
    ProductFlags(is_disabled=True),
    ProductFlags(trading_disabled=True),
    ProductFlags(cancel_only=True),
    ProductFlags(auction_mode=True),
    ProductFlags(view_only=True),
    ProductFlags(status="delisted"),
]


@pytest.mark.req("EX1")
@pytest.mark.parametrize("flags", CLOSED)
def test_a_flag_that_closes_the_product_refuses(flags: ProductFlags) -> None:
    product = a_product(flags=flags)

    refusal = product_allows(an_entry(), None, a_view(products={BTC: product}))

    assert refusal is not None
    assert refusal.reason is Reason.PRODUCT_DISABLED


@pytest.mark.req("EX1")
def test_post_only_products_take_resting_orders_and_nothing_else() -> None:
    view = a_view(products={BTC: a_product(flags=ProductFlags(post_only=True))})
    resting, crossing = (_sized(post_only=each) for each in (True, False))

    assert product_allows(an_entry(), resting, view) is None
    assert product_allows(an_entry(), crossing, view) is not None


@pytest.mark.req("EX1")
def test_limit_only_products_take_limit_orders() -> None:
    view = a_view(products={BTC: a_product(flags=ProductFlags(limit_only=True))})

    assert product_allows(an_entry(), _sized(post_only=False), view) is None


def test_what_policy_never_trades_is_refused() -> None:
    banned = a_view(limits=some_limits(never_trade=frozenset({"BTC"})))
    foreign = a_view(limits=some_limits(quote_currency="USDC"))
    unknown = a_view(products={})

    for view in (banned, foreign, unknown):
        refusal = product_allows(an_entry(), None, view)
        assert refusal is not None
        assert refusal.reason is Reason.PRODUCT_DISABLED


def _sized(*, post_only: bool) -> Sized:
    return Sized(
        quantity=quantity(1),
        limit_price=price(1),
        post_only=post_only,
        worst_case=amount(1),
        is_raised=False,
    )
