"""Claims about what each call of the port asks the venue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase.client import IDS_PER_CALL
from domain.messages.venue import (
    CandlesListed,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    QuotesListed,
)
from domain.model.instants import HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.orders import Accepted, NotSent, OutcomeLost
from domain.model.product import ProductId
from tests.builders.coinbase import a_request
from tests.builders.messages import BTC, ETH, NOW, an_intent, approved_sale
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

INTENT = an_intent()
Query = Mapping[str, Sequence[str]]


def taken(*_: Any) -> tuple[int, bytes]:
    return 200, b'{"success":true,"success_response":{"order_id":"o-1"}}'


# Placing.


def test_an_accepted_order_is_answered_with_its_id_and_the_time_of_the_answer() -> None:
    venue = ScriptedVenue(taken)
    venue.client.place(a_request(INTENT), ME)
    assert venue.inbox.messages == []
    venue.time.run()
    (answer,) = venue.inbox.of(PlaceAnswered)
    assert answer.client_order_id == INTENT.client_order_id
    assert answer.outcome == Accepted("o-1")
    assert answer.sent_ns == NOW + 2 * MILLISECOND
    ((method, path, query, body),) = venue.asked
    assert (method, path, query) == ("POST", "/orders", {})
    assert json.loads(body)["client_order_id"] == INTENT.client_order_id


@pytest.mark.req("K1")
def test_the_last_gate_keeps_an_order_from_leaving() -> None:
    asked = []

    def gate(request: object) -> str:
        asked.append(request)
        return "killed"

    venue = ScriptedVenue(taken, gate=gate)
    venue.client.place(a_request(INTENT), ME)
    assert asked == []
    venue.time.run()
    assert venue.inbox.of(PlaceAnswered)[0].outcome == NotSent("killed", is_final=True)
    assert asked == [a_request(INTENT)]
    assert venue.asked == []


@pytest.mark.req("X1")
@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_an_order_is_sent_at_most_once_whatever_the_answer(status: int) -> None:
    venue = ScriptedVenue(lambda *_: (status, b""))
    venue.client.place(a_request(INTENT), ME)
    venue.time.run()
    assert len(venue.asked) == 1
    (answer,) = venue.inbox.of(PlaceAnswered)
    assert isinstance(answer.outcome, NotSent if status == 429 else OutcomeLost)


@pytest.mark.req("X6")
def test_a_sale_leaves_beside_an_entry_that_nobody_answers() -> None:
    sale = an_intent(approved_sale("lot-1"), 2)

    def answer(_: str, __: str, ___: Query, body: bytes) -> tuple[int, bytes] | None:
        return None if json.loads(body)["side"] == "BUY" else taken()

    venue = ScriptedVenue(answer)
    venue.client.place(a_request(INTENT), ME)
    venue.client.place(a_request(sale), ME)
    venue.time.run(limit_ns=SECOND)
    (answered,) = venue.inbox.of(PlaceAnswered)
    assert (answered.client_order_id, answered.outcome) == (sale.client_order_id, Accepted("o-1"))


def test_the_request_lifetime_is_the_tokens_and_ten_seconds() -> None:
    assert ScriptedVenue().client.request_lifetime_ns == 20 * SECOND


# Listing orders and fills.


@pytest.mark.req("E2")
def test_live_orders_are_asked_in_the_order_of_their_life() -> None:
    def answer(_: str, __: str, query: Query, ___: bytes) -> tuple[int, bytes]:
        status = query["order_status"][0]
        names = {"client_order_id": "c", "product_id": "BTC-USD", "side": "BUY", "status": status}
        orders = [{"order_id": each} | names for each in (f"o-{status}", "o-moved")]
        return 200, json.dumps({"orders": orders, "has_next": False, "cursor": "x"}).encode()

    venue = ScriptedVenue(answer)
    venue.client.list_orders(since_ns=None, is_live_only=True, token=2, reply_to=ME)
    venue.time.run()
    asked = [query["order_status"] for _, _, query, _ in venue.asked]
    assert asked == [["PENDING", "QUEUED"], ["OPEN"], ["CANCEL_QUEUED", "EDIT_QUEUED"]]
    (listed,) = venue.inbox.of(OrdersListed)
    assert listed.is_complete
    states = {seen.order_id: seen.status.value for seen in listed.orders}
    assert states["o-moved"] == "CANCEL_QUEUED"  # the newest reading
    assert len(states) == 4


def test_a_live_listing_is_incomplete_if_one_of_its_calls_fails() -> None:
    def answer(_: str, __: str, query: Query, ___: bytes) -> tuple[int, bytes]:
        is_bad = query["order_status"] == ["CANCEL_QUEUED", "EDIT_QUEUED"]
        return (400, b"no") if is_bad else (200, b'{"orders":[]}')

    venue = ScriptedVenue(answer)
    venue.client.list_orders(since_ns=None, is_live_only=True, token=2, reply_to=ME)
    venue.time.run()
    (listed,) = venue.inbox.of(OrdersListed)
    assert not listed.is_complete
    assert listed.failure == "HTTP 400 no"


def test_a_windowed_listing_has_no_state_and_begins_when_it_is_asked_for() -> None:
    venue = ScriptedVenue(lambda *_: (200, b'{"orders":[]}'))
    since_ns = Nanos(NOW - HOUR)
    venue.client.list_orders(since_ns=since_ns, is_live_only=False, token=2, reply_to=ME)
    venue.time.run()
    ((_, path, query, _),) = venue.asked
    assert path == "/orders/historical/batch"
    assert query == {
        "product_type": ["SPOT"],
        "limit": ["250"],
        "start_date": ["2023-12-12T03:00:00Z"],
    }
    (listed,) = venue.inbox.of(OrdersListed)
    assert (listed.begun_ns, listed.since_ns) == (NOW, since_ns)


def test_orders_are_found_by_id_whatever_their_age_and_what_is_lacking_proves_nothing() -> None:
    venue = ScriptedVenue(lambda *_: (200, b'{"orders":[]}'))
    order_ids = tuple(f"o-{number}" for number in range(IDS_PER_CALL + 1))

    venue.client.find_orders(order_ids, token=2, reply_to=ME)
    venue.time.run()

    first, last = (query for _, _, query, _ in venue.asked)
    assert first == {"order_ids": list(order_ids[:IDS_PER_CALL])}
    assert last == {"order_ids": list(order_ids[IDS_PER_CALL:])}
    (listed,) = venue.inbox.of(OrdersListed)
    assert listed.is_complete
    assert listed.since_ns is None


def a_fill(number: int) -> dict[str, str]:
    return {
        "entry_id": f"e-{number}",
        "order_id": "o",
        "product_id": "BTC-USD",
        "side": "BUY",
        "price": "1",
        "size": "1",
        "trade_time": f"2023-12-12T04:00:0{number // 2}Z",
    }


def test_fills_come_oldest_first_each_once() -> None:
    pages = [
        {"fills": [a_fill(5), a_fill(4), a_fill(3)], "cursor": "x"},
        {"fills": [a_fill(3), a_fill(2)], "cursor": ""},
    ]
    venue = ScriptedVenue(lambda *_: (200, json.dumps(pages.pop(0)).encode()))
    venue.client.list_fills(since_ns=Nanos(NOW), order_ids=("o", "p"), token=2, reply_to=ME)
    venue.time.run()
    (listed,) = venue.inbox.of(FillsListed)
    assert [fill.entry_id for fill in listed.fills] == ["e-2", "e-3", "e-4", "e-5"]
    assert listed.is_complete
    query = venue.asked[0][2]
    assert query["order_ids"] == ["o", "p"]
    assert query["start_sequence_timestamp"] == ["2023-12-12T04:00:00Z"]


def test_fills_of_many_orders_are_asked_in_parts() -> None:
    venue = ScriptedVenue(lambda *_: (200, b'{"fills":[]}'))
    ids = tuple(f"o-{number}" for number in range(120))
    venue.client.list_fills(since_ns=None, order_ids=ids, token=2, reply_to=ME)
    venue.time.run()
    parts = [query["order_ids"] for _, _, query, _ in venue.asked]
    assert [len(part) for part in parts] == [50, 50, 20]
    assert [each for part in parts for each in part] == list(ids)


# Market.


def candle(start_ns: int) -> dict[str, str]:
    prices = dict.fromkeys(("low", "high", "open", "close"), "1")
    return {"start": str(start_ns // SECOND), "volume": "2"} | prices


def candles(start_ns: int, end_ns: int, width_ns: int = MINUTE) -> tuple[ScriptedVenue, Any]:
    def answer(_: str, __: str, query: Query, ___: bytes) -> tuple[int, bytes]:
        first, last = int(query["start"][0]) * SECOND, int(query["end"][0]) * SECOND
        assert (last - first) // width_ns < 300
        # The venue answers more than it was asked for, newest first.
        starts = range(first - width_ns, last + 2 * width_ns, width_ns)
        found = [candle(at_ns) for at_ns in reversed(starts)]
        return 200, json.dumps({"candles": found}).encode()

    venue = ScriptedVenue(answer)
    venue.client.list_candles(BTC, Nanos(width_ns), Nanos(start_ns), Nanos(end_ns), 3, ME)
    venue.time.run()
    (listed,) = venue.inbox.of(CandlesListed)
    return venue, listed


def test_candles_are_asked_in_parts_and_come_oldest_first_each_once() -> None:
    venue, listed = candles(NOW - 24 * HOUR, NOW)
    starts = [bar.start_ns for bar in listed.bars]
    assert starts == list(range(NOW - 24 * HOUR, NOW, MINUTE))
    assert (listed.token, listed.product, listed.is_complete) == (3, BTC, True)
    assert len(venue.asked) == 5
    assert venue.asked[0][1] == "/market/products/BTC-USD/candles"
    assert {query["granularity"][0] for _, _, query, _ in venue.asked} == {"ONE_MINUTE"}


def test_a_candle_that_is_not_over_is_left_out() -> None:
    _, listed = candles(NOW - 3 * MINUTE, NOW + 3 * MINUTE)
    assert [bar.start_ns for bar in listed.bars] == [
        NOW - 3 * MINUTE,
        NOW - 2 * MINUTE,
        NOW - MINUTE,
    ]


@given(st.integers(0, 2000), st.integers(1, 700), st.sampled_from([MINUTE, HOUR]))
def test_the_parts_of_a_candle_request_cover_it_exactly(skip: int, count: int, width: int) -> None:
    end_ns = NOW - NOW % HOUR - 1000 * HOUR
    start_ns = end_ns - count * width - skip  # not on the grid unless skip is 0
    _, listed = candles(start_ns, end_ns, width)
    first_ns = -(-start_ns // width) * width
    assert [bar.start_ns for bar in listed.bars] == list(range(first_ns, end_ns, width))


def test_an_empty_window_of_candles_asks_nothing() -> None:
    venue, listed = candles(NOW, NOW)
    assert (listed.bars, listed.is_complete, venue.asked) == ((), True, [])


def test_quotes_are_one_call() -> None:
    venue = ScriptedVenue(lambda *_: (200, b'{"pricebooks":[]}'))
    venue.client.list_quotes((BTC, ETH, ProductId("X-USD")), 4, ME)
    venue.time.run()
    assert venue.inbox.messages == [QuotesListed(4, (), None)]
    ((_, path, query, _),) = venue.asked
    assert path == "/best_bid_ask"
    assert query == {"product_ids": ["BTC-USD", "ETH-USD", "X-USD"]}
