"""Listing and cancelling against a real server: a list is whole, or nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.sentinel.gateway import CANCELS_PER_CALL, LIVE, PAGE, PAGES_MAX, Gateway
from adapters.venues.coinbase.auth import load_key_file
from domain.model.errors import Unreachable
from tests.builders.sentinel import (
    PORTFOLIO,
    Answer,
    SmallVenue,
    as_json,
    key_file,
    listed,
    rest_of,
    small_venue,
    whole,
)
from tests.fakes.misbehaving_server import http

pytestmark = pytest.mark.req("K1", "SUP1")

LISTING, CANCELS, RIGHTS = "/orders/historical/batch", "/orders/batch_cancel", "/key_permissions"


@pytest.fixture
def venue() -> Iterator[SmallVenue]:
    with small_venue() as made:
        yield made


@pytest.fixture
def gateway(venue: SmallVenue, tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(venue.rest, load_key_file(key_file(tmp_path)), None, 10)
    yield made
    made.close()


def always(answer: bytes, at: str = LISTING) -> Answer:
    """Answer with this whatever is asked at `at`."""

    def answers(path: str, query: dict[str, list[str]], body: Any) -> bytes | None:
        del query, body
        return answer if path == at else None

    return answers


def test_a_list_of_several_pages_is_read_to_its_end(venue: SmallVenue, gateway: Gateway) -> None:
    clients = [f"c-{number}" for number in range(7)]
    rest_of(venue, clients)
    venue.page = 3

    assert gateway.live_orders().clients == {f"o-{client}": client for client in clients}
    assert venue.listings == 3


def test_every_state_in_which_an_order_may_still_trade_is_asked_for(
    venue: SmallVenue, gateway: Gateway
) -> None:
    def by_state(path: str, query: dict[str, list[str]], body: Any) -> bytes:
        del path, body
        return as_json(
            {"orders": [listed(f"o-{state}", f"c-{state}") for state in query["order_status"]]}
        )

    venue.instead = by_state

    states = {state for each in LIVE for state in each}
    assert gateway.live_orders().clients == {f"o-{state}": f"c-{state}" for state in states}
    assert states == {"PENDING", "QUEUED", "OPEN", "CANCEL_QUEUED", "EDIT_QUEUED"}


def test_many_cancels_go_in_calls_of_a_size_that_the_venue_takes(
    venue: SmallVenue, gateway: Gateway
) -> None:
    rest_of(venue, [f"c-{number:03}" for number in range(2 * PAGE + 30)])

    alive = gateway.live_orders()
    gateway.cancel(list(alive.clients))

    assert venue.listings == 3
    assert [len(call) for call in venue.cancels] == [CANCELS_PER_CALL] * 5 + [30]
    assert venue.open == {}


def test_a_list_without_an_end_is_no_list(venue: SmallVenue, gateway: Gateway) -> None:
    asked = 0

    def endless(path: str, query: dict[str, list[str]], body: Any) -> bytes:
        nonlocal asked
        del path, query, body
        asked += 1
        return as_json({"orders": [], "has_next": True, "cursor": f"page {asked}"})

    venue.instead = endless

    with pytest.raises(Unreachable, match=f"does not end after {PAGES_MAX} pages"):
        gateway.live_orders()
    assert asked == PAGES_MAX


def test_a_list_that_repeats_a_page_is_no_list(venue: SmallVenue, gateway: Gateway) -> None:
    venue.instead = always(as_json({"orders": [], "has_next": True, "cursor": "again"}))

    with pytest.raises(Unreachable, match="repeats a page"):
        gateway.live_orders()


def test_orders_are_asked_for_by_id_and_say_whether_they_have_ended(
    venue: SmallVenue, gateway: Gateway
) -> None:
    rest_of(venue, ["c-1"])

    found = gateway.ended(["o-c-1", *(f"o-{number}" for number in range(60))])

    assert len(found) == 61
    assert [order_id for order_id, has_ended in found.items() if not has_ended] == ["o-c-1"]


def test_an_order_that_cannot_be_read_by_id_is_not_there(
    venue: SmallVenue, gateway: Gateway
) -> None:
    odd = listed("o-2", "c-2") | {"status": 7}
    venue.instead = always(as_json({"orders": [whole("o-1", "c-1", "CANCELLED"), odd, 7]}))

    assert gateway.ended(["o-1", "o-2"]) == {"o-1": True}


def test_a_list_that_goes_on_but_does_not_say_where_is_no_list(
    venue: SmallVenue, gateway: Gateway
) -> None:
    venue.instead = always(as_json({"orders": [], "has_next": True, "cursor": ""}))

    with pytest.raises(Unreachable, match="more orders, but no cursor"):
        gateway.live_orders()


def test_a_list_that_another_address_gives_is_no_list(venue: SmallVenue, gateway: Gateway) -> None:
    def moved(path: str, query: dict[str, list[str]], body: Any) -> bytes:
        del query, body
        if path == "/elsewhere":
            return as_json({"orders": []})
        there = f"{venue.rest}/elsewhere"
        return f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()

    venue.instead = moved

    with pytest.raises(Unreachable, match="HTTP 302"):
        gateway.live_orders()


WHOLE = as_json({"orders": [listed("o-1", "c-1")], "has_next": False, "cursor": ""})
NO_LISTS = {
    "error": http(500, b'{"orders": []}'),
    "limited": http(429, b'{"orders": []}'),
    "refused": http(401, b"{}"),
    "page": http(200, b"<html>back soon</html>", "text/html"),
    "nothing": http(200, b""),
    "cut-text": http(200, b'{"orders": [{"order_id": "o-1", "client_'),
    "cut-body": WHOLE[:-20],
    "cut-head": WHOLE[:30],
    "no-http": b"SSH-2.0-OpenSSH\r\n",
    "no-answer": b"",
    "other-object": as_json({"error": "unknown"}),
    "other-list": as_json([]),
    "null": as_json({"orders": None}),
    "no-text": http(200, b'{"orders": "\xff"}'),
    "deep": http(200, b'{"orders": ' + b"[" * 100_000),
}


@pytest.mark.parametrize("answer", NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_whole_list_is_never_an_empty_one(
    answer: bytes, venue: SmallVenue, gateway: Gateway
) -> None:
    venue.instead = always(answer)

    with pytest.raises(Unreachable):
        gateway.live_orders()


def test_a_page_that_fails_takes_the_pages_before_it_with_it(
    venue: SmallVenue, gateway: Gateway
) -> None:
    def fails_later(path: str, query: dict[str, list[str]], body: Any) -> bytes | None:
        del path, body
        return http(500, b"{}") if "cursor" in query else None

    rest_of(venue, ["c-1", "c-2"])
    venue.page = 1
    venue.instead = fails_later

    with pytest.raises(Unreachable, match="HTTP 500"):
        gateway.live_orders()


@pytest.mark.parametrize("answer", [http(500, b"{}"), http(429, b"{}"), b""])
def test_a_cancel_without_an_answer_is_told(
    answer: bytes, venue: SmallVenue, gateway: Gateway
) -> None:
    venue.instead = always(answer, CANCELS)

    with pytest.raises(Unreachable, match=CANCELS):
        gateway.cancel(["o-1"])


def test_a_server_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with small_venue() as venue:
        gateway = Gateway(venue.rest, load_key_file(key_file(tmp_path)), None, 10)
        rest_of(venue, ["c-1"])
        assert gateway.live_orders().clients == {"o-c-1": "c-1"}
    with pytest.raises(Unreachable, match="Connection"):
        gateway.live_orders()
    gateway.close()


def test_the_portfolio_of_the_key_is_asked_for(gateway: Gateway) -> None:
    assert gateway.portfolio() == PORTFOLIO


@pytest.mark.parametrize(
    "answer",
    [
        as_json({}),
        as_json({"portfolio_uuid": ""}),
        as_json({"portfolio_uuid": None}),
        as_json({"portfolio_uuid": 7}),
        as_json([]),
        http(200, b"<html>"),
        http(200, b'"\xff"'),
        http(200, b"[" * 100_000),
        http(500, b"{}"),
    ],
    ids=["absent", "empty", "null", "number", "list", "page", "no-text", "deep", "error"],
)
def test_no_portfolio_is_no_account(answer: bytes, venue: SmallVenue, gateway: Gateway) -> None:
    venue.instead = always(answer, RIGHTS)

    with pytest.raises(Unreachable, match=RIGHTS):
        gateway.portfolio()
