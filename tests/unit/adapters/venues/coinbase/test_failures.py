"""Whatever comes back, or does not: what that means for the request, for every kind of caller."""

from __future__ import annotations

import itertools

import pytest

from adapters.venues.coinbase.failures import failure_of, is_undone, may_ask_again
from adapters.venues.coinbase.outcomes import outcome_of
from adapters.venues.transport.interface import Answer, NoAnswer, TransportFailure
from domain.model.errors import (
    OutcomeUnknown,
    ProtocolBroken,
    RateLimited,
    RequestUnsent,
    VenueError,
    VenueRefused,
)
from domain.model.instants import Nanos
from domain.model.orders import NotSent, OutcomeLost, PlaceOutcome, Rejected
from tests.builders.messages import an_intent, approved

pytestmark = pytest.mark.req("CB1", "X1")
BODIES = (
    b"",
    b"{}",
    b"null",
    b"[]",
    b"<html>",
    b"\xff\x00",
    b'{"error":"NOT_FOUND","message":"x"}',
    b'{"errors":[{"id":"rate_limit_exceeded"}]}',
)
BY_STATUS: dict[int, type[VenueError]] = {
    100: ProtocolBroken,
    201: ProtocolBroken,
    204: ProtocolBroken,
    301: ProtocolBroken,
    302: ProtocolBroken,
    400: VenueRefused,
    401: OutcomeUnknown,
    403: VenueRefused,
    404: VenueRefused,
    408: OutcomeUnknown,
    422: VenueRefused,
    429: RateLimited,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
    504: OutcomeUnknown,
    599: OutcomeUnknown,
}
BY_FAULT: dict[TransportFailure, type[VenueError]] = {
    TransportFailure.REFUSED: RequestUnsent,
    TransportFailure.FULL: RequestUnsent,
    TransportFailure.NOT_SENT: RequestUnsent,
    TransportFailure.LIMITED: RateLimited,
    TransportFailure.LOST: OutcomeUnknown,
}
OF_AN_ORDER: dict[type[VenueError], type[PlaceOutcome]] = {
    VenueRefused: Rejected,
    RequestUnsent: NotSent,
    RateLimited: NotSent,
    OutcomeUnknown: OutcomeLost,
    ProtocolBroken: OutcomeLost,
}
UNDONE = (RequestUnsent, RateLimited)
ASKED_AGAIN = (*UNDONE, OutcomeUnknown)


@pytest.mark.parametrize(("status", "body"), list(itertools.product(BY_STATUS, BODIES)))
def test_an_answer_means_the_same_to_orders_cancels_and_questions(status: int, body: bytes) -> None:
    answer, expected = Answer(status, body, Nanos(1)), BY_STATUS[status]
    failure = failure_of(answer)
    assert type(failure) is expected
    assert is_undone(failure) is issubclass(expected, UNDONE)
    assert may_ask_again(failure) is issubclass(expected, ASKED_AGAIN)
    assert type(outcome_of(an_intent(approved(), 1), answer)) is OF_AN_ORDER[expected]


@pytest.mark.parametrize("fault", TransportFailure)
def test_no_answer_means_what_is_known_of_its_leaving(fault: TransportFailure) -> None:
    answer, expected = NoAnswer(fault, "why", Nanos(1)), BY_FAULT[fault]
    failure = failure_of(answer)
    assert type(failure) is expected
    is_final = fault is TransportFailure.REFUSED
    assert is_undone(failure) is (issubclass(expected, UNDONE) and not is_final)
    outcome = outcome_of(an_intent(approved(), 1), answer)
    assert type(outcome) is OF_AN_ORDER[expected]
    if isinstance(outcome, NotSent):
        assert outcome.is_final is is_final


@pytest.mark.parametrize("body", [b"junk", b"[]", b'{"success":true}', b'{"success":1}'])
def test_an_answer_to_an_order_that_is_not_the_protocol_is_unknown_and_told(body: bytes) -> None:
    told: list[ProtocolBroken] = []
    answer = Answer(200, body, Nanos(1))
    assert failure_of(answer) is None
    outcome = outcome_of(an_intent(approved(), 1), answer, told.append)
    assert isinstance(outcome, OutcomeLost)
    assert len(told) == 1
