from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import SECOND, iso
from domain.model.product import ProductFlags
from tests.builders.messages import a_level
from tests.builders.numbers import decimals
from tests.builders.simulator import Client
from tests.builders.steps import ASKS, BTC, START, product, step
from tests.fakes.markets import Script

UNKNOWN = "UNKNOWN_FAILURE_REASON"


def test_a_market_buy_by_base_takes_the_best_offers() -> None:
    client = Client()
    order = client.order(client.place("market_market_ioc", base_size="1.5"))
    assert order["status"] == "FILLED"
    assert order["filled_value"] == "152"
    assert order["total_fees"] == "1.824"
    assert order["total_value_after_fees"] == "153.824"
    assert order["number_of_fills"] == "2"
    assert client.balance("USD") == decimals("9846.176", 0)
    assert client.balance("BTC") == decimals("11.5", 0)


def test_a_market_buy_by_quote_includes_its_fees() -> None:
    client = Client()
    order = client.order(client.place("market_market_ioc", quote_size="50"))
    # 50 / 1.012 = 49.4071146245059288…, at 101: 0.48917935 whole increments
    assert order["filled_size"] == "0.48917935"
    assert order["size_in_quote"] is True
    assert order["size_inclusive_of_fees"] is True
    assert order["status"] == "FILLED"
    spent = Decimal(order["total_value_after_fees"])
    assert Decimal("49.999998") < spent <= 50
    assert client.balance("USD")[0] == 10_000 - spent


def test_a_fill_of_a_quote_sized_order_is_sized_in_quote() -> None:
    client = Client()
    client.place("market_market_ioc", quote_size="50")
    fill = client.fills()[0]
    assert fill["size_in_quote"] is True
    assert Decimal(fill["size"]) / Decimal(fill["price"]) == Decimal("0.48917935")
    assert Decimal(fill["commission"]) == Decimal(fill["size"]) * Decimal("0.012")


def test_a_market_sale_beyond_the_depth_is_cancelled_for_the_rest() -> None:
    client = Client()
    order = client.order(client.place("market_market_ioc", "SELL", base_size="10"))
    assert order["status"] == "CANCELLED"
    assert order["filled_size"] == "6"
    assert order["filled_value"] == "586"
    assert order["total_value_after_fees"] == "578.968"
    assert client.balance("BTC") == decimals(4, 0)


def test_a_market_order_takes_nothing_further_than_five_percent_from_the_middle() -> None:
    asks = (a_level("101.00", "1"), a_level("106.00", "1"))
    client = Client(Script(step(0, asks=asks)))
    order = client.order(client.place("market_market_ioc", base_size="2"))
    assert order["filled_size"] == "1"
    assert order["status"] == "CANCELLED"


def test_what_was_taken_stays_away_until_the_next_step() -> None:
    client = Client(Script(step(2)))
    client.place("market_market_ioc", base_size="1.5")
    assert client.get("/best_bid_ask")["pricebooks"][0]["asks"] == [{"price": "102", "size": "1.5"}]
    client.to(2)
    assert client.get("/best_bid_ask")["pricebooks"][0]["asks"] == [{"price": "101", "size": "1"}]


def test_a_limit_ioc_takes_up_to_its_price_and_cancels_the_rest() -> None:
    client = Client()
    order_id = client.place("sor_limit_ioc", base_size="5", limit_price="102")
    order = client.order(order_id)
    assert order["status"] == "CANCELLED"
    assert order["filled_size"] == "3"
    assert order["order_type"] == "LIMIT"
    assert order["time_in_force"] == "IMMEDIATE_OR_CANCEL"
    assert client.balance("USD")[1] == 0


def test_a_limit_order_takes_as_taker_and_rests_for_the_remainder() -> None:
    client = Client()
    order_id = client.place("limit_limit_gtc", base_size="3", limit_price="101.00")
    order = client.order(order_id)
    assert order["status"] == "OPEN"
    assert order["filled_size"] == "1"
    assert order["total_fees"] == "1.212"
    assert order["outstanding_hold_amount"] == "204.424"
    assert client.balance("USD") == (Decimal("9693.364"), Decimal("204.424"))
    book = client.get("/product_book", product_id="BTC-USD")["pricebook"]
    assert book["bids"][0] == {"price": "101", "size": "2"}
    assert book["asks"][0] == {"price": "102", "size": "2"}


def test_a_resting_sale_holds_its_base_quantity() -> None:
    client = Client()
    client.rest("SELL", "150", "4")
    assert client.balance("BTC") == decimals(6, 4)


