"""Claims about what leaves."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase.bodies import cancel_body, order_body, subscribe_text
from domain.model.approval import ApprovedOrder
from domain.model.instants import SECOND, Nanos, parse_iso
from domain.model.money import Quantity
from domain.model.orders import OrderIntent
from domain.model.product import Side
from tests.builders.messages import (
    NOW,
    a_limit,
    an_intent,
    approved,
    approved_sale,
    approved_stop,
)


def sent(intent: OrderIntent) -> dict[str, Any]:
    return dict(json.loads(order_body(intent)))


def test_an_entry_rests_until_its_good_till_time() -> None:
    intent = evolve(an_intent(), end_ns=Nanos(NOW + 45 * SECOND))
    body = sent(intent)
    assert body["client_order_id"] == intent.client_order_id
    assert (body["product_id"], body["side"]) == ("BTC-USD", "BUY")
    configuration = body["order_configuration"]["limit_limit_gtd"]
    assert parse_iso(configuration.pop("end_time")) == intent.end_ns
    assert configuration == {"base_size": "2", "limit_price": "100", "post_only": True}


def test_a_market_order_is_sized_in_base() -> None:
    body = sent(an_intent(approved_sale("lot-1", "0.5")))
    assert body["side"] == "SELL"
    assert body["order_configuration"] == {"market_market_ioc": {"base_size": "0.5"}}


@pytest.mark.req("PROT1")
def test_a_stop_waits_below_the_market_and_sells_at_its_limit_or_better() -> None:
    body = sent(an_intent(approved_stop("lot-1", "0.5", "97")))

    assert body["side"] == "SELL"
    assert body["order_configuration"] == {
        "stop_limit_stop_limit_gtc": {
            "base_size": "0.5",
            "stop_price": "97",
            "limit_price": "92.15",
            "stop_direction": "STOP_DIRECTION_STOP_DOWN",
        }
    }


@pytest.mark.parametrize(
    ("post_only", "expected"),
    [
        (True, {"limit_limit_gtc": {"post_only": True}}),
        (False, {"sor_limit_ioc": {}}),
    ],
)
def test_a_limit_without_good_till_time_rests_or_takes(
    post_only: bool, expected: dict[str, dict[str, Any]]
) -> None:
    order = approved(order_type=a_limit(post_only=post_only, lifetime_ns=None))
    configuration = sent(an_intent(order))["order_configuration"]
    (name,) = expected
    common = {"base_size": "2", "limit_price": "100"}
    assert configuration == {name: common | expected[name]}


@given(
    st.decimals(min_value="1e-12", max_value="1e12", places=12, allow_nan=False),
    st.decimals(min_value="1e-12", max_value="1e12", places=12, allow_nan=False),
    st.sampled_from(Side),
)
def test_numbers_leave_exact_and_without_exponent(
    price: Decimal, quantity: Decimal, side: Side
) -> None:
    limit, size = a_limit(price, lifetime_ns=None), Quantity(quantity)
    order: ApprovedOrder = approved(order_type=limit, quantity=size)
    if side is Side.SELL:
        order = approved_sale("lot-1", str(quantity), order_type=limit)
    (configuration,) = sent(an_intent(order))["order_configuration"].values()
    assert Decimal(configuration["limit_price"]) == price
    assert Decimal(configuration["base_size"]) == quantity
    assert set(configuration["limit_price"] + configuration["base_size"]) <= set("0123456789.")


def test_cancels_name_the_venues_ids() -> None:
    assert json.loads(cancel_body(("a", "b"))) == {"order_ids": ["a", "b"]}


def test_a_subscription_names_one_channel() -> None:
    assert json.loads(subscribe_text("heartbeats", ())) == {
        "type": "subscribe",
        "channel": "heartbeats",
    }
    assert json.loads(subscribe_text("user", ("BTC-USD",), "t")) == {
        "type": "subscribe",
        "channel": "user",
        "product_ids": ["BTC-USD"],
        "jwt": "t",
    }
