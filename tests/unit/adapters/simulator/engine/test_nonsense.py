"""Claims about what the venue makes of nonsense: an error in its own form, and nothing changes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.simulator.engine.orders import Kind
from adapters.simulator.engine.wire import PREFIX, Request
from tests.builders.simulator import Client, frames
from tests.builders.steps import step
from tests.fakes.markets import Script

PATHS = [
    ("POST", "/orders"),
    ("POST", "/orders/preview"),
    ("POST", "/orders/edit"),
    ("POST", "/orders/edit_preview"),
    ("POST", "/orders/batch_cancel"),
    ("POST", "/orders/close_position"),
    ("GET", "/orders/historical/batch"),
    ("GET", "/orders/historical/fills"),
    ("GET", "/orders/historical/x"),
    ("GET", "/accounts"),
    ("GET", "/products"),
    ("GET", "/market/products/BTC-USD/candles"),
    ("GET", "/products/BTC-USD/ticker"),
    ("GET", "/product_book"),
    ("GET", "/best_bid_ask"),
    ("GET", "/portfolios"),
    ("GET", "/transaction_summary"),
    ("PUT", "/orders"),
    ("DELETE", "/portfolios/x"),
]
QUERIES = [
    "limit",
    "cursor",
    "start",
    "end",
    "granularity",
    "start_date",
    "end_date",
    "product_ids",
    "product_id",
    "order_status",
    "order_ids",
    "offset",
    "aggregation_price_increment",
    "start_sequence_timestamp",
]
MEMBERS = [
    "client_order_id",
    "product_id",
    "side",
    "order_configuration",
    "attached_order_configuration",
    "order_id",
    "order_ids",
    "price",
    "size",
    "stop_price",
    "base_size",
    "quote_size",
    "limit_price",
    "stop_direction",
    "stop_trigger_price",
    "end_time",
    "post_only",
    "channel",
    "type",
    "jwt",
    "product_ids",
    *(kind.value for kind in Kind),
]
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["BTC-USD", "BTC-USDC", "BUY", "SELL", "1", "0.1", "-1", "1e400", "NaN", "100.00", "", "9" * 40]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode())


def traded() -> Client:
    client = Client(Script(step(1, ("100.00", "1")))).to(1)
    client.rest("BUY", "98.00", "1")
    return client


SHARED = traded()


def balances(client: Client) -> Any:
    books = client.engine.books()
    return books["accounts"], books["holds"]


@settings(max_examples=300)
@given(
    endpoint=st.sampled_from(PATHS),
    body=BODIES,
    query=st.dictionaries(st.sampled_from(QUERIES), st.lists(TEXTS, max_size=2), max_size=4),
)
def test_a_request_without_sense_is_refused_in_the_venues_form_and_changes_nothing(
    endpoint: tuple[str, str], body: bytes, query: dict[str, list[str]]
) -> None:
    before = balances(SHARED)
    method, path = endpoint
    response = SHARED.engine.handle(Request(method, PREFIX + path, query, body))
    answer = json.loads(response.body)
    assert 200 <= response.status < 500
    if response.status != 200:
        assert {"error", "error_details", "message"} == answer.keys()
    assert balances(SHARED) == before


FIELDS = {
    "base_size": "1",
    "limit_price": "90.00",
    "stop_price": "95.00",
    "stop_direction": "STOP_DIRECTION_STOP_DOWN",
    "stop_trigger_price": "80.00",
    "end_time": "2030-01-01T00:00:00Z",
}


@settings(max_examples=200)
@given(
    kind=st.sampled_from(Kind),
    side=st.sampled_from(["BUY", "SELL"]),
    spoilt=st.dictionaries(
        st.sampled_from([*FIELDS, "quote_size", "post_only"]), LEAVES, min_size=1, max_size=2
    ),
)
def test_an_order_with_spoilt_members_is_answered_and_the_sum_of_all_accounts_stays(
    kind: Kind, side: str, spoilt: dict[str, Any]
) -> None:
    client = traded()
    body = {
        "client_order_id": "c",
        "product_id": "BTC-USD",
        "side": side,
        "order_configuration": {kind.value: {**FIELDS, **spoilt}},
    }
    response = client.send("POST", "/orders", json.dumps(body).encode())
    assert response.status in (200, 400)
    assert client.sums() == {"USD": 10_000, "BTC": 10}


@given(messages=st.lists(TEXTS | VALUES.map(json.dumps), max_size=5))
def test_a_stream_answers_nonsense_in_band_and_goes_on(messages: list[str]) -> None:
    connection = SHARED.engine.connect()
    for message in messages:
        connection.receive(message)
    frames(connection)
    connection.receive(json.dumps({"type": "subscribe", "channel": "heartbeats"}))
    last = frames(connection)[-1]
    assert last["channel"] == "subscriptions"
    connection.close()


def test_deep_and_huge_bodies_are_refused() -> None:
    for body in (b"[" * 100_000, b'{"a":' * 50_000, b'"' + b"x" * 1_000_000 + b'"'):
        response = SHARED.send("POST", "/orders", body)
        assert response.status == 400
        assert b"INVALID_ARGUMENT" in response.body
