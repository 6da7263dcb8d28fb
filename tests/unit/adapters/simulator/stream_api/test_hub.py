from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.simulator.stream_api.connection import Connection
from domain.model.instants import MILLISECOND
from tests.builders.messages import a_level
from tests.builders.simulator import Client, frames
from tests.builders.steps import ASKS, ETH, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))


def send(connection: Connection, kind: str, channel: Any, *names: str, **more: Any) -> list[Any]:
    message = {"type": kind, "channel": channel, "product_ids": names, **more}
    connection.receive(json.dumps(message))
    return frames(connection)


def test_a_snapshot_comes_before_the_acknowledgement() -> None:
    first, second = frames(Client().subscribe("level2", "BTC-USD"))
    assert (first["channel"], first["events"][0]["type"]) == ("l2_data", "snapshot")
    assert second["channel"] == "subscriptions"
    assert second["events"] == [{"subscriptions": {"level2": ["BTC-USD"]}}]
    assert [first["sequence_num"], second["sequence_num"]] == [0, 1]


def test_a_snapshot_lists_bids_then_offers_from_the_best_out() -> None:
    snapshot = frames(Client().subscribe("level2", "BTC-USD"))[0]["events"][0]
    listed = [(update["side"], update["price_level"]) for update in snapshot["updates"]]
    assert listed[:3] == [("bid", "99.00"), ("bid", "98.00"), ("bid", "97.00")]
    assert listed[3:] == [("offer", "101.00"), ("offer", "102.00"), ("offer", "103.00")]


def test_a_whole_book_is_one_frame_however_large() -> None:
    bids = tuple(a_level(f"{90_000 - number}.00", "1.00000000") for number in range(85_000))
    client = Client(Script(step(0, bids=bids, asks=(a_level("90001.00", "1"),))))
    (frame, _) = client.subscribe("level2", "BTC-USD").take()
    assert len(frame) > 8 * 1024 * 1024
    assert len(json.loads(frame)["events"][0]["updates"]) == 85_001


def test_an_update_names_only_what_changed_and_deletes_with_zero() -> None:
    asks = (
        a_level("101.00", "1.00000000"),
        a_level("101.50", "7"),
        a_level("103.00", "3.00000000"),
    )
    client = Client(Script(step(2, asks=asks)))
    connection = client.subscribe("level2", "BTC-USD")
    frames(connection)
    client.to(2)
    (frame,) = frames(connection)
    updates = frame["events"][0]["updates"]
    assert [(one["side"], one["price_level"], one["new_quantity"]) for one in updates] == [
        ("offer", "101.50", "7"),
        ("offer", "102.00", "0"),
    ]
    assert updates[0]["event_time"] == frame["timestamp"] == "2023-11-14T22:14:02Z"


def test_a_step_that_changes_nothing_sends_nothing() -> None:
    client = Client(Script(step(2)))
    connection = client.subscribe("level2", "BTC-USD")
    frames(connection)
    client.to(3)
    assert frames(connection) == []


def test_our_own_order_is_streamed_at_once() -> None:
    client = Client()
    connection = client.subscribe("level2", "BTC-USD")
    frames(connection)
    client.rest("BUY", "99.50", "2")
    (frame,) = frames(connection)
    assert frame["events"][0]["updates"][0]["price_level"] == "99.50"


