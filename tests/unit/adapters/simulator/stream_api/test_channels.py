"""Claims about ticker, candles and status, about aliases, and about frames' other forms."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from adapters.simulator.engine.quirks import VenueQuirks
from tests.builders.messages import a_level
from tests.builders.numbers import decimals
from tests.builders.simulator import Client, frames
from tests.builders.steps import ETH, START, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))
NEW_ASKS = (a_level("100.50", "2"), a_level("101.00", "1"))


def events(taken: list[Any]) -> list[Any]:
    return [event for frame in taken for event in frame["events"]]


def test_a_ticker_follows_each_trade_with_the_book_after_it() -> None:
    client = Client(Script(step(2, ("100.00", "1"), ("100.25", "2"), asks=NEW_ASKS), step(3)))
    listener = client.subscribe("ticker", "BTC-USD")
    first, ack = frames(listener)
    assert first["events"][0]["type"] == "snapshot"
    assert ack["events"][0]["subscriptions"] == {"ticker": ["BTC-USD"]}
    client.to(3)
    (event,) = events(frames(listener, "ticker"))
    assert event["type"] == "update"
    (ticker,) = event["tickers"]
    assert ticker["type"] == "ticker"
    assert ticker["price"] == "100.25"
    assert (ticker["best_ask"], ticker["best_ask_quantity"]) == ("100.50", "2")
    assert {"volume_24_h", "low_52_w", "price_percent_chg_24_h"} <= ticker.keys()
    assert all(isinstance(value, str) for value in ticker.values())


def test_the_ticker_batch_comes_every_five_seconds_without_the_book() -> None:
    client = Client(Script(step(2, ("100.00", "1")), step(3, ("101.00", "1"))))
    listener = client.subscribe("ticker_batch", "BTC-USD")
    frames(listener)
    client.to(4.9)
    assert frames(listener, "ticker_batch") == []
    client.to(5)
    (event,) = events(frames(listener, "ticker_batch"))
    assert event["tickers"][0]["price"] == "101.00"
    assert "best_bid" not in event["tickers"][0]
    client.to(30)
    assert frames(listener, "ticker_batch") == []


def test_candles_are_told_while_they_change() -> None:
    client = Client(Script(step(2, ("100.00", "1")), step(3.5, ("103.00", "2"))))
    listener = client.subscribe("candles", "BTC-USD")
    ack, snapshot = frames(listener)
    assert (ack["channel"], snapshot["channel"]) == ("subscriptions", "candles")
    client.to(10)
    first, second = events(frames(listener, "candles"))
    assert first["candles"][0]["close"] == "100"
    (candle,) = second["candles"]
    assert (candle["high"], candle["low"], candle["volume"]) == ("103", "100", "3")
    assert (int(candle["start"]) % 300, candle["product_id"]) == (0, "BTC-USD")


def test_the_status_of_all_products_is_repeated() -> None:
    client = Client(Script(products=TWO))
    listener = client.subscribe("status")
    (snapshot,) = events(frames(listener, "status"))
    assert [one["id"] for one in snapshot["products"]] == ["BTC-USD", "ETH-USD"]
    assert snapshot["products"][0]["display_name"] == "BTC/USD"
    client.to(31)
    assert len(frames(listener, "status")) == 2


def test_periodic_channels_end_with_their_listeners() -> None:
    client = Client(Script(step(2, ("100.00", "1"))))
    listener = client.subscribe("candles", "BTC-USD")
    listener.close()
    client.to(2)
    again = client.subscribe("candles", "BTC-USD")
    client.to(4)
    assert [event["type"] for event in events(frames(again, "candles"))] == ["snapshot", "update"]


def test_an_alias_shows_the_market_of_its_dollar_product() -> None:
    client = Client(Script(step(2, ("100.00", "1"), asks=NEW_ASKS)))
    assert client.get("/products/BTC-USDC")["alias"] == "BTC-USD"
    assert client.get("/products/BTC-USD")["alias_to"] == ["BTC-USDC"]
    book = client.get("/product_book", product_id="BTC-USDC")["pricebook"]
    assert book["product_id"] == "BTC-USD"
    listener = client.subscribe("level2", "BTC-USDC")
    snapshot, _ = frames(listener)
    assert snapshot["events"][0]["product_id"] == "BTC-USD"
    client.to(2)
    assert events(frames(listener, "l2_data"))[0]["product_id"] == "BTC-USD"
    assert client.get("/products/BTC-USDC/ticker", limit=1)["trades"][0]["product_id"] == "BTC-USD"


def test_an_order_on_an_alias_keeps_its_name_and_pays_in_usdc() -> None:
    client = Client(Script(step(2, ("90.00", "1"))), opening={"USDC": "1000", "BTC": "1"})
    listener = client.subscribe("user")
    frames(listener)
    taken = client.place("market_market_ioc", name="BTC-USDC", base_size="1")
    assert client.order(taken)["product_id"] == "BTC-USDC"
    assert client.balance("USDC") == decimals(1000 - Decimal("102.212"), 0)
    rested = client.rest("BUY", "98.00", "1", name="BTC-USDC")
    bids = client.get("/product_book", product_id="BTC-USD")["pricebook"]["bids"]
    assert {"price": "98", "size": "3"} in bids
    client.to(2)
    assert client.order(rested)["status"] == "FILLED"
    told = [order for event in events(frames(listener, "user")) for order in event["orders"]]
    assert {order["product_id"] for order in told} == {"BTC-USDC"}
    assert client.sums() == {"USDC": 1000, "BTC": 1}


def test_a_delisted_product_is_listed_and_nothing_else() -> None:
    client = Client()
    assert client.get("/products/GONE-USD")["status"] == "delisted"
    gone = client.send("GET", "/product_book", product_id="GONE-USD")
    assert (gone.status, json.loads(gone.body)["message"]) == (404, "no pricebook found")
    candles = client.send("GET", "/products/GONE-USD/candles", granularity="ONE_MINUTE")
    assert json.loads(candles.body)["message"] == "ProductID is invalid"
    answer = client.create("market_market_ioc", name="GONE-USD", base_size="1")
    assert client.reason(answer)[0] == "INVALID_PRODUCT_ID"


def test_the_user_channel_may_be_narrowed_to_products() -> None:
    client = Client(Script(products=TWO), opening={"USD": "10000"})
    client.rest("BUY", "90.00", "1", name=ETH)
    listener = client.subscribe("user", "BTC-USD")
    assert events(frames(listener, "user"))[0]["orders"] == []
    client.rest("BUY", "91.00", "1", name=ETH)
    client.rest("BUY", "91.00", "1")
    told = [order for event in events(frames(listener, "user")) for order in event["orders"]]
    assert {order["product_id"] for order in told} == {"BTC-USD"}


def test_frames_take_the_other_forms_that_coinbase_has_shown() -> None:
    client = Client(quirks=VenueQuirks(client_id=False, counter_text=True, epoch_snapshots=True))
    snapshot, _ = frames(client.subscribe("level2", "BTC-USD"))
    assert "client_id" not in snapshot
    assert snapshot["events"][0]["updates"][0]["event_time"] == "1970-01-01T00:00:00Z"
    listener = client.subscribe("heartbeats")
    client.to(1)
    (beat,) = events(frames(listener, "heartbeats"))
    assert beat["heartbeat_counter"] == str(START // 1_000_000_000 + 1)
