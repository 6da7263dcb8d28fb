"""Claims about playing a raw recording."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen

from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.engine.wire import PREFIX, Request
from adapters.simulator.recordings.playback import Playback
from adapters.simulator.recordings.recorded import RecordedMarket
from adapters.simulator.server.opened_world import FEES
from adapters.simulator.stream_api.connection import Connection
from domain.model.instants import MILLISECOND, SECOND, Nanos, iso
from domain.model.product import ProductId
from tests.builders.steps import BTC, START, product


@frozen
class Recorded:
    at_ns: Nanos
    channel: str
    products: tuple[ProductId, ...]
    events: str


def frame(at_ms: int, channel: str, events: str, *products: ProductId) -> Recorded:
    return Recorded(Nanos(START + at_ms * MILLISECOND), channel, products, events)


def book(kind: str, *levels: tuple[str, str, str]) -> str:
    updates = [
        {"side": side, "price_level": price, "new_quantity": quantity}
        for side, price, quantity in levels
    ]
    return json.dumps([{"type": kind, "product_id": BTC, "updates": updates}], indent=1)


TRADE = (
    f'[{{"type":"update", "trades":[{{"product_id":"BTC-USD","trade_id":"7","price":"100",'
    f'"size":"0.5","side":"BUY","time":"{iso(START + 1_600 * MILLISECOND)}"}}]}}]'
)
BEAT = '[{"current_time":"x","heartbeat_counter":"1"}]'
FRAMES = (
    frame(200, "l2_data", book("snapshot", ("bid", "99", "1"), ("offer", "101", "2")), BTC),
    frame(1_300, "heartbeats", BEAT),
    frame(1_400, "l2_data", book("update", ("bid", "99", "0"), ("bid", "98", "3")), BTC),
    frame(1_700, "market_trades", TRADE, BTC),
    frame(2_500, "l2_data", book("update", ("offer", "100.5", "4")), BTC),
)


@pytest.fixture
def playback() -> Playback:
    market = RecordedMarket("recording", [product()], FRAMES)
    engine = Engine(
        market=market,
        expander=market,
        store=SqliteStore(),
        start_ns=START,
        opening={"USD": Decimal(100)},
        fees=FEES,
        ids=Ids("test"),
    )
    return Playback(engine, FRAMES, [BTC])


def subscribe(connection: Connection, channel: str, *names: str) -> None:
    connection.receive(
        json.dumps({"type": "subscribe", "channel": channel, "product_ids": list(names)})
    )


def taken(connection: Connection, channel: str) -> list[bytes]:
    return [text for text in connection.take() if json.loads(text)["channel"] == channel]


def events_of(text: bytes) -> str:
    found = re.search(rb'"events":(\[.*\])\}$', text, re.DOTALL)
    assert found is not None
    return found[1].decode()


def get(playback: Playback, path: str, **query: str) -> dict[str, Any]:
    given = {name: [value] for name, value in query.items()}
    return dict(json.loads(playback.handle(Request("GET", PREFIX + path, given)).body))


def test_market_time_waits_for_the_first_market_subscription(playback: Playback) -> None:
    connection = playback.connect()
    assert playback.waits
    subscribe(connection, "user")
    assert playback.waits
    subscribe(connection, "level2", BTC)
    assert not playback.waits


def test_events_are_the_recorded_bytes_and_stamps_the_recorded_times(playback: Playback) -> None:
    connection = playback.connect()
    for channel in ("heartbeats", "level2", "market_trades"):
        subscribe(connection, channel, BTC)
    connection.take()
    playback.advance(Nanos(START + 3 * SECOND))
    sent = connection.take()
    assert [events_of(text) for text in sent] == [item.events for item in FRAMES]
    assert [json.loads(text)["timestamp"] for text in sent] == [iso(i.at_ns) for i in FRAMES]


def test_sequence_numbers_are_those_of_the_connection(playback: Playback) -> None:
    first, second = playback.connect(), playback.connect()
    subscribe(first, "level2", BTC)
    subscribe(second, "heartbeats")
    subscribe(second, "level2", BTC)
    playback.advance(Nanos(START + 3 * SECOND))
    for connection, count in ((first, 4), (second, 6)):
        numbers = [json.loads(text)["sequence_num"] for text in connection.take()]
        assert numbers == list(range(count))


def test_frames_are_sent_when_they_are_due_and_not_before(playback: Playback) -> None:
    connection = playback.connect()
    subscribe(connection, "level2", BTC)
    playback.advance(Nanos(START + 1_399 * MILLISECOND))
    assert len(taken(connection, "l2_data")) == 1
    assert playback.next_due_ns() == START + 1_400 * MILLISECOND
    playback.advance(playback.next_due_ns())
    assert len(taken(connection, "l2_data")) == 1


def test_a_late_subscriber_gets_the_channel_from_its_beginning(playback: Playback) -> None:
    playback.advance(Nanos(START + 2 * SECOND))
    connection = playback.connect()
    subscribe(connection, "level2", BTC)
    assert [events_of(text) for text in taken(connection, "l2_data")] == [
        FRAMES[0].events,
        FRAMES[2].events,
    ]
    subscribe(connection, "level2", BTC)
    assert taken(connection, "l2_data") == []


def test_only_what_was_asked_for_is_sent(playback: Playback) -> None:
    connection = playback.connect()
    subscribe(connection, "market_trades", BTC, "NOPE-USD")
    acknowledged = json.loads(connection.take()[0])["events"][0]["subscriptions"]
    assert acknowledged == {"market_trades": [BTC]}
    connection.receive(json.dumps({"type": "unsubscribe", "channel": "market_trades"}))
    assert json.loads(connection.take()[0])["events"][0]["subscriptions"] == {}
    playback.advance(Nanos(START + 3 * SECOND))
    assert connection.take() == []


def test_rest_shows_the_rebuilt_book_of_the_last_second(playback: Playback) -> None:
    playback.advance(Nanos(START + 2_900 * MILLISECOND))
    shown = get(playback, "/product_book", product_id=BTC)["pricebook"]
    assert [level["price"] for level in shown["bids"]] == ["98"]
    assert [level["price"] for level in shown["asks"]] == ["101"]
    playback.advance(Nanos(START + 3_100 * MILLISECOND))
    shown = get(playback, "/product_book", product_id=BTC)["pricebook"]
    assert [level["price"] for level in shown["asks"]] == ["100.5", "101"]
    trades = get(playback, f"/products/{BTC}/ticker", limit="5")["trades"]
    assert [trade["trade_id"] for trade in trades] == ["7"]


def test_nothing_can_be_ordered_and_the_account_stays(playback: Playback) -> None:
    answer = playback.handle(Request("POST", PREFIX + "/orders", {}, b"{}"))
    assert answer.status == 400
    assert b"nothing can be ordered" in answer.body
    (account,) = [
        item for item in get(playback, "/accounts")["accounts"] if item["currency"] == "USD"
    ]
    assert Decimal(account["available_balance"]["value"]) == 100


def test_a_closed_stream_gets_nothing_more(playback: Playback) -> None:
    connection = playback.connect()
    subscribe(connection, "level2", BTC)
    connection.close()
    playback.advance(Nanos(START + 3 * SECOND))
    assert connection.take() == []


@pytest.mark.parametrize(
    "odd",
    [
        "[7]",
        "[null]",
        '[{"type":"update","product_id":"BTC-USD","updates":7}]',
        '[{"type":"later","product_id":"BTC-USD","updates":[]}]',
        book("update", ("bid", "NaN", "1")),
        book("update", ("bid", "99", "-1")),
        book("update", ("side", "99", "1")),
        book("update", ("bid", "0", "1")),
    ],
)
def test_a_book_with_an_odd_change_is_not_known_until_its_next_snapshot(odd: str) -> None:
    again = book("snapshot", ("bid", "97", "1"), ("offer", "103", "1"))
    played = (
        FRAMES[0],
        frame(1_200, "l2_data", odd, BTC),
        frame(2_200, "l2_data", again, BTC),
        frame(3_200, "heartbeats", BEAT),
    )
    steps = RecordedMarket("recording", [product()], played).steps(BTC, START)
    assert [step.bids[0].price if step.bids else None for step in steps] == [99, None, 97, 97]


@pytest.mark.parametrize(
    "odd", ["[7]", '[{"type":"update","trades":7}]', TRADE.replace("0.5", "-1")]
)
def test_an_odd_trade_is_left_out_alone(odd: str) -> None:
    played = (*FRAMES[:4], frame(1_800, "market_trades", odd, BTC), FRAMES[4])
    steps = RecordedMarket("recording", [product()], played).steps(BTC, START)
    assert [trade.trade_id for step in steps for trade in step.trades] == ["7"]