def test_a_cancel_releases_the_hold_and_the_book() -> None:
    client = Client()
    order_id = client.rest("BUY", "99.50", "1")
    answer = client.post("/orders/batch_cancel", {"order_ids": [order_id]})
    assert answer["results"] == [
        {
            "success": True,
            "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON",
            "order_id": order_id,
        }
    ]
    assert client.order(order_id)["status"] == "CANCELLED"
    assert client.balance("USD") == decimals(10_000, 0)
    assert client.get("/best_bid_ask")["pricebooks"][0]["bids"][0]["price"] == "99"


def test_each_cancel_is_answered_for_itself() -> None:
    client = Client()
    filled = client.place("market_market_ioc", base_size="0.1")
    gone = client.place("sor_limit_ioc", base_size="0.1", limit_price="50")
    resting = client.rest("BUY", "90", "1")
    answer = client.post(
        "/orders/batch_cancel", {"order_ids": [filled, gone, "nope", resting, resting]}
    )
    assert [result["failure_reason"] for result in answer["results"]] == [
        "ORDER_IS_FULLY_FILLED",
        "UNKNOWN_CANCEL_ORDER",
        "UNKNOWN_CANCEL_ORDER",
        "UNKNOWN_CANCEL_FAILURE_REASON",
        "UNKNOWN_CANCEL_ORDER",
    ]


def test_more_than_a_hundred_cancels_at_once_are_refused() -> None:
    response = Client().send("POST", "/orders/batch_cancel", {"order_ids": ["x"] * 101})
    assert response.status == 400
    assert b"Too many orderIDs entered, limit is 100" in response.body


def test_a_used_client_id_answers_with_its_first_order_and_places_nothing() -> None:
    client = Client()
    first = client.create("market_market_ioc", base_size="0.1", key="same")
    again = client.create("limit_limit_gtc", "SELL", base_size="2", limit_price="999", key="same")
    assert again == first
    assert len(client.get("/orders/historical/batch")["orders"]) == 1


def test_a_refused_order_does_not_use_up_its_client_id() -> None:
    client = Client()
    assert not client.create("market_market_ioc", base_size="0", key="k")["success"]
    assert client.create("market_market_ioc", base_size="1", key="k")["success"]


def test_a_taker_stops_at_its_own_resting_order() -> None:
    client = Client()
    client.rest("BUY", "99.50", "1")
    order = client.order(client.place("market_market_ioc", "SELL", base_size="1"))
    assert order["status"] == "CANCELLED"
    assert order["filled_size"] == "0"
    assert order["cancel_message"] == "Self trade prevention"


def test_the_answer_repeats_the_configuration() -> None:
    answer = Client().create("market_market_ioc", base_size="0.1")
    assert set(answer) == {"success", "success_response", "order_configuration"}
    assert answer["order_configuration"] == {
        "market_market_ioc": {"base_size": "0.1", "rfq_enabled": False, "rfq_disabled": False}
    }


