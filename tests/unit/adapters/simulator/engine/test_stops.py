"""Claims about orders that wait for a price: stop-limit orders and brackets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.engine.store import SqliteStore
from domain.model.instants import MINUTE, SECOND, Nanos, iso
from tests.builders.messages import a_level
from tests.builders.numbers import decimals
from tests.builders.simulator import Client, frames
from tests.builders.steps import START, step
from tests.fakes.markets import Script

LOW_BIDS = (a_level("94.00", "1"), a_level("93.00", "5"))
LOW_ASKS = (a_level("95.00", "1"), a_level("96.00", "5"))
HIGH_BIDS = (a_level("109.00", "1"), a_level("108.00", "5"))
HIGH_ASKS = (a_level("110.00", "1"), a_level("111.00", "5"))
DOWN, UP = "STOP_DIRECTION_STOP_DOWN", "STOP_DIRECTION_STOP_UP"


def traded(*steps: Any) -> Client:
    """Return a client of a market whose last trade was at 100."""
    return Client(Script(step(1, ("100.00", "1")), *steps)).to(1)


def stop_sale(client: Client, **changes: Any) -> str:
    fields = {
        "base_size": "2",
        "limit_price": "93.00",
        "stop_price": "96.00",
        "stop_direction": DOWN,
        **changes,
    }
    kind = "stop_limit_stop_limit_gtd" if "end_time" in changes else "stop_limit_stop_limit_gtc"
    return client.place(kind, "SELL", **fields)


def bracket(client: Client, **changes: str) -> str:
    fields = {
        "base_size": "2",
        "limit_price": "108.00",
        "stop_trigger_price": "96.00",
        **changes,
    }
    return client.place("trigger_bracket_gtc", "SELL", **fields)


def test_a_stop_waits_outside_the_book_and_holds_its_base() -> None:
    client = traded()
    order = client.order(stop_sale(client))
    assert (order["status"], order["trigger_status"]) == ("OPEN", "STOP_PENDING")
    assert (order["order_type"], order["time_in_force"]) == ("STOP_LIMIT", "GOOD_UNTIL_CANCELLED")
    assert order["order_configuration"] == {
        "stop_limit_stop_limit_gtc": {
            "base_size": "2",
            "limit_price": "93.00",
            "stop_price": "96.00",
            "stop_direction": DOWN,
        }
    }
    assert client.balance("BTC") == decimals(8, 2)
    asks = client.get("/product_book", product_id="BTC-USD")["pricebook"]["asks"]
    assert all(ask["price"] != "93" for ask in asks)


def test_the_last_trade_triggers_and_the_book_after_it_is_taken() -> None:
    client = traded(step(2, ("95.50", "1"), bids=LOW_BIDS, asks=LOW_ASKS))
    order_id = stop_sale(client)
    order = client.to(2).order(order_id)
    # 1 at 94 and 1 at 93, none at the 99 that was bid before the trade
    assert (order["status"], order["trigger_status"]) == ("FILLED", "STOP_TRIGGERED")
    assert order["filled_value"] == "187"
    assert {fill["liquidity_indicator"] for fill in client.fills()} == {"TAKER"}
    assert client.balance("BTC") == decimals(8, 0)


def test_what_the_book_does_not_take_rests_at_the_limit() -> None:
    client = traded(step(2, ("95.50", "1"), bids=LOW_BIDS, asks=LOW_ASKS))
    order_id = stop_sale(client, limit_price="94.00")
    order = client.to(2).order(order_id)
    assert (order["status"], order["filled_size"]) == ("OPEN", "1")
    assert client.balance("BTC") == decimals(8, 1)
    asks = client.get("/product_book", product_id="BTC-USD")["pricebook"]["asks"]
    assert asks[0] == {"price": "94", "size": "1"}


def test_a_buy_stop_triggers_above_and_releases_what_it_did_not_need() -> None:
    client = traded(step(2, ("110.00", "1"), bids=HIGH_BIDS, asks=HIGH_ASKS))
    order_id = client.place(
        "stop_limit_stop_limit_gtc",
        "BUY",
        base_size="1",
        limit_price="115.00",
        stop_price="105.00",
        stop_direction=UP,
    )
    assert client.balance("USD")[1] == Decimal("116.38")
    order = client.to(2).order(order_id)
    assert (order["status"], order["average_filled_price"]) == ("FILLED", "110")
    assert client.balance("USD")[1] == 0


def test_trades_that_do_not_reach_the_stop_leave_it_waiting() -> None:
    client = traded(step(2, ("96.01", "9"), bids=LOW_BIDS, asks=LOW_ASKS))
    order_id = stop_sale(client)
    assert client.to(3).order(order_id)["trigger_status"] == "STOP_PENDING"


def test_a_stop_with_an_end_expires() -> None:
    client = traded()
    order_id = stop_sale(client, end_time=iso(START + 10 * SECOND))
    assert client.to(10).order(order_id)["status"] == "EXPIRED"
    assert client.balance("BTC") == decimals(10, 0)


def test_a_stop_and_a_bracket_survive_a_restart() -> None:
    store = SqliteStore()
    script = Script(
        step(1, ("100.00", "1")), step(200, ("95.00", "1"), bids=LOW_BIDS, asks=LOW_ASKS)
    )
    client = Client(script, store=store).to(1)
    stop, exit_ = stop_sale(client), bracket(client)

    again = Client(script, store=store, start_ns=Nanos(START + 2 * SECOND))
    assert again.balance("BTC") == decimals(6, 4)
    again.to(200)
    assert again.order(stop)["trigger_status"] == "STOP_TRIGGERED"
    assert again.order(exit_)["trigger_status"] == "STOP_TRIGGERED"
    assert again.sums() == {"USD": 10_000, "BTC": 10}


def test_a_stop_that_was_reached_while_the_venue_was_off_rests_at_its_limit() -> None:
    store = SqliteStore()
    script = Script(step(1, ("100.00", "1")), step(150, ("95.00", "5")))
    client = Client(script, store=store).to(1)
    order_id = stop_sale(client)

    again = Client(script, store=store, start_ns=Nanos(START + 5 * MINUTE))

    order = again.order(order_id)
    assert (order["status"], order["trigger_status"]) == ("OPEN", "STOP_TRIGGERED")
    assert order["filled_size"] == "0"


def test_a_bracket_rests_at_its_limit_and_fills_there() -> None:
    client = traded(step(2, ("108.01", "1.5")))
    order_id = bracket(client)
    assert client.order(order_id)["order_type"] == "BRACKET"
    assert client.balance("BTC") == decimals(8, 2)
    order = client.to(2).order(order_id)
    assert (order["status"], order["filled_size"]) == ("OPEN", "1.5")
    assert order["average_filled_price"] == "108"


def test_the_first_fill_of_the_limit_disables_the_stop() -> None:
    client = traded(
        step(2, ("108.01", "1.5")), step(3, ("90.00", "1"), bids=LOW_BIDS, asks=LOW_ASKS)
    )
    order_id = bracket(client)
    order = client.to(3).order(order_id)
    assert (order["filled_size"], order["trigger_status"]) == ("1.5", "STOP_PENDING")


def test_a_triggered_bracket_sells_down_to_five_percent_below_its_trigger() -> None:
    bids = (a_level("92.00", "1"), a_level("91.20", "0.5"), a_level("91.19", "5"))
    client = traded(step(2, ("96.00", "1"), bids=bids, asks=LOW_ASKS))
    order_id = bracket(client)
    order = client.to(2).order(order_id)
    assert order["trigger_status"] == "STOP_TRIGGERED"
    assert (order["filled_size"], order["filled_value"]) == ("1.5", "137.6")
    asks = client.get("/product_book", product_id="BTC-USD")["pricebook"]["asks"]
    assert asks[0] == {"price": "91.2", "size": "0.5"}


@pytest.mark.parametrize(
    ("kind", "side", "fields", "error", "preview"),
    [
        (
            "stop_limit_stop_limit_gtc",
            "SELL",
            {"stop_price": "101.00"},
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        ),
        (
            "stop_limit_stop_limit_gtc",
            "SELL",
            {"limit_price": "97.00"},
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE",
        ),
        (
            "stop_limit_stop_limit_gtc",
            "SELL",
            {"stop_price": "96.001"},
            "INVALID_PRICE_PRECISION",
            "PREVIEW_INVALID_STOP_PRICE_PRECISION",
        ),
        (
            "stop_limit_stop_limit_gtc",
            "SELL",
            {"stop_direction": "DOWN"},
            "INVALID_REQUEST",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
        (
            "stop_limit_stop_limit_gtc",
            "BUY",
            {"stop_direction": UP, "limit_price": "110.00", "stop_price": "99.00"},
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
        ),
        (
            "trigger_bracket_gtc",
            "BUY",
            {"stop_trigger_price": "96.00"},
            "BRACKET_ORDER_NOT_SUPPORTED",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
        (
            "trigger_bracket_gtc",
            "SELL",
            {"stop_trigger_price": "96.00", "limit_price": "95.00"},
            "INVALID_BRACKET_PRICES",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
        (
            "trigger_bracket_gtc",
            "SELL",
            {"stop_trigger_price": "100.00", "limit_price": "105.00"},
            "STOP_TRIGGER_PRICE_OUT_OF_BOUNDS",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
        (
            "trigger_bracket_gtc",
            "SELL",
            {"stop_trigger_price": "96.00", "limit_price": "99.50"},
            "BRACKET_LIMIT_PRICE_OUT_OF_BOUNDS",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
        (
            "trigger_bracket_gtc",
            "SELL",
            {"base_size": "", "quote_size": "100", "stop_trigger_price": "96.00"},
            "QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET",
            "PREVIEW_INVALID_ORDER_CONFIG",
        ),
    ],
)
def test_refuses_prices_that_make_no_stop(
    kind: str, side: str, fields: dict[str, str], error: str, preview: str
) -> None:
    client = traded()
    before = client.engine.books()
    usual = {
        "base_size": "1",
        "limit_price": "93.00",
        "stop_price": "96.00",
        "stop_direction": DOWN,
    }
    answer = client.create(kind, side, **{**usual, **fields})
    assert client.reason(answer) == (error, preview)
    assert client.engine.books() == before


def test_an_attached_bracket_is_placed_for_what_was_bought() -> None:
    client = traded()
    body = {
        "client_order_id": "parent",
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {"market_market_ioc": {"base_size": "1.5"}},
        "attached_order_configuration": {
            "trigger_bracket_gtc": {"limit_price": "120.00", "stop_trigger_price": "90.00"}
        },
    }
    orders = client.subscribe("user")
    frames(orders)

    answer = client.post("/orders", body)["success_response"]

    child = client.order(answer["attached_order_id"])
    assert child["originating_order_id"] == answer["order_id"]
    assert child["order_configuration"] == {
        "trigger_bracket_gtc": {
            "base_size": "1.5",
            "limit_price": "120.00",
            "stop_trigger_price": "90.00",
        }
    }
    assert (child["side"], child["status"]) == ("SELL", "OPEN")
    assert client.balance("BTC") == decimals(10, "1.5")
    told = [frame["events"][0]["orders"][0] for frame in frames(orders, "user")]
    assert [order["status"] for order in told] == ["PENDING", "FILLED", "PENDING", "OPEN"]
    assert told[-1]["order_type"] == "Bracket"


def test_a_bracket_is_attached_to_plain_buys_only() -> None:
    client = traded()
    prices = {"limit_price": "120.00", "stop_trigger_price": "90.00"}
    body = {
        "client_order_id": "parent",
        "product_id": "BTC-USD",
        "side": "SELL",
        "order_configuration": {"market_market_ioc": {"base_size": "1.5"}},
        "attached_order_configuration": {"trigger_bracket_gtc": prices},
    }
    assert client.reason(client.post("/orders", body))[0] == "BRACKET_ORDER_NOT_SUPPORTED"
    wrong = {**body, "attached_order_configuration": {"limit_limit_gtc": prices}}
    assert client.send("POST", "/orders", wrong).status == 400
