"""Odd content: what a script names is changed, each place by its own draw, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.simulator.engine.wire import PREFIX, Request
from adapters.simulator.faults.content import places
from adapters.simulator.faults.script import FaultsInvalid, parse_fault
from domain.model.instants import SECOND, Nanos
from tests.builders.simulator import Client, fault, frames
from tests.builders.steps import START, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))


def a_venue(*faults: dict[str, Any]) -> Client:
    return Client(Script(step(1, ("100", "1")), products=TWO, minutes=10), faults=faults)


def get(client: Client, path: str) -> Any:
    """Return an answer as it leaves, with what its passage does to it."""
    request = Request("GET", PREFIX + path, {}, b"")
    answer = client.engine.passage(request).carry_out(lambda: client.engine.handle(request))
    assert answer is not None
    return json.loads(answer.body)


def struck(client: Client) -> list[int]:
    return [each["struck"] for each in client.faults.documents()]


def test_a_member_of_an_answer_says_what_the_script_wants_once() -> None:
    odd = fault("odd_content", endpoint="products", member="products.*.base_increment", value="0")
    client = a_venue(odd)

    first, second = (get(client, "/market/products")["products"] for _ in range(2))

    assert [each["base_increment"] for each in first].count("0") == 1
    assert [each["base_increment"] for each in second].count("0") == 0


def test_every_place_is_struck_for_as_long_as_it_lasts() -> None:
    client = a_venue(
        fault("odd_content", for_="1h", endpoint="products", member="products.*.status")
    )

    listed = get(client, "/market/products")["products"]

    assert [each for each in listed if "status" in each] == []
    assert struck(client) == [len(listed)]


def test_each_place_is_drawn_by_itself() -> None:
    client = a_venue(
        fault(
            "odd_content",
            for_="1h",
            probability="0.5",
            endpoint="products",
            member="products.*.status",
            value=None,
        )
    )
    seen = {
        tuple(each["status"] is None for each in get(client, "/market/products")["products"])
        for _ in range(50)
    }
    assert len(seen) > 20


def test_a_member_of_a_frame_is_changed_on_its_channel_only() -> None:
    client = a_venue(
        fault("odd_content", for_="1h", channel="market_trades", member="trades.*.price", value=7)
    )
    connection = client.engine.connect()
    for channel in ("market_trades", "level2"):
        said = {"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]}
        connection.receive(json.dumps(said))
    client.to(3)

    told = [frame for frame in frames(connection) if frame["channel"] != "subscriptions"]

    events = [event for frame in told for event in frame["events"]]
    assert {trade["price"] for event in events for trade in event.get("trades", ())} == {7}
    assert any("updates" in event for event in events)
    assert [frame["sequence_num"] for frame in told] == sorted(
        frame["sequence_num"] for frame in told
    )


def test_what_is_not_there_is_not_struck() -> None:
    client = a_venue(fault("odd_content", for_="1h", endpoint="time", member="no.such.member"))

    assert "epochSeconds" in get(client, "/time")
    assert struck(client) == [0]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"member": "x"}, "expected either `endpoint` or `channel`"),
        ({"member": "x", "endpoint": "time", "channel": "user"}, "expected either"),
        ({"member": "x..y", "endpoint": "time"}, "member: expected names"),
        ({"endpoint": "time"}, "needs member"),
    ],
)
def test_a_script_that_does_not_say_where_is_refused(line: dict[str, str], problem: str) -> None:
    with pytest.raises(FaultsInvalid, match=problem):
        parse_fault(json.dumps(line | {"kind": "odd_content"}), "script:1")


def test_a_path_goes_through_lists_and_objects() -> None:
    document = {"a": [{"b": 1}, {"b": 2}, 7], "c": {"b": 3}}

    assert [holder[key] for holder, key in places(document, ["a", "*", "b"])] == [1, 2]
    assert [holder[key] for holder, key in places(document, ["a", "1", "b"])] == [2]
    assert [holder[key] for holder, key in places(document, ["*", "b"])] == [3]
    assert list(places(document, ["x", "b"])) == []


def ask(client: Client, path: str, **query: str) -> Any:
    """Return the answer to a question, as it leaves."""
    asked = {name: [value] for name, value in query.items()}
    request = Request("GET", PREFIX + path, asked, b"")
    answer = client.engine.passage(request).carry_out(lambda: client.engine.handle(request))
    assert answer is not None
    return json.loads(answer.body)


BATCH = "/orders/historical/batch"


def test_a_stale_list_is_the_one_of_when_it_began_whatever_has_happened_since() -> None:
    client = a_venue(fault("stale_answer", for_="10s", endpoint="orders"))
    assert ask(client, BATCH, start_date="2026-01-01T00:00:00Z")["orders"] == []
    client.rest("BUY", "90", "1")

    later = ask(client, BATCH, start_date="2026-01-02T00:00:00Z")["orders"]
    another_question = ask(client, BATCH, order_status="OPEN")["orders"]

    assert later == []
    assert len(another_question) == 1
    assert struck(client) == [1]
    client.engine.advance(Nanos(START + 20 * SECOND))
    assert len(ask(client, BATCH)["orders"]) == 1


def test_a_stale_answer_may_be_odd_as_well() -> None:
    client = a_venue(
        fault("stale_answer", for_="1h", endpoint="accounts"),
        fault("odd_content", for_="1h", endpoint="accounts", member="cursor", value="x"),
    )
    first, second = (ask(client, "/accounts") for _ in range(2))
    assert first == second
    assert first["cursor"] == "x"