LIMIT: dict[str, Any] = {"base_size": "1", "limit_price": "50"}
IN_AN_HOUR = iso(START + 3600 * SECOND)
MARKET, GTC, GTD = "market_market_ioc", "limit_limit_gtc", "limit_limit_gtd"
PAST, FAR = iso(START), "9999-01-01T00:00:00Z"
MAKER: dict[str, Any] = {"base_size": "1", "post_only": True}
REASONS: dict[tuple[str, str], list[tuple[str, str, dict[str, Any]]]] = {
    ("UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG"): [
        ("market_market_fok", "BUY", {"base_size": "1"}),
        (MARKET, "SELL", {"quote_size": "10"}),
        (GTC, "BUY", {"quote_size": "10", "limit_price": "50"}),
    ],
    ("INVALID_REQUEST", "PREVIEW_INVALID_ORDER_CONFIG"): [
        (MARKET, "BUY", {"quote_size": "10", "base_size": "1"}),
        (MARKET, "BUY", {}),
    ],
    (UNKNOWN, "PREVIEW_NON_NUMERIC_ORDER_SIZE"): [
        (MARKET, "BUY", {"base_size": "1e3"}),
        (MARKET, "BUY", {"base_size": 1}),
        (MARKET, "BUY", {"base_size": "-1"}),
    ],
    ("INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE"): [
        (GTC, "BUY", {"base_size": "1", "limit_price": "NaN"}),
        (GTC, "BUY", {"base_size": "1", "limit_price": "0"}),
        (GTC, "BUY", {"base_size": "1"}),
    ],
    ("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION"): [
        (GTC, "BUY", {"base_size": "1", "limit_price": "50.001"}),
    ],
    ("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION"): [
        (GTC, "BUY", {"base_size": "1.000000001", "limit_price": "50"}),
    ],
    (UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_PRECISION"): [(MARKET, "BUY", {"quote_size": "10.001"})],
    (UNKNOWN, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"): [
        (MARKET, "BUY", {"base_size": "0.00000999"}),
        (MARKET, "BUY", {"base_size": "0"}),
    ],
    (UNKNOWN, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"): [(MARKET, "BUY", {"base_size": "1000.1"})],
    (UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"): [
        (MARKET, "BUY", {"quote_size": "0.99"}),
        (MARKET, "SELL", {"base_size": "0.01"}),
        (GTC, "BUY", {"base_size": "0.01", "limit_price": "50"}),
    ],
    (UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE"): [
        (GTC, "BUY", {"base_size": "1000", "limit_price": "5000"}),
    ],
    ("GTD_ORDERS_MUST_HAVE_END_TIME", "PREVIEW_INVALID_END_TIME"): [(GTD, "BUY", LIMIT)],
    (UNKNOWN, "PREVIEW_INVALID_END_TIME"): [(GTD, "BUY", {**LIMIT, "end_time": "soon"})],
    ("END_TIME_IS_IN_THE_PAST", "PREVIEW_END_TIME_IS_IN_THE_PAST"): [
        (GTD, "BUY", {**LIMIT, "end_time": PAST}),
    ],
    ("END_TIME_TOO_FAR_IN_FUTURE", "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE"): [
        (GTD, "BUY", {**LIMIT, "end_time": FAR}),
    ],
    ("INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"): [
        (GTC, "BUY", {**MAKER, "limit_price": "101"}),
        (GTD, "SELL", {**MAKER, "limit_price": "99", "end_time": IN_AN_HOUR}),
    ],
    ("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"): [
        (MARKET, "SELL", {"base_size": "10.1"}),
        (MARKET, "BUY", {"quote_size": "10000.01"}),
        (GTC, "BUY", {"base_size": "100", "limit_price": "99"}),
        ("sor_limit_ioc", "BUY", {"base_size": "100", "limit_price": "99"}),
    ],
}
CASES = [(*case, *reasons) for reasons, cases in REASONS.items() for case in cases]


@pytest.mark.parametrize(("kind", "side", "fields", "error", "preview"), CASES)
def test_refuses_with_the_venues_reason_and_changes_nothing(
    kind: str, side: str, fields: dict[str, Any], error: str, preview: str
) -> None:
    client = Client()
    before = client.engine.books()
    answer = client.create(kind, side, **fields)
    assert client.reason(answer) == (error, preview)
    assert answer["order_configuration"] == {kind: fields}
    assert client.engine.books() == before


def test_refuses_a_side_and_a_product_that_do_not_exist() -> None:
    client = Client()
    wrong_side = client.create("market_market_ioc", "HOLD", base_size="1")
    wrong_product = client.create("market_market_ioc", "BUY", "NOPE-USD", base_size="1")
    assert client.reason(wrong_side) == ("INVALID_SIDE", "PREVIEW_INVALID_SIDE")
    assert client.reason(wrong_product) == ("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID")


def test_refuses_a_market_order_against_an_empty_side() -> None:
    client = Client(Script(step(0, asks=())))
    answer = client.create("market_market_ioc", base_size="1")
    assert client.reason(answer)[0] == "INVALID_NO_LIQUIDITY"


def test_funds_cover_a_limit_buy_with_the_takers_fee_to_the_last_cent() -> None:
    client = Client(opening={"USD": "101.20"})
    answer = client.create("limit_limit_gtc", base_size="2", limit_price="50.01")
    assert client.reason(answer)[0] == "INSUFFICIENT_FUND"
    client.rest("BUY", "50", "2")
    assert client.balance("USD") == decimals(0, "101.2")


def test_a_market_buy_needs_its_fee_too() -> None:
    client = Client(opening={"USD": "101"})
    answer = client.create("market_market_ioc", base_size="1")
    assert client.reason(answer)[0] == "INSUFFICIENT_FUND"


MARKET_REFUSED = "ORDER_ENTRY_DISABLED"
GATES = [
    ({"trading_disabled": True}, "TRADING_DISABLED", "TRADING_DISABLED", "TRADING_DISABLED"),
    ({"cancel_only": True}, MARKET_REFUSED, MARKET_REFUSED, MARKET_REFUSED),
    ({"is_disabled": True}, MARKET_REFUSED, MARKET_REFUSED, MARKET_REFUSED),
    ({"auction_mode": True}, MARKET_REFUSED, MARKET_REFUSED, MARKET_REFUSED),
    ({"view_only": True}, MARKET_REFUSED, MARKET_REFUSED, MARKET_REFUSED),
    ({"status": "delisted"}, MARKET_REFUSED, MARKET_REFUSED, MARKET_REFUSED),
    ({"limit_only": True}, MARKET_REFUSED, None, None),
    ({"post_only": True}, MARKET_REFUSED, MARKET_REFUSED, None),
]


@pytest.mark.req("EX1")
@pytest.mark.parametrize(("flags", "market", "limit", "post_only"), GATES)
def test_product_flags_decide_which_orders_enter(
    flags: dict[str, Any], market: str | None, limit: str | None, post_only: str | None
) -> None:
    client = Client(Script(products=(product(flags=ProductFlags(**flags)),)))
    answers = (
        client.create("market_market_ioc", base_size="1"),
        client.create("limit_limit_gtc", **LIMIT),
        client.create("limit_limit_gtc", **LIMIT, post_only=True),
    )
    found = [None if one["success"] else one["error_response"]["error"] for one in answers]
    assert found == [market, limit, post_only]


def test_resting_orders_can_be_cancelled_where_nothing_may_enter() -> None:
    script = Script(step(0, bids=(), asks=()), covered={BTC: (START, START + 60 * SECOND)})
    client = Client(script)
    order_id = client.rest("BUY", "50", "1")
    client.to(61)
    assert client.reason(client.create("limit_limit_gtc", **LIMIT))[0] == "TRADING_DISABLED"
    assert client.post("/orders/batch_cancel", {"order_ids": [order_id]})["results"][0]["success"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"client_order_id":1}',
        b'{"client_order_id":""}',
        b'{"client_order_id":"a"}',
        b'{"client_order_id":"a","order_configuration":{}}',
        b'{"client_order_id":"a","order_configuration":{"a":{},"b":{}}}',
        b'{"client_order_id":"a","order_configuration":{"market_market_ioc":null}}',
        b'{"client_order_id":"a","order_configuration":{"market_market_ioc":{"base_size":"1"}}}',
    ],
)
def test_a_malformed_order_is_a_bad_request(body: bytes) -> None:
    response = Client().send("POST", "/orders", body)
    assert response.status == 400
    assert b'"error":"INVALID_ARGUMENT"' in response.body


