"""What a command asks the venue over sockets: each question once, an order at most once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from adapters.clocks.system import SystemClock
from adapters.venues.coinbase.auth import ApiKey, Secret
from adapters.venues.coinbase.probe import HarmlessIntent, OrderProbe, Probe
from adapters.venues.transport.endpoint import AddressInvalid
from domain.model.capability import Extent, NoCapability
from domain.model.errors import ProtocolBroken, VenueError
from domain.model.instants import parse_iso
from domain.model.money import Price, Quantity
from domain.model.orders import Accepted, NotSent, OutcomeLost
from domain.system.harmless_order import HarmlessOrder
from tests.builders.capability import a_right
from tests.builders.keys import EC
from tests.builders.messages import BTC
from tests.builders.recorded import BTC_FORM
from tests.fakes.log import KeptLog
from tests.fakes.misbehaving_server import MisbehavingServer, answering, http, misbehaving

pytestmark = pytest.mark.req("X1")

KEY = ApiKey("organizations/o/apiKeys/k", Secret(EC))
ORDER = HarmlessOrder(product=BTC, price=Price(Decimal("50.00")), quantity=Quantity(Decimal("0.1")))
END = parse_iso("2026-11-29T17:00:00Z")


@contextlib.contextmanager
def probe(
    *answers: bytes, key: ApiKey | None = KEY
) -> Iterator[tuple[OrderProbe, MisbehavingServer]]:
    with misbehaving(answering(*answers)) as server:
        stream, right = server.url.replace("http", "ws"), a_right(server.url, Extent.HARMLESS)
        clock, log = SystemClock(), KeptLog()
        found = OrderProbe(server.url, stream, key, clock, log, capability=right)
        with contextlib.closing(found):
            yield found, server


def body_of(request: bytes) -> Any:
    return json.loads(request.partition(b"\r\n\r\n")[2])


def intent_of(asked: Probe) -> HarmlessIntent:
    return asked.intend(ORDER, END)


def taken(intent_id: str) -> bytes:
    said = {"order_id": "o-1", "product_id": BTC, "side": "BUY", "client_order_id": intent_id}
    return http(200, json.dumps({"success": True, "success_response": said}).encode())


def test_the_catalogue_is_asked_for_as_everybody_may() -> None:
    page = http(200, json.dumps({"products": [BTC_FORM]}).encode())
    with probe(page) as (asked, server):
        listed = asked.products()

    assert [each.id for each in listed.products] == [BTC]
    assert server.requests[0].startswith(b"GET /api/v3/brokerage/market/products?product_type=SPOT")
    assert b"Authorization" not in server.requests[0]


def test_a_question_about_the_account_is_signed() -> None:
    rights = {"can_view": True, "can_trade": True, "can_transfer": False, "portfolio_uuid": "p"}
    with probe(http(200, json.dumps(rights).encode())) as (asked, server):
        assert asked.permissions().can_trade

    assert b"Authorization: Bearer eyJ" in server.requests[0]


def test_an_order_is_previewed_and_sent_as_a_post_only_buy_that_ends_by_itself() -> None:
    preview = http(200, json.dumps({"errs": []}).encode())
    with probe(preview, taken("")) as (asked, server):
        intent = intent_of(asked)
        assert asked.preview(intent) == ()
        assert asked.place(intent, lambda: None) == Accepted("o-1")

    limit = {
        "base_size": "0.1",
        "limit_price": "50",
        "end_time": "2026-11-29T17:00:00Z",
        "post_only": True,
    }
    order = {
        "product_id": BTC,
        "side": "BUY",
        "order_configuration": {"limit_limit_gtd": limit},
    }
    asked_about, sent = map(body_of, server.requests)
    assert asked_about == order
    assert sent == {**order, "client_order_id": intent.client_order_id}


def test_a_gate_that_says_no_keeps_the_order_here() -> None:
    with probe(taken("")) as (asked, server):
        outcome = asked.place(intent_of(asked), lambda: "KILL_SWITCH is set")

    assert outcome == NotSent("KILL_SWITCH is set", is_final=True)
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        http(503, b"<html><title>Back soon</title>"),
        http(200, b"{"),
        http(200, b"{}"),
        http(401, b""),
    ],
)
def test_an_order_without_a_clear_answer_is_lost_and_not_sent_again(answer: bytes) -> None:
    with probe(answer) as (asked, server):
        outcome = asked.place(intent_of(asked), lambda: None)

    assert isinstance(outcome, OutcomeLost)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("errs", "told"),
    [
        (["PREVIEW_INSUFFICIENT_FUND"], ("PREVIEW_INSUFFICIENT_FUND",)),
        ([{"error": "X"}, None], ("{'error': 'X'}", "None")),
    ],
)
def test_what_the_venue_has_against_an_order_is_told_in_its_words(
    errs: list[object], told: tuple[str, ...]
) -> None:
    with probe(http(200, json.dumps({"errs": errs}).encode())) as (asked, _):
        assert asked.preview(intent_of(asked)) == told


@pytest.mark.parametrize("body", [b"{}", b'{"errs": null}', b'{"errs": "none"}', b"[]", b"<html>"])
def test_a_preview_that_does_not_say_is_no_yes(body: bytes) -> None:
    with probe(http(200, body)) as (asked, _), pytest.raises(ProtocolBroken):
        asked.preview(intent_of(asked))


def test_a_preview_without_an_answer_says_why() -> None:
    maintenance = http(503, b"<title>Back soon</title>")
    with probe(maintenance) as (asked, _), pytest.raises(VenueError, match="HTTP 503 Back soon"):
        asked.preview(intent_of(asked))


def test_a_stream_that_can_not_be_had_is_closed_and_silence_is_nothing() -> None:
    with probe(http(503, b"no")) as (asked, _):
        assert asked.frame(0.0) is None
        asked.listen(BTC)
        told = asked.frame(30.0)
        assert told is not None
        assert told.connection == 1


def test_nobody_is_asked_in_the_open_who_is_not_this_machine() -> None:
    with pytest.raises(AddressInvalid, match="use TLS"):
        Probe("http://venue.example", "wss://venue.example", KEY, SystemClock(), KeptLog())


@pytest.mark.req("M1", "CL1")
def test_without_a_persons_consent_a_check_has_no_way_to_order() -> None:
    assert not hasattr(Probe, "place")
    assert not hasattr(Probe, "cancel")


@pytest.mark.req("M1", "CL1")
@pytest.mark.parametrize(
    "right",
    [
        a_right("http://127.0.0.1:9"),
        a_right("http://127.0.0.1:8", Extent.HARMLESS),
        a_right(extent=Extent.HARMLESS),
        None,
        "harmless",
    ],
)
def test_the_right_of_a_trader_or_for_another_venue_is_not_that_of_a_check(right: Any) -> None:
    with pytest.raises(NoCapability):
        OrderProbe(
            "http://127.0.0.1:9",
            "ws://127.0.0.1:9",
            KEY,
            SystemClock(),
            KeptLog(),
            capability=right,
        )


def test_a_cancel_is_answered_with_what_the_venue_said_of_it() -> None:
    result = {"success": True, "failure_reason": "UNKNOWN", "order_id": "o-1"}
    with probe(http(200, json.dumps({"results": [result]}).encode())) as (asked, server):
        answered = asked.cancel("o-1")

    assert [each.order_id for each in answered.results] == ["o-1"]
    assert answered.failure is None
    assert b"/orders/batch_cancel" in server.requests[0]


def test_a_cancel_whose_answer_is_none_says_so() -> None:
    with probe(http(200, b"[]")) as (asked, _):
        assert asked.cancel("o-1").failure is not None
