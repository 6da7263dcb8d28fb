from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.engine.wire import Request
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.simulator import Client
from tests.builders.steps import BTC, START, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))


def bar(minutes_before: int, price: int, volume: str = "1") -> Bar:
    one = Price(Decimal(price))
    high, low = Price(Decimal(price + 2)), Price(Decimal(price - 2))
    start = Nanos(START - minutes_before * MINUTE)
    return Bar(BTC, start, one, high, low, Price(Decimal(price + 1)), Quantity(Decimal(volume)))


HISTORY = tuple(bar(minutes, 100 + minutes) for minutes in range(400, 0, -1))


def candles(client: Client, granularity: str = "ONE_MINUTE", **query: Any) -> Any:
    path = "/products/BTC-USD/candles"
    return client.get(path, granularity=granularity, **query)["candles"]


def test_time_is_market_time_in_three_texts() -> None:
    assert Client().to(1.5).get("/time") == {
        "iso": "2023-11-14T22:14:01Z",
        "epochSeconds": "1700000041",
        "epochMillis": "1700000041500",
    }


def test_candles_come_newest_first_up_to_the_forming_one() -> None:
    client = Client(
        Script(step(62, ("90", "1"), ("95", "2")), step(64, ("92", "1")), history=HISTORY)
    )
    client.to(63)
    found = candles(client, start=START // SECOND - 120, end=START // SECOND + 600)
    starts = [int(one["start"]) - START // SECOND for one in found]
    assert starts == [60, -60, -120]
    assert found[0] == {
        "start": str(START // SECOND + 60),
        "low": "90",
        "high": "95",
        "open": "90",
        "close": "95",
        "volume": "3",
    }


def test_candles_tell_nothing_of_the_rest_of_the_minute() -> None:
    client = Client(Script(step(62, ("90", "1")), step(64, ("10", "5"))))
    assert candles(client.to(62))[0]["low"] == "90"
    assert candles(client.to(64))[0]["low"] == "10"


def test_a_forming_minute_becomes_the_recorded_one() -> None:
    client = Client(Script(step(2, ("90", "1")), step(58, ("99", "2"))))
    forming = candles(client.to(59))
    assert candles(client.to(60)) == forming


@pytest.mark.parametrize(
    ("granularity", "minutes"),
    [
        ("FIVE_MINUTE", 5),
        ("FIFTEEN_MINUTE", 15),
        ("THIRTY_MINUTE", 30),
        ("ONE_HOUR", 60),
        ("TWO_HOUR", 120),
        ("FOUR_HOUR", 240),
        ("SIX_HOUR", 360),
        ("ONE_DAY", 1440),
    ],
)
def test_wide_candles_are_made_of_minutes(granularity: str, minutes: int) -> None:
    client = Client(Script(history=HISTORY))
    width = minutes * MINUTE
    start = (START - 400 * MINUTE) // width * width
    found = candles(client, granularity, start=start // SECOND, end=START // SECOND)
    assert sum(Decimal(one["volume"]) for one in found) == 400
    for one in found:
        first = int(one["start"]) * SECOND
        rows = [row for row in HISTORY if first <= row.start_ns < first + width]
        assert Decimal(one["open"]) == rows[0].open
        assert Decimal(one["close"]) == rows[-1].close
        assert Decimal(one["high"]) == max(row.high for row in rows)
        assert Decimal(one["low"]) == min(row.low for row in rows)
    assert [one["start"] for one in found] == sorted((one["start"] for one in found), reverse=True)


def test_350_buckets_pass_and_351_do_not() -> None:
    client = Client(Script(history=HISTORY))
    end = START // SECOND
    path = "/market/products/BTC-USD/candles"
    query = {"granularity": "ONE_MINUTE", "end": end}
    assert len(client.get(path, start=end - 350 * 60, **query)["candles"]) == 350
    refused = client.send("GET", path, start=end - 351 * 60, **query)
    assert refused.status == 400
    assert b"number of candles requested should be less than 350" in refused.body


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/products/NOPE-USD/candles", {"granularity": "ONE_MINUTE"}, 400, b"ProductID is invalid"),
        ("/products/BTC-USD/candles", {"granularity": "ONE_WEEK"}, 400, b"granularity"),
        ("/products/BTC-USD/candles", {}, 400, b"granularity"),
        ("/products/BTC-USD/candles", {"granularity": "ONE_HOUR", "start": "x"}, 400, b"start"),
        ("/products/NOPE-USD", {}, 404, b"Product NOPE-USD not supported"),
        ("/product_book", {}, 404, b"valid product_id is required"),
        ("/product_book", {"product_id": "NOPE-USD"}, 404, b"valid product_id is required"),
        ("/best_bid_ask", {"product_ids": "NOPE-USD"}, 400, b"ProductID is invalid"),
        ("/accounts/nope", {}, 404, b"NOT_FOUND"),
        ("/accounts", {"cursor": "nope"}, 400, b"cursor"),
        ("/orders/historical/nope", {}, 404, b"order with this orderID was not found"),
        ("/orders/historical/batch", {"start_date": "x"}, 400, b"start_date"),
        ("/orders/historical/batch", {"limit": "-1"}, 400, b"limit"),
        ("/nowhere", {}, 404, b"NOT_FOUND"),
        ("/products/BTC-USD/x/candles", {}, 404, b"NOT_FOUND"),
    ],
)
def test_bad_requests_get_the_venues_errors(
    path: str, query: dict[str, str], status: int, words: bytes
) -> None:
    response = Client().send("GET", path, **query)
    assert response.status == status
    assert words in response.body
    assert response.body.startswith(b'{"error":')


def test_a_path_without_the_prefix_does_not_exist() -> None:
    assert Client().engine.handle(Request("GET", "/time")).status == 404


def test_a_get_may_have_a_body() -> None:
    assert Client().send("GET", "/time", {}).status == 200


def test_products_are_listed_by_turnover_with_flags_as_booleans() -> None:
    client = Client(Script(history=HISTORY, products=TWO))
    listed = client.get("/market/products")
    names = ["BTC-USD", "BTC-USDC", "ETH-USD", "ETH-USDC", "GONE-USD"]
    assert [one["product_id"] for one in listed["products"]] == names
    assert listed["num_products"] == 5
    one = listed["products"][0]
    assert one["trading_disabled"] is False
    assert one["price_increment"] == "0.01"
    assert one["base_increment"] == "0.00000001"
    assert one["product_type"] == "SPOT"
    assert client.get("/products", product_ids=["ETH-USD"])["num_products"] == 1
    assert client.get("/products", limit=1, offset=2)["products"][0]["product_id"] == "ETH-USD"
    assert client.get("/products", product_type="FUTURE")["products"] == []


def test_a_days_volume_is_in_base_currency_and_of_a_younger_market_at_its_rate() -> None:
    client = Client(Script(history=HISTORY))
    found = client.get("/products/BTC-USD")
    assert found["volume_24h"] == "1440"  # 400 within 400 minutes: one a minute
    assert found["high_24h"] == "502"
    assert found["price"] == "102"


def test_a_book_can_be_asked_for_in_wider_steps() -> None:
    client = Client()
    book = client.get(
        "/product_book", product_id="BTC-USD", aggregation_price_increment="5", limit=1
    )
    assert book["pricebook"]["bids"] == [{"price": "95", "size": "6"}]
    assert book["pricebook"]["asks"] == [{"price": "105", "size": "6"}]
    assert (book["mid_market"], book["spread_absolute"]) == ("100", "2")


def test_best_bid_ask_has_one_level_a_side_and_may_lack_one() -> None:
    client = Client(Script(step(0, bids=()), products=TWO))
    books = client.get("/best_bid_ask", product_ids=["ETH-USD", "BTC-USD"])["pricebooks"]
    assert [one["product_id"] for one in books] == ["ETH-USD", "BTC-USD"]
    assert [len(one["bids"]) for one in books] == [1, 0]
    assert len(client.get("/best_bid_ask")["pricebooks"]) == 2


def test_recent_trades_are_clamped_to_a_hundred() -> None:
    steps = [step(2 + number / 10, ("100", "1")) for number in range(150)]
    trades = Client(Script(*steps)).to(59).get("/products/BTC-USD/ticker", limit=500)["trades"]
    assert len(trades) == 100
    assert trades[0]["trade_id"] > trades[1]["trade_id"]


def test_accounts_are_paged() -> None:
    client = Client(Script(products=TWO))
    first = client.get("/accounts", limit=2)
    assert [one["currency"] for one in first["accounts"]] == ["BTC", "ETH"]
    assert first["has_next"] is True
    second = client.get("/accounts", limit=2, cursor=first["cursor"])
    assert [one["currency"] for one in second["accounts"]] == ["USD", "USDC"]
    assert (second["has_next"], second["cursor"]) == (False, "")
    uuid = second["accounts"][0]["uuid"]
    assert client.get(f"/accounts/{uuid}")["account"] == second["accounts"][0]
    assert second["accounts"][0]["type"] == "ACCOUNT_TYPE_FIAT"


def test_no_key_may_transfer() -> None:
    permissions = Client().get("/key_permissions")
    assert permissions["can_transfer"] is False
    assert permissions["can_trade"] is True


def test_the_fee_tier_is_a_fraction_in_text_and_totals_are_numbers() -> None:
    client = Client()
    client.place("market_market_ioc", base_size="1")
    summary = client.get("/transaction_summary")
    assert summary["fee_tier"]["maker_fee_rate"] == "0.006"
    assert summary["fee_tier"]["taker_fee_rate"] == "0.012"
    assert summary["total_volume"] == 101.0
    assert summary["total_fees"] == 1.212


def test_a_price_older_than_two_days_is_still_the_last() -> None:
    client = Client(Script(history=(bar(5000, 70),)))
    found = client.get("/products/BTC-USD")
    assert (found["price"], found["volume_24h"]) == ("71", "0")
