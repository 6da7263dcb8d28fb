"""A quote and its commit leave once each; what came back says done, no, never sent, or nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from domain.messages.conversion import (
    ConversionAnswered,
    ConversionQuoted,
    ConversionRequest,
    QuoteRequest,
)
from domain.model.capability import Extent
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.money import Amount
from domain.model.orders import NotSent, OutcomeLost, Rejected
from tests.builders.capability import a_right
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

pytestmark = pytest.mark.req("RB5", "X1")

ASKED = QuoteRequest("USD", "USDC", Amount(Decimal("12.50")))
OFFER = Conversion("t-1", "USD", "USDC", ASKED.amount)


def trade(status: str, name: str = "t-1") -> tuple[int, bytes]:
    return 200, json.dumps({"trade": {"id": name, "status": status}}).encode()


def committed(answer: Any, **known: Any) -> tuple[Any, ScriptedVenue]:
    venue = ScriptedVenue(lambda *_: answer, **known)
    venue.client.convert(ConversionRequest(OFFER, epoch=1), ME)
    venue.time.run()
    (found,) = venue.inbox.of(ConversionAnswered)
    assert found.trade_id == "t-1"
    return found.outcome, venue


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (trade("TRADE_STATUS_COMPLETED"), ConversionSeen(ConversionState.DONE)),
        (trade("TRADE_STATUS_STARTED"), ConversionSeen(ConversionState.STARTED)),
        ((400, b'{"error":"INVALID_ARGUMENT","message":"no"}'), Rejected),
        (trade("TRADE_STATUS_COMPLETED", "t-2"), OutcomeLost),
        ((200, b"{}"), OutcomeLost),
        ((200, b"\x00\xff"), OutcomeLost),
        ((401, b"Unauthorized"), OutcomeLost),
        ((503, b"<html>"), OutcomeLost),
        ((302, b""), OutcomeLost),
        (None, OutcomeLost),
        ((429, b"{}"), NotSent),
    ],
)
def test_an_outcome_is_what_it_certainly_is_or_lost(answer: Any, outcome: Any) -> None:
    found, venue = committed(answer)

    assert found == outcome if isinstance(outcome, ConversionSeen) else isinstance(found, outcome)
    ((method, path, query, body),) = venue.asked
    assert (method, path, query) == ("POST", "/convert/trade/t-1", {})
    assert json.loads(body) == {"from_account": "USD", "to_account": "USDC"}


def test_too_many_requests_is_never_sent_and_may_be_tried_again() -> None:
    found, _ = committed((429, b"{}"))

    assert isinstance(found, NotSent)
    assert not found.is_final


@pytest.mark.req("K1")
def test_what_the_last_gate_refuses_never_leaves() -> None:
    found, venue = committed(trade("TRADE_STATUS_COMPLETED"), gate=lambda _: "kill switch")

    assert found == NotSent("kill switch", is_final=True)
    assert venue.asked == []


@pytest.mark.req("M1")
def test_the_right_to_exits_is_enough() -> None:
    right = a_right(extent=Extent.EXITS)
    found, _ = committed(trade("TRADE_STATUS_COMPLETED"), capability=right)

    assert found == ConversionSeen(ConversionState.DONE)


def quote(answer: Any) -> tuple[ConversionQuoted, ScriptedVenue]:
    venue = ScriptedVenue(lambda *_: answer)
    venue.client.quote_conversion(ASKED, 7, ME)
    venue.time.run()
    (found,) = venue.inbox.of(ConversionQuoted)
    return found, venue


def test_a_quote_is_asked_for_in_exact_numbers() -> None:
    fee = {"amount": {"value": "0", "currency": "USD"}}
    entered = {"value": "12.5", "currency": "USD"}
    body = {"trade": {"id": "t-1", "user_entered_amount": entered, "total_fee": fee}}
    found, venue = quote((200, json.dumps(body).encode()))

    assert found == ConversionQuoted(7, OFFER)
    ((method, path, _, asked),) = venue.asked
    assert (method, path) == ("POST", "/convert/quote")
    assert json.loads(asked) == {"from_account": "USD", "to_account": "USDC", "amount": "12.5"}


@pytest.mark.parametrize(
    ("answer", "is_no"),
    [
        ((400, b'{"error":"INVALID_ARGUMENT","message":"Unsupported account"}'), True),
        ((403, b'{"error":"PERMISSION_DENIED","message":"Missing required scopes"}'), True),
        ((503, b"<html>"), False),
        ((200, b"{}"), False),
        (None, False),
        ((429, b"{}"), False),
    ],
)
def test_a_no_is_told_from_no_answer(answer: Any, is_no: bool) -> None:
    found, _ = quote(answer)

    assert found.conversion is None
    assert (found.objection is not None, found.failure is not None) == (is_no, not is_no)