def test_a_preview_tells_cost_and_changes_nothing() -> None:
    client = Client()
    before = client.engine.books()
    body = {
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {"market_market_ioc": {"base_size": "1.5"}},
    }
    answer = client.post("/orders/preview", body)
    assert answer["errs"] == []
    assert answer["order_total"] == "153.824"
    assert answer["commission_total"] == "1.824"
    assert client.engine.books() == before


def test_a_preview_names_what_would_be_refused() -> None:
    body = {
        "product_id": "BTC-USD",
        "side": "SELL",
        "order_configuration": {"market_market_ioc": {"base_size": "11"}},
    }
    assert Client().post("/orders/preview", body)["errs"] == ["PREVIEW_INSUFFICIENT_FUND"]


def test_the_shown_depth_pays_for_a_large_order() -> None:
    client = Client()
    order = client.order(client.place("market_market_ioc", base_size="6"))
    worst = sum((one.price * one.quantity for one in ASKS), Decimal(0))
    assert Decimal(order["filled_value"]) == worst


texts = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("base_size", "quote_size", "limit_price", "end_time", "post_only", "rfq_disabled")
numbers = st.sampled_from(
    ["1", "100", "99.99", "0.00001", "999999999999999", "0." + "0" * 19 + "1"]
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "client_order_id": texts | values,
        "product_id": st.just("BTC-USD") | values,
        "side": st.sampled_from(["BUY", "SELL"]) | values,
        "order_configuration": st.dictionaries(
            st.sampled_from([MARKET, GTC, GTD, "sor_limit_ioc"]) | texts,
            st.dictionaries(st.sampled_from(FIELDS), numbers | values, max_size=6) | values,
            max_size=2,
        )
        | values,
        "order_ids": values,
    },
)


@given(st.sampled_from(["/orders", "/orders/preview", "/orders/batch_cancel"]), bodies)
def test_no_body_breaks_the_venue_or_its_sums(path: str, body: dict[str, Any]) -> None:
    client = Client()
    response = client.send("POST", path, body)
    assert response.status in (200, 400)
    assert client.sums() == {"USD": 10_000, "BTC": 10}


@pytest.mark.parametrize("number", ["999999999999999", "0.00000000000000000001"])
@pytest.mark.parametrize("kind", [MARKET, GTC, "sor_limit_ioc"])
def test_extreme_numbers_are_only_refused(kind: str, number: str) -> None:
    for side in ("BUY", "SELL"):
        answer = Client().create(kind, side, base_size=number, limit_price=number)
        assert answer["success"] is False


def test_half_a_surrogate_is_a_bad_request() -> None:
    client = Client()
    assert client.send("GET", "/orders/historical/\ud800").status in (400, 404)
    assert client.send("GET", "/orders/historical/batch", product_ids=["\ud800"]).status == 400
    body = b'{"client_order_id":"\\ud800","order_configuration":{"market_market_ioc":{}}}'
    assert client.send("POST", "/orders", body).status == 400
