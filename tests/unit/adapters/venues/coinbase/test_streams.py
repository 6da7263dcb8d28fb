"""Claims about streams on a transport: subscribing, connecting, trying again."""

from __future__ import annotations

import json

import pytest

from adapters.venues.coinbase.streams import market_subscriptions, user_subscriptions
from domain.messages.market import HeartbeatSeen, MarketFrame, StreamClosed, StreamOpened
from domain.messages.venue import UserFrame
from domain.model.instants import MILLISECOND, MINUTE, SECOND
from domain.model.product import ProductId
from tests.builders.messages import BTC, ETH
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue


def beat(sequence: int) -> bytes:
    events = f'[{{"heartbeat_counter":{sequence}}}]'
    head = '{"channel":"heartbeats","timestamp":"2026-01-01T00:00:00Z"'
    return f'{head},"sequence_num":{sequence},"events":{events}}}'.encode()


def opened(draw: float = 0.5) -> ScriptedVenue:
    venue = ScriptedVenue(draw=lambda: draw)
    venue.client.open_market_stream((BTC, ETH), ME)
    venue.time.run(limit_ns=10 * MILLISECOND)
    return venue


def test_each_channel_is_subscribed_by_a_message_of_its_own() -> None:
    heard = [json.loads(text) for text in opened().connections[0].heard]
    products = ["BTC-USD", "ETH-USD"]
    assert heard == [
        {"type": "subscribe", "channel": "heartbeats"},
        {"type": "subscribe", "channel": "status", "product_ids": products},
        {"type": "subscribe", "channel": "market_trades", "product_ids": products},
        {"type": "subscribe", "channel": "level2", "product_ids": products},
    ]


def test_many_products_are_subscribed_in_parts() -> None:
    products = [ProductId(f"P{number}-USD") for number in range(120)]
    messages = [json.loads(text) for text in market_subscriptions(products)[1:]]
    for channel in ("status", "market_trades", "level2"):
        parts = [each["product_ids"] for each in messages if each["channel"] == channel]
        assert [len(part) for part in parts] == [50, 50, 20]
        assert [each for part in parts for each in part] == products


def test_each_message_of_the_user_stream_has_a_token_of_its_own() -> None:
    tokens = iter(["t-1", "t-2"])
    messages = [json.loads(text) for text in user_subscriptions(lambda: next(tokens))]
    assert [(each["channel"], each["jwt"]) for each in messages] == [
        ("user", "t-1"),
        ("heartbeats", "t-2"),
    ]
    assert all("jwt" not in text for text in user_subscriptions(None))


def test_frames_follow_the_opening_in_order() -> None:
    venue = opened()
    venue.say(beat(0), beat(1))
    first, *frames = venue.inbox.messages
    assert first == StreamOpened("market", 1)
    assert [frame.sequence for frame in frames] == [0, 1]
    assert isinstance(frames[0], MarketFrame)
    assert frames[0].connection == 1
    assert frames[0].events == (HeartbeatSeen(0),)


def test_the_user_stream_is_apart() -> None:
    venue = ScriptedVenue()
    venue.client.open_user_stream(ME)
    venue.time.run(limit_ns=10 * MILLISECOND)
    venue.say(beat(0))
    opening, frame = venue.inbox.messages
    assert opening == StreamOpened("user", 1)
    assert isinstance(frame, UserFrame)
    venue.client.restart_market_stream("not this one")
    assert not venue.connections[0].closed


def test_a_restart_closes_and_connects_anew_with_the_next_number() -> None:
    venue = opened()
    venue.client.restart_market_stream("sequence gap")
    assert venue.connections[0].closed
    venue.time.run(limit_ns=2 * SECOND)
    assert venue.inbox.messages == [
        StreamOpened("market", 1),
        StreamClosed("market", 1, "sequence gap"),
        StreamOpened("market", 2),
    ]
    assert venue.connections[1].heard == venue.connections[0].heard


def test_frames_of_a_dropped_connection_are_not_passed_on() -> None:
    venue = opened()
    venue.connections[0].waiting.append(beat(0))
    venue.transport.pump()
    venue.client.restart_market_stream("late")
    venue.time.run(limit_ns=2 * SECOND)
    assert venue.inbox.of(MarketFrame) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"type":"error","message":"authentication failure"}', "authentication failure"),
        (b"<html>", "not a market frame"),
        (b'{"channel":"l2_data"}', "sequence"),
    ],
)
def test_what_is_no_frame_ends_the_connection(data: bytes, reason: str) -> None:
    venue = opened()
    venue.say(data, beat(1))
    assert venue.connections[0].closed
    (closed,) = venue.inbox.of(StreamClosed)
    assert reason in closed.reason
    assert venue.inbox.of(MarketFrame) == []


def test_pauses_grow_while_connections_fail_young_and_begin_anew_after_a_stable_one() -> None:
    venue = ScriptedVenue(draw=lambda: 0.999999)
    venue.client.open_user_stream(ME)
    venue.time.run(limit_ns=10 * MILLISECOND)

    def fail_after(ns: int) -> float:
        count = len(venue.connections)
        venue.time.after(ns, lambda: venue.client.restart_user_stream("drill"))
        begun_ns = venue.time.now_ns
        venue.time.run(lambda: len(venue.connections) > count)
        return round((venue.time.now_ns - begun_ns - ns) / SECOND, 1)

    assert [fail_after(SECOND) for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert fail_after(MINUTE) == 1.0


def test_a_closed_stream_stays_closed() -> None:
    venue = opened()
    venue.client.close()
    venue.time.run()
    assert venue.inbox.of(StreamClosed) == [StreamClosed("market", 1, "closed by us")]
    assert len(venue.connections) == 1


def test_subscribing_again_replaces_the_products() -> None:
    venue = opened()
    venue.client.open_market_stream((BTC,), ME)
    venue.time.run(limit_ns=2 * SECOND)
    assert json.loads(venue.connections[1].heard[1])["product_ids"] == ["BTC-USD"]
    assert venue.inbox.of(StreamOpened)[-1].connection == 2
