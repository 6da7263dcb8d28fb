"""Faults of streams: what arrives on a connection, and under which numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.simulator.stream_api.connection import Connection
from adapters.venues.transport.inprocess import InProcessTransport
from adapters.venues.transport.interface import StreamKind
from app.run.virtual_run import errand
from domain.model.instants import SECOND
from tests.builders.messages import a_level
from tests.builders.simulator import Client, fault, frames
from tests.builders.steps import ETH, START, product, step
from tests.fakes.clocks import VirtualTime
from tests.fakes.listener import Listener, subscribing
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))


def moving(*faults: Mapping[str, Any], seconds: int = 60) -> Client:
    """Two products whose best bid moves and whose trades print each second."""
    steps = []
    for second in range(1, seconds):
        bids = (a_level(f"{98 + second % 2}.00", "1"),)
        steps.append(step(second, ("100", "1"), bids=bids))
        steps.append(step(second, ("100", "1"), bids=bids, name=ETH))
    return Client(Script(*steps, products=TWO), faults=faults)


def listening(client: Client, *channels: str) -> Connection:
    """A connection on both products, with its snapshots taken."""
    connection = client.engine.connect()
    for channel in channels:
        text = json.dumps({"type": "subscribe", "channel": channel, "product_ids": [*NAMES]})
        connection.receive(text)
    frames(connection)
    return connection


NAMES = ("BTC-USD", "ETH-USD")


def heard(connection: Connection) -> list[tuple[str, int]]:
    return [(frame["channel"], frame["sequence_num"]) for frame in frames(connection)]


def numbers(connection: Connection) -> list[int]:
    return [number for _, number in heard(connection)]


def test_a_frozen_stream_still_beats_and_catches_up_without_a_gap() -> None:
    client = moving(fault("freeze_stream", at="1.5s", for_="3s"))
    connection = listening(client, "level2", "heartbeats")

    client.to(1.4)
    before = heard(connection)
    client.to(4.4)
    frozen = heard(connection)
    client.to(5.2)
    after = heard(connection)

    assert [channel for channel, _ in frozen] == ["heartbeats"] * 3
    assert [channel for channel, _ in after].count("l2_data") == 2 * (3 + 1)
    counted = [number for part in (before, frozen, after) for _, number in part]
    assert counted == list(range(counted[0], counted[0] + len(counted)))


def test_one_product_may_freeze_while_the_other_goes_on() -> None:
    client = moving(fault("freeze_stream", at="0.5s", for_="9s", product="BTC-USD"))
    connection = listening(client, "level2", "market_trades")

    client.to(5)

    told = {
        event.get("product_id") or event["trades"][0]["product_id"]
        for frame in frames(connection)
        for event in frame["events"]
    }
    assert told == {"ETH-USD"}


def test_the_user_stream_may_freeze_alone() -> None:
    client = moving(fault("freeze_stream", for_="9s", stream="user"))
    connection = listening(client, "user", "level2")

    client.to(1.5).rest("BUY", "90", "1")

    assert {channel for channel, _ in heard(connection)} == {"l2_data"}
    client.to(9.5)
    assert "user" in {channel for channel, _ in heard(connection)}


def test_a_silent_stream_says_nothing_at_all_and_stays_open() -> None:
    client = moving(fault("silent_stream", at="1.5s", for_="5s"))
    connection = listening(client, "level2", "heartbeats")
    client.to(1.4)
    heard(connection)

    client.to(6)

    assert heard(connection) == []
    assert not connection.closed
    client.to(6.6)
    channels = [channel for channel, _ in heard(connection)]
    assert channels.count("heartbeats") == 5


def test_numbers_skip() -> None:
    client = moving(fault("seq_gap", at="1.5s", size=3))
    connection = listening(client, "heartbeats")
    client.to(4)
    assert numbers(connection) == [1, 5, 6, 7]


def test_a_dropped_frame_takes_its_number_along() -> None:
    client = moving(fault("drop_frame", at="1.5s", channel="heartbeats"))
    connection = listening(client, "heartbeats")
    client.to(4)
    assert numbers(connection) == [1, 3, 4]


def test_a_frame_comes_twice() -> None:
    client = moving(fault("duplicate_frame", at="1.5s"))
    connection = listening(client, "heartbeats")
    client.to(4)
    first, second, again, *_ = connection.take()
    assert second == again != first


def test_a_late_frame_comes_after_those_that_overtook_it() -> None:
    client = moving(fault("late_frame", at="1.5s", behind=2))
    connection = listening(client, "heartbeats")
    client.to(5)
    assert numbers(connection) == [1, 3, 4, 2, 5]


def test_a_garbage_frame_is_no_json_and_takes_no_number() -> None:
    client = moving(fault("garbage_frame", at="1.5s"))
    connection = listening(client, "heartbeats")
    client.to(3)

    taken = connection.take()

    with pytest.raises(ValueError, match=r"utf-8"):
        json.loads(taken[1])
    assert [json.loads(frame)["sequence_num"] for frame in (taken[0], *taken[2:])] == [1, 2, 3]


def test_an_oversize_frame_changes_nothing_in_the_book() -> None:
    client = moving(fault("oversize_frame", at="1.5s", mebibytes=9))
    connection = listening(client, "level2")
    client.to(2)

    huge = max(connection.take(), key=len)

    assert len(huge) > 8 * 1024 * 1024
    (event,) = json.loads(huge)["events"]
    assert {update["new_quantity"] for update in event["updates"]} == {"0"}
    assert event["product_id"] in NAMES


def test_a_frame_of_an_unknown_channel_is_numbered() -> None:
    client = moving(fault("unknown_channel", at="1.5s"))
    connection = listening(client, "heartbeats")
    client.to(3)
    assert heard(connection) == [
        ("heartbeats", 1),
        ("mystery", 2),
        *(("heartbeats", n) for n in (3, 4)),
    ]


def test_frame_faults_strike_the_channel_they_name_as_often_as_asked_for() -> None:
    client = moving(fault("drop_frame", at="1.5s", channel="l2_data", count=3))
    connection = listening(client, "level2", "heartbeats")
    client.to(6)
    channels = [channel for channel, _ in heard(connection)]
    assert (channels.count("heartbeats"), channels.count("l2_data")) == (6, 12 - 3)


@pytest.mark.parametrize(("stream", "ends"), [("market", [True, False]), ("user", [False, True])])
def test_a_disconnect_ends_the_connections_of_its_stream(stream: str, ends: list[bool]) -> None:
    client = moving(fault("disconnect", at="2s", stream=stream, code=1011))
    market, user = listening(client, "level2"), listening(client, "user")

    client.to(2)

    assert [market.closed, user.closed] == ends
    ended = market if market.closed else user
    assert (ended.close_code, ended.take()) == (1011, [])


def test_a_storm_ends_every_connection_again_and_again() -> None:
    client = moving(fault("disconnect_storm", at="2s", for_="6s", every="2s"))
    lived = []

    for second in range(1, 14):
        connection = listening(client.to(second - 0.5), "heartbeats")
        client.to(second + 0.1)
        lived.append(not connection.closed)

    assert [second for second, alive in enumerate(lived, 1) if not alive] == [2, 4, 6]
    assert client.struck() == [3]


def test_new_connections_are_refused_and_old_ones_left_alone() -> None:
    client = moving(fault("refuse_stream", at="1s", for_="5s"))
    old = listening(client, "heartbeats")
    client.to(1)

    new = client.engine.connect()

    assert (new.closed, old.closed) == (True, False)
    client.to(6)
    assert not client.engine.connect().closed


def test_a_subscription_fails_in_band_as_often_as_asked_for() -> None:
    client = moving(fault("stream_auth_error", count=2))

    answers = [frames(client.subscribe("user"))[-1] for _ in range(3)]
    (first, *_) = frames(client.subscribe("level2", "BTC-USD"))

    assert [answer.get("message") for answer in answers] == [
        "authentication failure",
        "authentication failure",
        None,
    ]
    assert first["channel"] == "l2_data"


def test_updates_of_orders_are_told_again_under_new_numbers() -> None:
    client = moving(fault("user_replay", at="5s", updates=2))
    connection = listening(client, "user")
    client.to(1.5).rest("BUY", "90", "1")
    told = frames(connection)

    client.to(5)

    again = frames(connection)
    assert [frame["events"] for frame in again] == [frame["events"] for frame in told[-2:]]
    assert again[0]["sequence_num"] == told[-1]["sequence_num"] + 1


def test_maintenance_ends_and_refuses_streams() -> None:
    client = moving(fault("maintenance", at="2s", for_="3s"))
    connection = listening(client, "heartbeats")
    client.to(2)
    assert (connection.closed, connection.close_code) == (True, 1001)
    assert client.engine.connect().closed
    assert not client.to(5).engine.connect().closed


def in_process(*faults: Mapping[str, Any]) -> tuple[VirtualTime, InProcessTransport]:
    time, engine = VirtualTime(START), moving(*faults).engine
    transport = InProcessTransport(
        engine,
        lambda *asked: errand(engine, *asked),
        engine.connect,
        time.after,
        time.market_ns,
        time.machine_ns,
    )
    return time, transport


def test_a_client_in_the_same_process_hears_its_last_frames_and_why_it_ended() -> None:
    time, transport = in_process(fault("disconnect", at="2.5s"))
    listener = Listener(subscribing("heartbeats"))
    transport.open_stream(StreamKind.MARKET, listener)

    time.run(limit_ns=9 * SECOND)

    assert listener.reasons == ["closed by the venue (1006)"]
    assert len(listener.frames) == 1 + 2


def test_a_client_in_the_same_process_that_is_refused_never_opens() -> None:
    time, transport = in_process(fault("refuse_stream"))
    listener = Listener(subscribing("heartbeats"))
    transport.open_stream(StreamKind.MARKET, listener)

    time.run(limit_ns=9 * SECOND)

    assert (listener.opened_count, listener.reasons) == (0, ["closed by the venue (1001)"])
