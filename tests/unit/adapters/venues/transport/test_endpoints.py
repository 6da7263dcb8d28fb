"""However many products and orders there are, endpoints are few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.transport.endpoints import endpoint_of, outcome_of
from adapters.venues.transport.interface import Answer, NoAnswer, TransportFailure
from domain.model.instants import Nanos

pytestmark = pytest.mark.req("OB1")

API = "/api/v3/brokerage"


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (f"{API}/orders", f"GET {API}/orders"),
        (f"{API}/best_bid_ask", f"GET {API}/best_bid_ask"),
        (f"{API}/products/BTC-USD/candles", f"GET {API}/products/*/candles"),
        (f"{API}/orders/historical/fills", f"GET {API}/orders/historical/fills"),
        ("/", "GET /"),
        ("", "GET "),
    ],
)
def test_products_and_ids_are_left_out_of_a_path(path: str, endpoint: str) -> None:
    assert endpoint_of("GET", path) == endpoint


@given(st.uuids())
def test_no_order_id_is_a_name_of_its_own(order_id: object) -> None:
    path = f"{API}/orders/historical/{order_id}"

    assert endpoint_of("GET", path) == f"GET {API}/orders/historical/*"


def test_an_outcome_is_a_status_or_why_there_is_none() -> None:
    assert outcome_of(Answer(429, b"", Nanos(0))) == "429"
    told = [outcome_of(NoAnswer(fault, "", Nanos(0))) for fault in TransportFailure]
    assert told == ["refused", "full", "not_sent", "limited", "lost"]
