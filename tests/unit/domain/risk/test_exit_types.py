"""How a lot is sold under each flag: at the market, by a limit, resting, or not (EX1)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import Limit, Market
from domain.model.money import Price
from domain.model.product import ALLOWED_BY_FLAG, ProductFlags
from domain.risk.exit_types import BELOW_BID, BELOW_STOP, REST_NS, sale_type, stop_type
from tests.builders.messages import a_product

pytestmark = pytest.mark.req("EX1", "X6")
BID = Price(Decimal("100"))
STEP = Decimal("0.01")
TAKING = Limit(price=Price(Decimal(95)), post_only=False, lifetime_ns=None)
RESTING = Limit(price=Price(Decimal("100.01")), post_only=True, lifetime_ns=REST_NS)
SOLD_BY = {"limit_only": TAKING, "post_only": RESTING}


def sold(flags: ProductFlags) -> object:
    return sale_type(a_product(flags=flags, price_increment=STEP), BID)


def test_an_open_product_is_sold_at_the_market() -> None:
    assert sold(ProductFlags()) == Market()


@pytest.mark.parametrize("name", ALLOWED_BY_FLAG)
def test_each_flag_leaves_its_way_to_sell_or_none(name: str) -> None:
    assert sold(ProductFlags.of("online", (name,))) == SOLD_BY.get(name)


@pytest.mark.parametrize("status", ["offline", "internal", "delisted"])
def test_a_status_that_is_known_to_be_closed_leaves_none(status: str) -> None:
    assert sold(ProductFlags(status=status)) is None


@pytest.mark.parametrize(
    "flags",
    [ProductFlags(status="something new"), ProductFlags(unknown=("unknown flag halted",))],
)
def test_what_is_unknown_does_not_keep_a_sale_from_being_tried(flags: ProductFlags) -> None:
    assert sold(flags) == Market()


def test_of_two_flags_the_stricter_decides() -> None:
    assert sold(ProductFlags.of("online", ("limit_only", "post_only"))) == RESTING
    assert sold(ProductFlags.of("online", ("limit_only", "cancel_only"))) is None


@given(st.decimals("0.01", "99999", places=2))
def test_limits_are_legal_prices_on_their_side_of_the_bid(bid: Decimal) -> None:
    for flag in ("limit_only", "post_only"):
        product = a_product(flags=ProductFlags.of("online", (flag,)), price_increment=STEP)
        kind = sale_type(product, Price(bid))
        assert isinstance(kind, Limit)
        assert kind.price > 0
        assert kind.price % STEP == 0
        if kind.post_only:
            assert kind.price == bid + STEP
        else:
            assert bid * (1 - BELOW_BID) - STEP <= kind.price <= bid


@pytest.mark.req("PROT1")
@given(st.decimals("0.00001", "99999", places=5))
def test_a_stop_order_has_legal_prices_at_the_stop_and_below_it(stop: Decimal) -> None:
    product = a_product(price_increment=STEP)
    kind = stop_type(product, Price(stop))

    assert kind.stop_price % STEP == kind.price % STEP == 0
    assert STEP <= kind.price <= kind.stop_price <= max(stop, STEP)
    assert kind.price > stop * (1 - BELOW_STOP) - 2 * STEP


@pytest.mark.req("X5")
def test_a_sale_with_a_reach_takes_what_is_bid_within_it_and_is_gone() -> None:
    product = a_product(price_increment=STEP)

    assert sale_type(product, BID, 25) == Limit(
        price=Price(Decimal("99.75")), post_only=False, lifetime_ns=None
    )
    assert sale_type(product, BID, None) == Market()


@pytest.mark.req("X5")
def test_a_reach_changes_nothing_where_a_sale_may_only_rest() -> None:
    resting = a_product(price_increment=STEP, flags=ProductFlags.of("online", ("post_only",)))

    assert sale_type(resting, BID, 25) == RESTING