def test_one_sequence_counts_all_frames_of_a_connection() -> None:
    client = Client(Script(step(1.1, ("100", "1")), step(2, ("99", "1"), asks=ASKS[1:])))
    connection = client.subscribe("level2", "BTC-USD")
    for channel in ("heartbeats", "market_trades", "user"):
        connection.receive(
            json.dumps({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]})
        )
    client.to(5)
    numbers = [frame["sequence_num"] for frame in frames(connection)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 12


def test_connections_count_for_themselves() -> None:
    client = Client()
    first, second = client.subscribe("heartbeats"), client.subscribe("heartbeats")
    client.to(3)
    ours, theirs = frames(first), frames(second)
    assert [frame["sequence_num"] for frame in ours] == [0, 1, 2, 3]
    assert ours == theirs


def test_a_heartbeat_comes_each_second_of_market_time() -> None:
    client = Client()
    connection = client.to(0.4).subscribe("heartbeats")
    client.to(4)
    beats = frames(connection, "heartbeats")
    assert [beat["timestamp"][-3:] for beat in beats] == ["01Z", "02Z", "03Z", "04Z"]
    counters = [beat["events"][0]["heartbeat_counter"] for beat in beats]
    assert counters == list(range(counters[0], counters[0] + 4))
    assert beats[0]["events"][0]["current_time"].startswith("2023-11-14 22:14:01 +0000 UTC m=+1.")


def test_trades_come_in_batches_of_a_quarter_second_newest_first() -> None:
    script = Script(
        step(1.05, ("100", "1"), ("100.5", "2")), step(1.2, ("100.25", "3")), step(1.3, ("99", "4"))
    )
    client = Client(script)
    connection = client.subscribe("market_trades", "BTC-USD")
    client.to(2)
    batches = frames(connection, "market_trades")[1:]
    assert [frame["timestamp"][-6:] for frame in batches] == ["01.25Z", ":01.5Z"]
    trades = batches[0]["events"][0]["trades"]
    assert [trade["size"] for trade in trades] == ["3", "2", "1"]
    assert trades[0]["side"] == "SELL"


def test_a_trades_snapshot_has_what_was_printed_and_repeats_nothing() -> None:
    client = Client(Script(step(1, ("100", "1")), step(1.1, ("101", "2"))))
    early = client.subscribe("market_trades", "BTC-USD")
    connection = client.to(1.15).subscribe("market_trades", "BTC-USD")
    client.to(2)
    events = [frame["events"][0] for frame in frames(connection, "market_trades")]
    assert [(one["type"], [t["size"] for t in one["trades"]]) for one in events] == [
        ("snapshot", ["1"]),
        ("update", ["2"]),
    ]
    assert len(frames(early, "market_trades")) == 3


def test_the_acknowledgement_lists_everything_subscribed() -> None:
    client = Client(Script(products=TWO))
    connection = client.subscribe("level2", "BTC-USD")
    send(connection, "subscribe", "user")
    ack = send(connection, "subscribe", "level2", "ETH-USD")[-1]["events"][0]["subscriptions"]
    user = client.get("/orders/historical/batch")
    assert user["orders"] == []
    assert ack["level2"] == ["BTC-USD", "ETH-USD"]
    assert len(ack["user"]) == 1


def test_an_unknown_product_is_acknowledged_without_it() -> None:
    ack = frames(Client().subscribe("market_trades", "NOPE-USD", "BTC-USD"))[-1]
    assert ack["events"] == [{"subscriptions": {"market_trades": ["BTC-USD"]}}]


def test_after_the_last_unsubscribe_nothing_is_sent() -> None:
    client = Client(Script(step(2, asks=ASKS[1:])))
    connection = client.subscribe("level2", "BTC-USD")
    frames(connection)
    (ack,) = send(connection, "unsubscribe", "level2", "BTC-USD")
    assert ack["events"] == [{"subscriptions": {}}]
    client.to(5)
    assert frames(connection) == []


def test_subscribing_again_sends_a_new_snapshot() -> None:
    client = Client()
    connection = client.subscribe("level2", "BTC-USD")
    frames(connection)
    again = send(connection, "subscribe", "level2", "BTC-USD")
    assert [frame["channel"] for frame in again] == ["l2_data", "subscriptions"]
    assert again[0]["events"][0]["type"] == "snapshot"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "subscribe or unsubscribe required"),
        ("[]", "subscribe or unsubscribe required"),
        ('{"type":"hello","channel":"level2"}', "subscribe or unsubscribe required"),
        ('{"type":"subscribe"}', "authentication failure"),
        ('{"type":"subscribe","channel":"nope"}', "authentication failure"),
        ('{"type":"subscribe","channel":["level2"]}', "authentication failure"),
        (
            '{"type":"subscribe","channel":"level2","product_ids":[1]}',
            "product_ids must be a list of texts",
        ),
    ],
)
def test_what_is_wrong_with_a_message_is_answered_without_a_sequence(
    text: str, message: str
) -> None:
    connection = Client().engine.connect()
    connection.receive(text)
    assert frames(connection) == [{"type": "error", "message": message}]


