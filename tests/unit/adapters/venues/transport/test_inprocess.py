"""Claims about the protocol in virtual time, against the real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.simulator.engine.wire import PREFIX
from adapters.venues.transport.inprocess import InProcessTransport
from adapters.venues.transport.interface import (
    Answer,
    NoAnswer,
    RequestLane,
    StreamKind,
    TransportFailure,
)
from app.run.virtual_ports import errand
from domain.model.instants import MILLISECOND, SECOND
from tests.builders.messages import a_level
from tests.builders.simulator import Client
from tests.builders.steps import START, step
from tests.fakes.clocks import VirtualTime
from tests.fakes.listener import Listener, subscribing
from tests.fakes.markets import Script

RISING = tuple(
    step(second, bids=(a_level(f"{90 + second}", "1"),), asks=(a_level("200", "1"),))
    for second in range(1, 20)
)


class World:
    """An engine, virtual time and a transport between us and it."""

    def __init__(self) -> None:
        self.time = VirtualTime(START)
        self.client = Client(Script(*RISING))
        self.engine = self.client.engine
        self.transport = InProcessTransport(
            self.engine,
            lambda *asked: errand(self.engine, *asked),
            self.engine.connect,
            self.time.after,
            self.time.market_ns,
            self.time.machine_ns,
        )

    def passed_ns(self) -> int:
        return self.time.now_ns - START

    def request(
        self,
        path: str,
        answers: list[Any],
        gate: Any = None,
        lane: RequestLane = RequestLane.QUERY,
    ) -> None:
        def answered(answer: Answer | NoAnswer) -> None:
            answers.append((self.passed_ns(), answer))

        self.transport.request(lane, "GET", PREFIX + path, (), b"", SECOND, answered, gate)


def frames(listener: Listener) -> list[tuple[int, dict[str, Any]]]:
    """Return when each frame came, and what it says."""
    return list(zip(listener.heard_ns, map(json.loads, listener.frames), strict=True))


def test_a_request_takes_its_latency_and_the_engine_hears_it_halfway() -> None:
    world = World()
    answers: list[tuple[int, Any]] = []
    world.request("/time", answers)
    assert answers == []
    world.time.run()
    ((at_ns, answer),) = answers
    assert at_ns == 2 * MILLISECOND
    assert answer.ended_ns == START + 2 * MILLISECOND
    assert json.loads(answer.body)["epochMillis"] == str(START // MILLISECOND + 1)


def test_the_gate_is_asked_later_than_the_call_and_before_the_engine() -> None:
    world = World()
    answers: list[tuple[int, Any]] = []
    asked: list[int] = []

    def gate() -> str:
        asked.append(world.passed_ns())
        return "shut"

    world.request("/time", answers, gate)
    assert asked == []
    world.time.run()
    assert asked == [0]
    assert answers[0][1] == NoAnswer(TransportFailure.REFUSED, "shut", START)


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    ("lane", "at_ms"),
    [
        (RequestLane.ENTRY, [2, 4, 6]),
        (RequestLane.EXIT, [2, 2, 2]),
        (RequestLane.CANCEL, [2, 2, 2]),
        (RequestLane.QUERY, [2, 2, 2]),
    ],
)
def test_entries_wait_for_each_other_and_exits_cancels_and_lists_for_nobody(
    lane: RequestLane, at_ms: list[int]
) -> None:
    world = World()
    answers: list[tuple[int, Any]] = []
    others: list[tuple[int, Any]] = []
    world.request("/time", others, lane=RequestLane.PUBLIC)
    for _ in at_ms:
        world.request("/time", answers, lane=lane)
    world.time.run()
    assert [at_ns // MILLISECOND for at_ns, _ in answers] == at_ms
    assert len(others) == 1


def test_a_request_that_the_gate_refuses_lets_the_next_of_its_lane_go() -> None:
    world = World()
    answers: list[tuple[int, Any]] = []
    world.request("/time", answers, lambda: "shut", RequestLane.ENTRY)
    world.request("/time", answers, lane=RequestLane.ENTRY)
    world.time.run()
    assert [type(answer) for _, answer in answers] == [NoAnswer, Answer]


def test_frames_come_when_the_market_moves_after_their_latency() -> None:
    world = World()
    listener = Listener(subscribing("level2"), world.passed_ns)
    world.transport.open_stream(StreamKind.MARKET, listener)
    world.time.run(limit_ns=5 * SECOND)
    books = [(at_ns, frame) for at_ns, frame in frames(listener) if frame["channel"] == "l2_data"]
    assert [at_ns for at_ns, _ in books] == [
        2 * MILLISECOND,
        *(second * SECOND + MILLISECOND for second in range(1, 5)),
    ]
    numbers = [frame["sequence_num"] for _, frame in frames(listener)]
    assert numbers == list(range(len(numbers)))


def test_what_an_order_causes_is_told_though_the_market_stands_still() -> None:
    world = World()
    listener = Listener(subscribing("user"), world.passed_ns)
    world.transport.open_stream(StreamKind.USER, listener)
    world.time.run(limit_ns=10 * MILLISECOND)
    fields = {"base_size": "0.1", "limit_price": "80", "post_only": True}
    order = {
        "client_order_id": "c-1",
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {"limit_limit_gtc": fields},
    }
    answers: list[Any] = []
    body = json.dumps(order).encode()
    world.transport.request(
        RequestLane.ENTRY, "POST", f"{PREFIX}/orders", (), body, SECOND, answers.append
    )
    world.time.run(limit_ns=10 * MILLISECOND)
    assert json.loads(answers[0].body)["success"]
    _, frame = frames(listener)[-1]
    assert frame["events"][0]["orders"][0]["status"] == "OPEN"


def test_a_closed_stream_hears_nothing_more_and_is_told_once() -> None:
    world = World()
    listener = Listener(subscribing("heartbeats"), world.passed_ns)
    handle = world.transport.open_stream(StreamKind.MARKET, listener)
    world.time.run(limit_ns=3 * SECOND)
    count = len(listener.frames)
    assert count > 2
    handle.close()
    handle.close()
    handle.send("{}")
    world.time.run(limit_ns=5 * SECOND)
    assert len(listener.frames) == count
    assert listener.reasons == ["closed by us"]


def test_a_stream_that_is_closed_before_it_stands_never_opens() -> None:
    world = World()
    listener = Listener(subscribing("heartbeats"), world.passed_ns)
    world.transport.open_stream(StreamKind.MARKET, listener).close()
    world.time.run(limit_ns=3 * SECOND)
    assert (listener.frames, listener.reasons) == ([], ["closed by us"])


def test_closing_ends_streams_and_refuses_requests() -> None:
    world = World()
    answers: list[tuple[int, Any]] = []
    listener = Listener(subscribing("heartbeats"), world.passed_ns)
    world.transport.open_stream(StreamKind.MARKET, listener)
    world.time.run(limit_ns=2 * SECOND)
    world.transport.close()
    world.request("/time", answers)
    world.time.run()
    assert listener.reasons == ["closed by us"]
    assert answers[0][1].fault is TransportFailure.REFUSED


@pytest.mark.parametrize("channels", [("heartbeats",), ("level2", "market_trades", "heartbeats")])
def test_the_same_run_hears_the_same_at_the_same_instants(channels: tuple[str, ...]) -> None:
    def run() -> list[tuple[int, dict[str, Any]]]:
        world = World()
        listener = Listener(subscribing(*channels), world.passed_ns)
        world.transport.open_stream(StreamKind.MARKET, listener)
        world.time.run(limit_ns=30 * SECOND)
        return frames(listener)

    first = run()
    assert len(first) > 20
    assert first == run()
