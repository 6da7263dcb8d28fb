"""A conversion as the venue shows it: an offer only one to one, done only where it says so."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.conversions import quoted, seen
from domain.messages.conversion import ConversionShown, QuoteRequest
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.errors import ProtocolBroken
from domain.model.money import Amount
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import Answering, ScriptedVenue

pytestmark = pytest.mark.req("RB5")

AMOUNT = Amount(Decimal("12.50"))
ASKED = QuoteRequest("USD", "USDC", AMOUNT)
OFFER = Conversion("t-1", "USD", "USDC", AMOUNT)


def amount(value: str, currency: str = "USD") -> dict[str, str]:
    return {"value": value, "currency": currency}


def a_quote(**members: Any) -> bytes:
    trade = {
        "id": "t-1",
        "status": "TRADE_STATUS_CREATED",
        "user_entered_amount": amount("12.5"),
        "total_fee": {"title": "fee", "amount": amount("0.00")},
        "total": amount("12.50", "USDC"),
        "exchange_rate": amount("1.0", "USDC"),
    }
    return json.dumps({"trade": {**trade, **members}}).encode()


@pytest.mark.parametrize("members", [{}, {"total": None}, {"exchange_rate": None}])
def test_an_offer_is_the_amount_that_was_asked_for_one_to_one(members: Any) -> None:
    assert quoted(ASKED, a_quote(**members)) == OFFER


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"user_entered_amount": amount("12.51")}, "another amount"),
        ({"user_entered_amount": amount("12.5", "EUR")}, "another amount"),
        ({"total_fee": {"amount": amount("0.01")}}, "a fee of 0.01 USD"),
        ({"total_fee": {"amount": amount("-1")}}, "a fee of -1 USD"),
        ({"total": amount("12.49")}, "not convert one to one: total 12.49"),
        ({"exchange_rate": amount("0.999")}, "not convert one to one: exchange_rate 0.999"),
    ],
)
def test_other_terms_are_no_offer_and_are_named(members: Any, why: str) -> None:
    told = quoted(ASKED, a_quote(**members))

    assert isinstance(told, str)
    assert why in told


@pytest.mark.parametrize("name", ["", "../orders", "a/b", "a?b", "a b", "é", "x" * 65, "%2e"])
def test_an_id_that_could_name_another_path_is_none(name: str) -> None:
    with pytest.raises(ProtocolBroken):
        quoted(ASKED, a_quote(id=name))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("TRADE_STATUS_CREATED", ConversionState.QUOTED),
        ("TRADE_STATUS_STARTED", ConversionState.STARTED),
        ("TRADE_STATUS_COMPLETED", ConversionState.DONE),
        ("TRADE_STATUS_CANCELED", ConversionState.CANCELLED),
        ("TRADE_STATUS_UNSPECIFIED", ConversionState.UNKNOWN),
        ("SOMETHING_NEW", ConversionState.UNKNOWN),
    ],
)
def test_a_word_that_nobody_knows_is_unknown_and_not_done(
    word: str, state: ConversionState
) -> None:
    body = json.dumps({"trade": {"id": "t-1", "status": word}}).encode()

    assert seen(OFFER, body) == ConversionSeen(state)


def test_the_state_of_another_conversion_says_nothing_of_ours() -> None:
    body = json.dumps({"trade": {"id": "t-2", "status": "TRADE_STATUS_COMPLETED"}}).encode()

    with pytest.raises(ProtocolBroken):
        seen(OFFER, body)


def shown(answer: Answering) -> tuple[ConversionShown, ScriptedVenue]:
    venue = ScriptedVenue(answer)
    venue.client.read_conversion(OFFER, 7, ME)
    venue.time.run()
    (found,) = venue.inbox.of(ConversionShown)
    return found, venue


def test_the_question_names_id_and_both_wallets_and_is_asked_once() -> None:
    done = json.dumps({"trade": {"id": "t-1", "status": "TRADE_STATUS_COMPLETED"}}).encode()
    found, venue = shown(lambda *_: (200, done))

    assert found == ConversionShown(7, ConversionSeen(ConversionState.DONE))
    assert venue.asked == [
        ("GET", "/convert/trade/t-1", {"from_account": ["USD"], "to_account": ["USDC"]}, b"")
    ]


@pytest.mark.parametrize(
    ("answer", "is_absent"),
    [
        ((404, b'{"error":"NOT_FOUND","message":"trade was not found"}'), True),
        ((403, b"Missing required scopes"), False),
        ((503, b"<html><title>503</title></html>"), False),
        ((200, b"{[upstream"), False),
        (None, False),
    ],
)
def test_only_the_venues_own_word_makes_a_conversion_absent(answer: Any, is_absent: bool) -> None:
    found, venue = shown(lambda *_: answer)

    if is_absent:
        assert found.seen == ConversionSeen(ConversionState.ABSENT)
    else:
        assert found.seen is None
        assert found.failure
    assert len(venue.asked) == 1


def test_who_only_reads_may_look_and_not_convert() -> None:
    assert hasattr(CoinbaseReader, "read_conversion")
    assert not hasattr(CoinbaseReader, "convert")
    assert not hasattr(CoinbaseReader, "quote_conversion")
