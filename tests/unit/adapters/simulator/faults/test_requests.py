"""Faults of requests as a client in the same process meets them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.simulator.engine.wire import PREFIX
from adapters.simulator.faults.requests import endpoint_of
from adapters.venues.transport.inprocess import InProcessTransport
from adapters.venues.transport.interface import Answer, NoAnswer, RequestLane, TransportFailure
from app.run.virtual_ports import errand
from domain.model.instants import MILLISECOND, SECOND
from tests.builders.simulator import Client, fault
from tests.builders.steps import START
from tests.fakes.clocks import VirtualTime
from tests.fakes.markets import Script

USUAL_NS = 2 * MILLISECOND
DEADLINE_NS = 10 * SECOND


class Asking:
    """A client in virtual time; answers come with the time that they took."""

    def __init__(self, *faults: Mapping[str, Any]) -> None:
        self.time = VirtualTime(START)
        self.client = Client(Script(minutes=200), faults=faults)
        engine = self.client.engine
        self.transport = InProcessTransport(
            engine,
            lambda *asked: errand(engine, *asked),
            engine.connect,
            self.time.after,
            self.time.market_ns,
            self.time.machine_ns,
        )

    def pause(self, seconds: int) -> Asking:
        """Let market time pass."""
        self.time.after(seconds * SECOND, lambda: None)
        self.time.run()
        return self

    def ask(
        self, path: str = "/time", body: Any = None, lane: RequestLane = RequestLane.QUERY
    ) -> tuple[int, Answer | NoAnswer]:
        answers: list[tuple[int, Answer | NoAnswer]] = []
        begun_ns = self.time.now_ns
        self.transport.request(
            lane,
            "GET" if body is None else "POST",
            PREFIX + path,
            (),
            b"" if body is None else json.dumps(body).encode(),
            DEADLINE_NS,
            lambda answer: answers.append((self.time.now_ns - begun_ns, answer)),
        )
        self.time.run(limit_ns=60 * SECOND)
        (answer,) = answers
        return answer

    def place(self, key: str = "c-1") -> tuple[int, Answer | NoAnswer]:
        order = {
            "client_order_id": key,
            "product_id": "BTC-USD",
            "side": "BUY",
            "order_configuration": {
                "limit_limit_gtc": {"base_size": "0.1", "limit_price": "80", "post_only": True}
            },
        }
        return self.ask("/orders", order, RequestLane.ENTRY)

    @property
    def orders(self) -> int:
        return len(self.client.engine.books()["orders"])


@pytest.mark.parametrize(
    ("line", "orders", "took_ns", "reason"),
    [
        (fault("lost_response", endpoint="place"), 1, DEADLINE_NS, "deadline"),
        (fault("unanswered", endpoint="place"), 0, DEADLINE_NS, "deadline"),
        (fault("reset_before", endpoint="place"), 0, USUAL_NS, "reset"),
        (fault("reset_after", endpoint="place"), 1, USUAL_NS, "reset"),
    ],
)
def test_a_request_without_an_answer_is_lost(
    line: dict[str, Any], orders: int, took_ns: int, reason: str
) -> None:
    asking = Asking(line)

    spent_ns, answer = asking.place()

    assert isinstance(answer, NoAnswer)
    assert (answer.fault, spent_ns) == (TransportFailure.LOST, took_ns)
    assert reason in answer.reason
    assert asking.orders == orders
    assert asking.client.struck() == [1]
    assert isinstance(asking.place("c-2")[1], Answer), "it strikes once"


@pytest.mark.parametrize(
    ("line", "status", "kind", "has"),
    [
        (fault("http_401"), 401, False, b"Unauthorized"),
        (fault("http_429"), 429, True, b"rate_limit_exceeded"),
        (fault("http_500"), 500, True, b"INTERNAL"),
        (fault("http_502_html"), 502, False, b"<html>"),
        (fault("http_503_html"), 503, False, b"<html>"),
        (fault("http_503_text"), 503, False, b"go/sg/"),
    ],
)
def test_a_status_is_answered_and_nothing_done(
    line: dict[str, Any], status: int, kind: bool, has: bytes
) -> None:
    asking = Asking(line)

    _, answer = asking.place()

    assert isinstance(answer, Answer)
    assert answer.status == status
    assert has in answer.body
    assert is_json(answer.body) is kind
    assert asking.orders == 0


@pytest.mark.parametrize(
    "kind", ["http_401", "http_500", "http_502_html", "http_503_html", "http_503_text"]
)
def test_a_status_may_hide_that_the_request_was_carried_out(kind: str) -> None:
    asking = Asking(fault(kind, handled=True))

    _, answer = asking.place()

    assert isinstance(answer, Answer)
    assert answer.status >= 400
    assert asking.orders == 1


@pytest.mark.parametrize("line", [fault("truncated_json"), fault("garbage_json")])
def test_an_answer_may_be_no_json_though_the_request_was_carried_out(line: dict[str, Any]) -> None:
    asking = Asking(line)

    _, answer = asking.place()

    assert isinstance(answer, Answer)
    assert answer.status == 200
    assert answer.body
    assert not is_json(answer.body)
    assert asking.orders == 1


def test_a_slow_request_is_carried_out_at_once_and_answered_late() -> None:
    asking = Asking(fault("slow", delay="3s"))

    spent_ns, answer = asking.place()

    assert isinstance(answer, Answer)
    assert spent_ns == 3 * SECOND + USUAL_NS
    created = asking.client.engine.books()["orders"][0]["created_time"]
    assert created == "2023-11-14T22:14:00.001Z"


def test_a_dripping_answer_is_whole_in_the_end() -> None:
    spent_ns, answer = Asking(fault("drip", delay="2s")).ask()

    assert isinstance(answer, Answer)
    assert spent_ns == 2 * SECOND + USUAL_NS
    assert is_json(answer.body)


def test_an_answer_after_the_deadline_is_lost_and_the_request_still_done() -> None:
    asking = Asking(fault("slow", delay="30s"))

    spent_ns, answer = asking.place()

    assert isinstance(answer, NoAnswer)
    assert (answer.fault, spent_ns) == (TransportFailure.LOST, DEADLINE_NS)
    assert asking.orders == 1


def test_latency_has_the_percentiles_asked_for_and_is_the_same_in_every_run() -> None:
    def run(seed: int) -> list[int]:
        asking = Asking(fault("latency", p50="80ms", p99="400ms", seed=seed))
        return sorted(asking.ask()[0] - USUAL_NS for _ in range(1000))

    spent = run(1)

    assert spent == run(1)
    assert spent != run(2)
    assert 72 * MILLISECOND < spent[500] < 88 * MILLISECOND
    assert 300 * MILLISECOND < spent[990] < 560 * MILLISECOND


def test_latency_delays_the_request_as_much_as_the_answer() -> None:
    asking = Asking(fault("latency", p50="100ms", p99="100ms"))

    spent_ns, _ = asking.place()

    assert spent_ns == 100 * MILLISECOND + USUAL_NS
    created = asking.client.engine.books()["orders"][0]["created_time"]
    assert created == "2023-11-14T22:14:00.051Z"


def test_a_request_that_is_delivered_twice_is_still_one_order() -> None:
    asking = Asking(fault("duplicate_request", endpoint=["place", "cancel"], count=2))

    _, answer = asking.place()
    assert isinstance(answer, Answer)
    order_id = json.loads(answer.body)["success_response"]["order_id"]
    _, cancelled = asking.ask("/orders/batch_cancel", {"order_ids": [order_id]})

    assert asking.orders == 1
    assert isinstance(cancelled, Answer)
    assert json.loads(cancelled.body)["results"][0]["failure_reason"] == "UNKNOWN_CANCEL_ORDER"


def test_a_second_answer_is_dropped() -> None:
    asking = Asking(fault("duplicate_response"))

    _, answer = asking.place()

    assert isinstance(answer, Answer)
    assert is_json(answer.body)


def test_maintenance_answers_everything_with_503_while_it_lasts() -> None:
    asking = Asking(fault("maintenance", at="5s", for_="10s"))

    before = asking.ask()[1]
    during = asking.pause(6).place()[1]
    after = asking.pause(10).ask()[1]

    statuses = [answer.status for answer in (before, during, after) if isinstance(answer, Answer)]
    assert statuses == [200, 503, 200]
    assert asking.orders == 0


def test_only_the_named_endpoints_are_struck_as_often_as_asked_for() -> None:
    asking = Asking(fault("http_500", endpoint="time", count=2))

    statuses = [
        answer.status
        for path in ("/accounts", "/time", "/market/products", "/time", "/time")
        if isinstance(answer := asking.ask(path)[1], Answer)
    ]

    assert statuses == [200, 500, 200, 500, 200]
    assert asking.client.faults.documents()[0]["phase"] == "over"


def test_a_probability_strikes_its_share_the_same_in_every_run() -> None:
    def run() -> list[int]:
        asking = Asking(fault("http_500", for_="1000h", probability=0.3, seed=5))
        return [answer.status for _ in range(300) if isinstance(answer := asking.ask()[1], Answer)]

    statuses = run()

    assert 60 < statuses.count(500) < 120
    assert statuses == run()


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [
        ("POST", "/orders", "place"),
        ("POST", "/orders/batch_cancel", "cancel"),
        ("POST", "/orders/edit", "edit"),
        ("POST", "/orders/preview", "preview"),
        ("GET", "/orders/historical/batch", "orders"),
        ("GET", "/orders/historical/abc", "orders"),
        ("GET", "/orders/historical/fills", "fills"),
        ("GET", "/accounts", "accounts"),
        ("GET", "/accounts/abc", "accounts"),
        ("GET", "/transaction_summary", "fees"),
        ("GET", "/key_permissions", "permissions"),
        ("GET", "/portfolios/abc", "portfolios"),
        ("GET", "/products", "products"),
        ("GET", "/market/products/BTC-USD", "products"),
        ("GET", "/products/BTC-USD/candles", "candles"),
        ("GET", "/market/products/BTC-USD/candles", "candles"),
        ("GET", "/products/BTC-USD/ticker", "trades"),
        ("GET", "/market/product_book", "quotes"),
        ("GET", "/best_bid_ask", "quotes"),
        ("GET", "/time", "time"),
        ("GET", "/nonsense", ""),
    ],
)
def test_every_request_has_its_class(method: str, path: str, endpoint: str) -> None:
    assert endpoint_of(method, PREFIX + path) == endpoint


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
