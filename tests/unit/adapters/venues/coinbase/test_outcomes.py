"""Claims about what an answer to a new order means (decision 15)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.venues.coinbase.outcomes import outcome_of
from adapters.venues.transport.interface import Answer, NoAnswer, TransportFailure
from domain.model.instants import Nanos
from domain.model.orders import Accepted, IdKnown, NotSent, OutcomeLost, PlaceOutcome, Rejected
from tests.builders.messages import an_intent

INTENT = an_intent()
TAKEN = {
    "order_id": "5abcda4c",
    "product_id": "BTC-USD",
    "side": "BUY",
    "client_order_id": INTENT.client_order_id,
    "attached_order_id": "",
}


def of(status: int, body: object) -> PlaceOutcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return outcome_of(INTENT, Answer(status, raw, Nanos(1)))


def refused(**members: str) -> PlaceOutcome:
    unknown = {
        "error": "UNKNOWN_FAILURE_REASON",
        "message": "",
        "error_details": "",
        "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
        "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
    }
    return of(200, {"success": False, "order_id": "", "error_response": unknown | members})


def test_success_with_an_order_id_is_accepted() -> None:
    configuration = {"market_market_ioc": {"base_size": "0.001"}}
    answer = {"success": True, "success_response": TAKEN, "order_configuration": configuration}
    assert of(200, answer) == Accepted("5abcda4c")


def test_noise_beside_success_does_not_matter() -> None:
    noise = {"failure_reason": "UNKNOWN_FAILURE_REASON", "order_configuration": None}
    assert of(200, {"success": True, "success_response": TAKEN} | noise) == Accepted("5abcda4c")


@pytest.mark.parametrize(
    "members",
    [
        {"new_order_failure_reason": "INSUFFICIENT_FUND", "preview_failure_reason": "PREVIEW_X"},
        {"error": "INSUFFICIENT_FUND"},
        {"preview_failure_reason": "INSUFFICIENT_FUND", "error": "LESS_EXACT"},
    ],
)
def test_the_reason_stands_in_changing_places(members: dict[str, str]) -> None:
    outcome = refused(message="too little", **members)
    assert outcome == Rejected("INSUFFICIENT_FUND", "too little")


def test_a_refusal_without_a_known_reason_keeps_its_text() -> None:
    outcome = refused(message="computer says no")
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "computer says no"
    assert of(200, {"success": False}) == Rejected("UNKNOWN_FAILURE_REASON", "")


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "answer",
    [
        {"success": True},
        {"success": True, "success_response": {}},
        {"success": "yes"},
        {},
        [],
        b"",
        b"<html>",
        b'{"success":true,"success_resp',
    ],
    ids=repr,
)
def test_a_success_that_does_not_add_up_is_unknown_never_rejected(answer: Any) -> None:
    assert isinstance(of(200, answer), OutcomeLost)


def test_an_id_that_the_venue_knows_already_has_to_be_looked_up() -> None:
    assert isinstance(refused(error="DUPLICATE_CLIENT_ORDER_ID"), IdKnown)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "another", [{"side": "SELL"}, {"product_id": "ETH-USD"}, {"client_order_id": "other"}]
)
def test_a_success_that_names_another_order_says_that_the_id_was_used(
    another: dict[str, str],
) -> None:
    answer = {"success": True, "success_response": TAKEN | another}

    assert isinstance(of(200, answer), IdKnown)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_other_client_errors_are_a_no(status: int) -> None:
    answer = {"error": "INVALID_ARGUMENT", "message": "ProductID is invalid"}
    assert of(status, answer) == Rejected("INVALID_ARGUMENT", "ProductID is invalid")
    assert of(status, b"<html>no") == Rejected(f"HTTP_{status}", f"HTTP {status} no")


def test_the_rate_limit_let_nothing_through() -> None:
    outcome = of(429, b'{"errors":[{"id":"rate_limit_exceeded"}]}')
    assert isinstance(outcome, NotSent)
    assert not outcome.is_final


@pytest.mark.req("X1")
@pytest.mark.parametrize("status", [201, 204, 301, 302, 401, 408, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", [b"", b"Unauthorized", b'{"success":false}', b'{"success":true}'])
def test_every_other_answer_is_unknown(status: int, body: bytes) -> None:
    assert isinstance(of(status, body), OutcomeLost)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (TransportFailure.REFUSED, NotSent("why", is_final=True)),
        (TransportFailure.FULL, NotSent("why", is_final=False)),
        (TransportFailure.NOT_SENT, NotSent("why", is_final=False)),
        (TransportFailure.LOST, OutcomeLost("why")),
    ],
)
def test_no_answer_means_what_its_fault_means(
    fault: TransportFailure, expected: PlaceOutcome
) -> None:
    assert outcome_of(INTENT, NoAnswer(fault, "why", Nanos(1))) == expected
