"""Faults of orders, cancels and fills, and that the books are right all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from domain.model.instants import SECOND
from tests.builders.numbers import decimals
from tests.builders.simulator import Client, fault, frames
from tests.builders.steps import step
from tests.fakes.markets import Script

FALLS = (step(10, ("98", "5")), step(20, ("98", "5")), step(30, ("98", "5")))
"""Trades that go through a bid at 98.50."""

ClientOf = Callable[..., Client]


def cancel(client: Client, *order_ids: str) -> list[str]:
    answer = client.post("/orders/batch_cancel", {"order_ids": order_ids})
    return [
        result["failure_reason"].removeprefix("UNKNOWN_CANCEL_FAILURE_REASON")
        for result in answer["results"]
    ]


def told(connection: Any) -> list[tuple[str, str]]:
    return [
        (order["status"], order["cumulative_quantity"])
        for frame in frames(connection, "user")
        for event in frame["events"]
        for order in event["orders"]
    ]


@pytest.fixture
def client_of() -> Iterator[ClientOf]:
    """Makes clients; whatever goes wrong with their orders, no money comes or goes."""
    made: list[Client] = []

    def make(*faults: Mapping[str, Any]) -> Client:
        made.append(Client(Script(*FALLS), faults=faults))
        return made[-1]

    yield make
    for client in made:
        assert client.sums() == {"USD": 10_000, "BTC": 10}


def test_a_fill_shows_late_in_the_list_of_fills(client_of: ClientOf) -> None:
    client = client_of(fault("late_fill", by="4s"))
    order_id = client.rest("BUY", "98.50", "1")

    client.to(11)

    assert client.order(order_id)["status"] == "FILLED"
    assert client.fills() == []
    assert len(client.to(14.1).fills()) == 1


def test_a_fill_is_told_late_on_the_user_channel(client_of: ClientOf) -> None:
    client = client_of(fault("hidden_fill", by="4s"))
    connection = client.subscribe("user")
    client.rest("BUY", "98.50", "1")
    assert told(connection)[-1] == ("OPEN", "0")

    client.to(13.9)
    assert len(client.fills()) == 1
    assert told(connection) == []

    client.to(14)
    assert told(connection) == [("FILLED", "1")]


def test_a_new_order_is_missing_from_get_and_list_at_first(client_of: ClientOf) -> None:
    client = client_of(fault("hidden_order", by="3s"))
    order_id = client.to(1).rest("BUY", "98.50", "1")

    client.to(3.9)
    assert client.get("/orders/historical/batch")["orders"] == []
    assert client.send("GET", f"/orders/historical/{order_id}").status == 404

    client.to(4.1)
    assert client.order(order_id)["status"] == "OPEN"
    assert len(client.get("/orders/historical/batch")["orders"]) == 1


def test_a_delayed_cancel_is_done_late_and_the_order_may_fill_until_then(
    client_of: ClientOf,
) -> None:
    client = client_of(fault("delay_cancel", by="5s", count=2))
    early, late = client.rest("BUY", "90", "1"), client.rest("BUY", "98.50", "1")

    client.to(4)
    assert cancel(client, early) == [""]
    client.to(8)
    assert cancel(client, late) == [""]
    assert client.order(early)["status"] == "CANCEL_QUEUED"

    client.to(9)
    assert client.order(early)["status"] == "CANCELLED"
    assert client.to(10).order(late)["status"] == "FILLED"
    assert client.to(20).order(late)["status"] == "FILLED"


def test_a_lost_cancel_is_answered_with_success_and_leaves_the_order_open(
    client_of: ClientOf,
) -> None:
    client = client_of(fault("lose_cancel"))
    order_id = client.rest("BUY", "90", "1")

    assert cancel(client, order_id) == [""]
    assert client.to(5).order(order_id)["status"] == "OPEN"

    assert cancel(client, order_id) == [""]
    assert client.order(order_id)["status"] == "CANCELLED"


def test_a_cancel_loses_the_race_against_a_fill(client_of: ClientOf) -> None:
    client = client_of(fault("cancel_rejected_filled"))
    order_id = client.rest("BUY", "90", "1")

    assert cancel(client, order_id) == ["ORDER_IS_FULLY_FILLED"]

    order = client.order(order_id)
    assert (order["status"], order["average_filled_price"]) == ("FILLED", "90")
    assert client.balance("BTC") == decimals(11, 0)


@pytest.mark.parametrize(("share", "status"), [("1", "FILLED"), ("0.5", "CANCELLED")])
def test_a_cancelled_order_turns_out_to_have_filled(
    client_of: ClientOf, share: str, status: str
) -> None:
    client = client_of(fault("fill_after_cancel", by="2s", share=share))
    connection = client.subscribe("user")
    order_id = client.rest("BUY", "90", "1")
    assert cancel(client, order_id) == [""]
    assert client.order(order_id)["status"] == "CANCELLED"
    told(connection)

    client.to(2)

    order = client.order(order_id)
    assert (order["status"], order["filled_size"]) == (status, share)
    assert told(connection) == [(status, share)]
    assert sum(Decimal(fill["size"]) for fill in client.fills()) == Decimal(share)


def test_what_cannot_be_paid_does_not_fill_and_is_noted(client_of: ClientOf) -> None:
    client = client_of(fault("fill_after_cancel", by="2s"))
    order_id = client.rest("BUY", "90", "1")
    cancel(client, order_id)
    client.rest("BUY", "80", "123")  # holds nearly all that there is

    client.to(2)

    assert client.order(order_id)["filled_size"] == "0"
    assert "could not be paid" in client.faults.documents()[0]["notes"][0]


def test_a_resting_order_fills_bit_by_bit(client_of: ClientOf) -> None:
    client = client_of(fault("partial_fills", share="0.25"))
    order_id = client.rest("BUY", "98.50", "1")

    filled = [client.to(at_s).order(order_id)["filled_size"] for at_s in (10, 20, 30)]

    assert filled == ["0.25", "0.4375", "0.578125"]


def test_a_new_order_is_refused_for_the_reason_given(client_of: ClientOf) -> None:
    client = client_of(fault("reject_order", side="BUY", reason="INELIGIBLE_PAIR"))
    members = {"base_size": "1", "limit_price": "110"}

    sale = client.create("limit_limit_gtc", "SELL", **members)
    refused = client.create("limit_limit_gtc", "BUY", **{**members, "limit_price": "90"})
    again = client.create("limit_limit_gtc", "BUY", **{**members, "limit_price": "90"})

    assert [answer["success"] for answer in (sale, refused, again)] == [True, False, True]
    assert client.reason(refused)[0] == "INELIGIBLE_PAIR"


def test_the_venue_cancels_what_it_accepted(client_of: ClientOf) -> None:
    client = client_of(fault("cancelled_by_venue", by="1s", product="BTC-USD"))
    order_id = client.rest("BUY", "90", "1")
    assert client.order(order_id)["status"] == "OPEN"

    order = client.to(1).order(order_id)

    assert (order["status"], order["cancel_message"]) == ("CANCELLED", "Cancelled by the venue")
    assert client.balance("USD") == decimals(10_000, 0)


def test_what_has_ended_is_as_if_it_had_never_been(client_of: ClientOf) -> None:
    client = client_of(
        fault("late_fill", by="9s", for_="5s"),
        fault("hidden_order", by="9s", for_="5s"),
        fault("lose_cancel", for_="5s"),
        fault("partial_fills", for_="5s"),
    )
    order_id = client.to(5.1).rest("BUY", "98.50", "1")

    assert len(client.get("/orders/historical/batch")["orders"]) == 1
    assert client.to(10).order(order_id)["status"] == "FILLED"
    assert len(client.fills()) == 1
    assert client.engine.now_ns % SECOND == 0
