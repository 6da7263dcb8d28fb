"""Rules about the proposal itself: within bounds, long only, on a product that takes orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.approval import Reason
from domain.model.product import ProductFlags, Side
from domain.risk.rules.proposal import no_shorts, product_allows, within_bounds
from domain.risk.sizing import Sized
from tests.builders.messages import BTC, a_product, a_view, an_entry, some_limits

TINY = Decimal("0.0000000001")


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
        return within_bounds(an_entry(**{name: value}), None, a_view())

    assert refusal(Decimal(low)) is None
    assert refusal(Decimal(high)) is None
    assert refusal(Decimal(low) - TINY) is not None
    assert refusal(Decimal(high) + TINY) is not None


@pytest.mark.req("R2")
@pytest.mark.parametrize("name", ["notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "-1"])
def test_a_number_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    refusal = within_bounds(an_entry(**{name: Decimal(value)}), None, a_view())

    assert refusal is not None
    assert refusal.reason is Reason.INVALID_PROPOSAL
    assert refusal.observed.startswith(f"{name} ")


@pytest.mark.req("R1")
@pytest.mark.parametrize(
    "change", [{"side": Side.SELL}, {"notional_pct": Decimal(0)}, {"notional_pct": Decimal(-1)}]
)
def test_only_buys_of_something_enter(change: dict[str, object]) -> None:
    refusal = no_shorts(an_entry(**change), None, a_view())

    assert refusal is not None
    assert refusal.reason is Reason.SHORTING_DISALLOWED
    assert no_shorts(an_entry(notional_pct=TINY), None, a_view()) is None


CLOSED = [
    {"is_disabled": True},
    {"trading_disabled": True},
    {"cancel_only": True},
    {"auction_mode": True},
    {"view_only": True},
    {"status": "delisted"},
]


@pytest.mark.req("EX1")
@pytest.mark.parametrize("flag", CLOSED)
def test_a_flag_that_closes_the_product_refuses(flag: dict[str, object]) -> None:
    product = a_product(flags=ProductFlags(**flag))

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
    one = Decimal(1)
    return Sized(
        quantity=one,
        limit_price=one,
        post_only=post_only,
        worst_case=one,
        is_raised=False,
    )
