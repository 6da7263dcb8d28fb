"""Items 32 to 42 of the checklist: streams."""

from __future__ import annotations

import json
import queue
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from coinbase.rest import RESTClient
from coinbase.websocket import WebsocketResponse, WSUserClient
from venues import BTC, Stream, Venue, decimal, wait_until

NewId = Callable[[], str]
Away = Callable[[str], str]


def acknowledged(stream: Stream) -> dict[str, Any]:
    return dict(stream.data("subscriptions")["subscriptions"])


def book_after(events: list[dict[str, Any]]) -> dict[str, dict[Decimal, Decimal]]:
    book: dict[str, dict[Decimal, Decimal]] = {"bid": {}, "offer": {}}
    for event in events:
        for update in event["updates"]:
            price, quantity = decimal(update["price_level"]), decimal(update["new_quantity"])
            if quantity:
                book[update["side"]][price] = quantity
            else:
                book[update["side"]].pop(price, None)
    return book


def test_item_32_one_port_serves_public_and_user_streams_and_answers_pings(venue: Venue) -> None:
    key = json.loads(venue.key_file.read_text())
    frames: queue.Queue[str] = queue.Queue()
    user = WSUserClient(
        api_key=key["name"],
        api_secret=key["privateKey"],
        base_url=venue.ws.rstrip("/"),
        on_message=frames.put,
    )
    user.open()
    user.user([])
    seen = [json.loads(frames.get(timeout=10)) for _ in range(2)]
    assert {frame["channel"] for frame in seen} == {"subscriptions", "user"}
    pong = user._run_coroutine_threadsafe(user.websocket.ping())
    assert pong is not None
    user.close()
    with venue.stream(signed=False) as public:
        public.subscribe("heartbeats")
        assert public.data("heartbeats")


@pytest.mark.parametrize("subscribes", [False, True])
def test_item_33_closes_streams_without_subscription_or_traffic(
    strict: Venue, subscribes: bool
) -> None:
    with strict.stream(signed=False) as alive, strict.stream(signed=False) as stream:
        alive.subscribe("heartbeats")
        if subscribes:
            stream.subscribe("level2", "NO-USD")
        begun = time.monotonic()
        wait_until(lambda: not stream.client._is_websocket_open())
        assert 0.8 < time.monotonic() - begun < 10
        assert alive.client._is_websocket_open()


def test_item_34_frames_are_numbered_per_connection_over_all_channels(
    venue: Venue, strict: Venue
) -> None:
    with venue.stream(signed=False) as stream:
        stream.subscribe("heartbeats")
        stream.subscribe("level2", BTC, "ETH-USD")
        stream.subscribe("ticker", BTC)
        frames = [stream.next() for _ in range(60)]
    assert [frame["sequence_num"] for frame in frames] == list(range(60))
    assert len({frame["channel"] for frame in frames}) >= 3
    for frame in frames:
        assert frame["client_id"] == ""
        assert re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d*[1-9])?Z", frame["timestamp"])
        WebsocketResponse(frame)
    with strict.stream(signed=False) as other:
        other.subscribe("heartbeats")
        assert "client_id" not in other.next()


def test_item_35_acknowledgements_list_all_that_is_subscribed(venue: Venue) -> None:
    with venue.stream() as stream:
        stream.subscribe("heartbeats")
        assert acknowledged(stream) == {"heartbeats": ["heartbeats"]}
        stream.subscribe("ticker", BTC, "NO-USD")
        assert acknowledged(stream) == {"heartbeats": ["heartbeats"], "ticker": [BTC]}
        stream.subscribe("user")
        (user,) = acknowledged(stream)["user"]
        assert len(user) == 36
        for channel, products in (("heartbeats", []), ("ticker", [BTC]), ("user", [])):
            stream.client.unsubscribe(products, [channel])
            left = acknowledged(stream)
        assert left == {}


def test_item_36_errors_are_told_in_band_without_a_number(venue: Venue) -> None:
    with venue.stream(signed=False) as stream:
        send = stream.client.websocket.send
        wrong = [
            ({"type": "subscribe", "channel": "user"}, "authentication failure"),
            ({"type": "subscribe", "channel": "nope"}, "authentication failure"),
            ({"type": "subscribe", "channel": "ticker", "jwt": "x"}, "authentication failure"),
            ({"type": "shout", "channel": "ticker"}, "subscribe or unsubscribe required"),
        ]
        for message, text in wrong:
            stream.client._run_coroutine_threadsafe(send(json.dumps(message)))
            assert stream.next() == {"type": "error", "message": text}
        stream.subscribe("heartbeats")
        assert stream.next()["sequence_num"] == 0


def test_item_37_heartbeats_count_seconds(venue: Venue, strict: Venue) -> None:
    with venue.stream(signed=False) as stream:
        stream.subscribe("heartbeats")
        beats = [stream.data("heartbeats") for _ in range(5)]
    counters = [beat["heartbeat_counter"] for beat in beats]
    assert counters == list(range(counters[0], counters[0] + 5))
    go = r"[\d-]{10} [\d:]{8}(\.\d+)? \+0000 UTC m=\+\d+\.\d{9}"
    assert all(re.fullmatch(go, beat["current_time"]) for beat in beats)
    with strict.stream(signed=False) as other:
        other.subscribe("heartbeats")
        assert isinstance(other.data("heartbeats")["heartbeat_counter"], str)


