"""A kill against a venue that does not do what it is told: what is believed is what it lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.faults.script import parse_fault
from domain.model.instants import SECOND, Nanos, parse_iso
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.stopping import assert_each_end_is_true, kill, with_resting_entries

LONG = {"for_": "1h"}
MOSTLY = {**LONG, "probability": "0.7"}
CANCELLED_S = 10
CASES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "nothing is wrong": (),
    "cancels are lost": (fault("lose_cancel", **LONG, probability="0.6"),),
    "cancels are late": (fault("delay_cancel", **LONG, by="5s"),),
    "cancels are late and lost": (
        fault("lose_cancel", **LONG, probability="0.4"),
        fault("delay_cancel", **LONG, by="5s"),
    ),
    "cancels are not answered": (fault("lost_response", **MOSTLY, endpoint="cancel"),),
    "cancels are refused by a proxy": (fault("http_503_html", **MOSTLY, endpoint="cancel"),),
    "for a second lists break off and cancels are late": (
        fault("truncated_json", for_="1s", endpoint="orders"),
        fault("delay_cancel", for_="1s", by="2s"),
    ),
    "lists fail": (fault("http_500", **MOSTLY, endpoint="orders"),),
    "lists break off": (fault("truncated_json", **MOSTLY, endpoint="orders"),),
    "what lists say of ours is odd": (
        fault("odd_content", **LONG, endpoint="orders", member="orders.*.side", value=""),
    ),
    "lists do not say by which name an order is ours": (
        fault("odd_content", **LONG, endpoint="orders", member="orders.*.client_order_id"),
    ),
    "most entries of lists do not say who they are": (
        fault("odd_content", **MOSTLY, endpoint="orders", member="orders.*", value=7),
    ),
    "what cancels answer is odd": (
        fault("odd_content", **LONG, endpoint="cancel", member="results.*.order_id", value=[]),
    ),
    "lists are not answered": (fault("reset_after", **MOSTLY, endpoint="orders"),),
}
SLOW = ("cancels are not answered", "lists fail", "lists are not answered")
"""A deadline or a pause between retries is longer than ten seconds."""


@pytest.mark.req("K1")
@pytest.mark.parametrize("case", CASES)
def test_a_kill_ends_with_nothing_alive_whatever_the_venue_does(case: str, tmp_path: Path) -> None:
    with with_resting_entries(tmp_path) as world:
        killed_ns = world.clock.now_ns
        for line in CASES[case]:
            world.faults.add(parse_fault(json.dumps(line), case, seed=7))

        code = kill(world)

        assert code == 3
        orders = world.books()["orders"]
        assert {order["status"] for order in orders} == {"CANCELLED"}
        assert max(parse_iso(order["created_time"]) for order in orders) <= killed_ns + SECOND
        if case not in SLOW:
            last_ns = max(parse_iso(order["last_update_time"]) for order in orders)
            assert last_ns <= killed_ns + CANCELLED_S * SECOND
        assert_each_end_is_true(world)
        assert_we_agree_with_the_venue(world)
        assert all(each["struck"] for each in world.faults.documents())


@pytest.mark.req("K1")
def test_an_order_that_no_list_shows_yet_is_cancelled_too(tmp_path: Path) -> None:
    with with_resting_entries(tmp_path) as world:
        world.faults.add(parse_fault(json.dumps(fault("hidden_order", **LONG, by="5s")), "f"))
        code = kill(world)
        assert code == 3
        assert {order["status"] for order in world.books()["orders"]} == {"CANCELLED"}
        assert_each_end_is_true(world)
        assert_we_agree_with_the_venue(world)
        assert world.clock.now_ns < START + Nanos(3600 * SECOND)


@pytest.mark.req("K1", "REC1")
@pytest.mark.parametrize(
    "odd",
    [
        {"member": "orders.*.side", "value": ""},
        {"member": "orders.*.status"},
        {"member": "orders.*.client_order_id", "value": None},
        {"member": "orders.*.product_id", "value": {}},
    ],
    ids=lambda odd: str(odd["member"]),
)
def test_an_odd_foreign_order_in_every_list_is_left_alone_and_keeps_no_kill_from_ending(
    odd: dict[str, Any], tmp_path: Path
) -> None:
    with with_resting_entries(tmp_path) as world:
        foreign = fault("foreign_order", product="BTC-USD", side="BUY", quantity="2", price="1")
        oddly = fault("odd_content", **LONG, endpoint="orders", **odd)
        for line in (foreign, oddly):
            world.faults.add(parse_fault(json.dumps(line), "f", seed=7))

        code = kill(world)

        assert code == 3
        states = {
            order["client_order_id"].partition("-")[0] == "foreign": order["status"]
            for order in world.books()["orders"]
        }
        assert states == {True: "OPEN", False: "CANCELLED"}
        assert [each for each in world.alerts() if each["code"] == "LEFT_OUT"]
        assert world.said[-1].startswith("STOPPED reason=kill")