def test_the_user_channel_needs_a_token_that_verifies() -> None:
    connection = Client().engine.connect(lambda token: token == "good")
    refusal = [{"type": "error", "message": "authentication failure"}]
    assert send(connection, "subscribe", "user") == refusal
    assert send(connection, "subscribe", "user", jwt="bad") == refusal
    assert send(connection, "subscribe", "user", jwt=7) == refusal
    assert send(connection, "subscribe", "heartbeats", jwt="bad") == refusal
    assert send(connection, "subscribe", "heartbeats")[0]["channel"] == "subscriptions"
    assert send(connection, "subscribe", "user", jwt="good")[-1]["channel"] == "user"


@pytest.mark.parametrize(("count", "batches"), [(0, [0]), (3, [3]), (50, [50, 0]), (51, [50, 1])])
def test_a_user_snapshot_ends_with_a_short_batch(count: int, batches: list[int]) -> None:
    client = Client()
    for _ in range(count):
        client.rest("BUY", "50", "0.1")
    snapshot = frames(client.subscribe("user"), "user")
    assert [len(frame["events"][0]["orders"]) for frame in snapshot] == batches


def test_all_members_of_a_user_order_are_texts() -> None:
    client = Client()
    client.rest("BUY", "50", "0.1", end_s=60)
    order = frames(client.subscribe("user"), "user")[0]["events"][0]["orders"][0]
    assert all(isinstance(value, str) for value in order.values())
    assert order["order_type"] == "Limit"
    assert order["end_time"] == "2023-11-14T22:15:00Z"


def test_level2_is_coalesced_to_the_interval_and_loses_no_level() -> None:
    steps = [
        step(
            0.1 * number, asks=(a_level(f"{101 + number}.00", "1"), a_level("150.00", str(number)))
        )
        for number in range(1, 10)
    ]
    client = Client(Script(*steps), level2_interval_ns=500 * MILLISECOND)
    connection = client.subscribe("level2", "BTC-USD")
    client.to(2)
    taken = frames(connection, "l2_data")
    assert [frame["timestamp"][17:] for frame in taken] == ["00Z", "00.5Z", "01Z"]
    book: dict[str, str] = {}
    for frame in taken:
        for update in frame["events"][0]["updates"]:
            book[update["price_level"]] = update["new_quantity"]
    assert {price for price, size in book.items() if size != "0"} == {
        *("99.00", "98.00", "97.00"),
        *("110.00", "150.00"),
    }


def test_a_newcomer_amid_coalescing_sees_the_same_book() -> None:
    steps = [step(0.1), step(0.2, asks=ASKS[1:]), step(0.3, asks=ASKS)]
    client = Client(Script(*steps), level2_interval_ns=500 * MILLISECOND)
    first = client.subscribe("level2", "BTC-USD")
    second = client.to(0.2).subscribe("level2", "BTC-USD")
    client.to(2)
    for connection in (first, second):
        book: dict[str, str] = {}
        for frame in frames(connection, "l2_data"):
            for update in frame["events"][0]["updates"]:
                book[update["price_level"]] = update["new_quantity"]
        assert book["101.00"] == "1.00000000"


def test_a_closed_connection_gets_nothing() -> None:
    client = Client()
    connection = client.subscribe("heartbeats")
    connection.close()
    connection.close()
    client.to(3)
    connection.receive('{"type":"subscribe","channel":"heartbeats"}')
    assert connection.closed
    assert connection.take() == []


def test_products_are_streamed_apart() -> None:
    client = Client(Script(step(2, name=ETH, asks=ASKS[1:]), products=TWO))
    connection = client.subscribe("level2", "BTC-USD", "ETH-USD")
    frames(connection)
    client.to(2)
    (frame,) = frames(connection)
    assert frame["events"][0]["product_id"] == "ETH-USD"