def test_item_38_level2_is_a_snapshot_then_absolute_changes(
    venue: Venue, strict: Venue, client: RESTClient
) -> None:
    with venue.stream(signed=False) as stream:
        stream.subscribe("level2", BTC)
        events = [stream.data("l2_data") for _ in range(20)]
        assert [event["type"] for event in events] == ["snapshot"] + ["update"] * 19
        stream.subscribe("level2", BTC)
        events = [*events]
        while True:
            event = stream.data("l2_data")
            if event["type"] == "snapshot":
                break
            events.append(event)
    assert book_after(events) == book_after([event])
    book = book_after([event])
    assert max(book["bid"]) < min(book["offer"])
    with strict.stream(signed=False) as other:
        other.subscribe("level2", BTC)
        first = other.data("l2_data")["updates"][0]
        assert first["event_time"] == "1970-01-01T00:00:00Z"


def test_item_39_market_trades_come_in_batches_newest_first(venue: Venue) -> None:
    with venue.stream(signed=False) as stream:
        stream.subscribe("market_trades", BTC)
        snapshot = stream.data("market_trades")
        assert snapshot["type"] == "snapshot"
        assert len(snapshot["trades"]) <= 100
        updates = [stream.data("market_trades") for _ in range(5)]
    numbers: list[int] = [int(snapshot["trades"][0]["trade_id"])] if snapshot["trades"] else []
    for update in updates:
        batch = [int(trade["trade_id"]) for trade in update["trades"]]
        assert batch == sorted(batch, reverse=True)
        numbers += reversed(batch)
        assert {trade["side"] for trade in update["trades"]} <= {"BUY", "SELL"}
    assert numbers == sorted(numbers)
    assert len(numbers) == len(set(numbers))


def test_item_40_ticker_batch_candles_and_status(venue: Venue) -> None:
    with venue.stream(signed=False) as stream:
        for channel in ("ticker", "ticker_batch", "candles", "status"):
            stream.subscribe(channel, BTC)
        wanted = {"ticker", "ticker_batch", "candles", "status"}
        seen: dict[str, dict[str, Any]] = {}
        while wanted - seen.keys():
            frame = stream.until(lambda frame: frame.get("channel") in wanted)
            event = frame["events"][0]
            if event["type"] == "update" or frame["channel"] == "status":
                seen[frame["channel"]] = event
    (ticker,) = seen["ticker"]["tickers"]
    assert decimal(ticker["best_bid"]) < decimal(ticker["best_ask"])
    assert "best_bid" not in seen["ticker_batch"]["tickers"][0]
    (candle,) = seen["candles"]["candles"]
    assert int(candle["start"]) % 300 == 0
    assert decimal(candle["low"]) <= decimal(candle["close"]) <= decimal(candle["high"])
    assert seen["status"]["products"][0]["id"] == BTC


def test_item_41_the_user_channel_tells_every_state(
    venue: Venue, client: RESTClient, new_id: NewId, away: Away
) -> None:
    with venue.stream() as stream:
        stream.subscribe("user")
        stream.subscribe("heartbeats")
        snapshot = stream.data("user")
        assert snapshot["type"] == "snapshot"
        assert len(snapshot["orders"]) < 50
        made = client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5")).success_response
        pending = stream.order(made["order_id"], "PENDING")
        assert all(isinstance(value, str) for value in pending.values())
        assert pending["order_type"] == "Limit"
        assert stream.order(made["order_id"], "OPEN")["leaves_quantity"] == "0.001"
        client.cancel_orders([made["order_id"]])
        stream.order(made["order_id"], "CANCEL_QUEUED")
        assert stream.order(made["order_id"], "CANCELLED")["leaves_quantity"] == "0"
        sold = client.market_order_sell(new_id(), BTC, base_size="0.001").success_response
        told = stream.order(sold["order_id"], "FILLED")
        order = client.get_order(sold["order_id"]).order
        assert decimal(told["cumulative_quantity"]) == decimal(order.filled_size)
        assert decimal(told["total_fees"]) == decimal(order.total_fees)
        frame = next(frame for frame in stream.seen if frame.get("channel") == "user")
        assert WebsocketResponse(json.loads(json.dumps(frame))).events[0].type == "snapshot"


def test_item_42_market_data_of_aliases_is_labelled_dollar_orders_are_not(
    venue: Venue, client: RESTClient, new_id: NewId
) -> None:
    with venue.stream() as stream:
        stream.subscribe("level2", "BTC-USDC")
        assert stream.data("l2_data")["product_id"] == BTC
        stream.subscribe("user")
        bought = client.market_order_buy(new_id(), "BTC-USDC", quote_size="30").success_response
        assert stream.order(bought["order_id"], "FILLED")["product_id"] == "BTC-USDC"
    assert client.get_order(bought["order_id"]).order.product_id == "BTC-USDC"
    assert client.get_product_book("BTC-USDC").pricebook.product_id == BTC
