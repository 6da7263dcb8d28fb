"""Whatever one answer says, a check loses that step alone, shows no control and no traceback."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from adapters.clocks.system import SystemClock
from adapters.venues.coinbase.auth import ApiKey, Secret
from adapters.venues.coinbase.probe import Probe
from app.venue_check.account_steps import STEPS
from app.venue_check.check import CheckPlan, findings
from app.venue_check.report import lines_of
from domain.model.instants import MINUTE, SECOND, iso
from domain.system.venue_check import KEY, CheckedStep, passed
from tests.builders.full import some
from tests.builders.keys import EC
from tests.builders.recorded import BTC_FORM
from tests.fakes.asked_venue import PORTFOLIO, Around
from tests.fakes.log import KeptLog
from tests.fakes.misbehaving_server import MisbehavingServer, http, misbehaving

pytestmark = pytest.mark.req("E2")

API = "/api/v3/brokerage"
Bodies = Mapping[str, Any]
LEVEL = [{"price": "100", "size": "1"}]
MONEY = {"value": "800", "currency": "USD"}
STEP_OF = {
    "GET /market/products": "products",
    "GET /market/products/BTC-USD/candles": "candle",
    "GET /key_permissions": "permissions",
    "GET /accounts": "accounts",
    "GET /transaction_summary": "fees",
    "GET /orders/historical/batch": "orders",
    "GET /best_bid_ask": "preview",
    "POST /orders/preview": "preview",
}
AFTER = {"products": {"preview"}, "permissions": {name for name, _ in STEPS}}
"""What hangs on a step: not tried without it."""
EVIL = "\x1b[2J\u202e\x00\r\nok all well"
HOSTILE: Mapping[str, bytes] = {
    "no JSON": http(200, b"\xff\xfe{"),
    "a list": http(200, b"[]"),
    "null": http(200, b"null"),
    "nothing": http(200, b""),
    "members of other types": http(200, b'{"x": 1}'),
    "deeply nested": http(200, b"[" * 100_000),
    "huge numbers": http(200, b'{"errs": 1e999, "products": -1, "orders": NaN}'),
    "a page": http(503, f"<html><title>{EVIL}</title></html>".encode(), "text/html"),
    "an error with controls": http(400, json.dumps({"error": EVIL, "message": EVIL}).encode()),
    "elsewhere": b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
}


def good() -> Bodies:
    """Return what a venue answers that answers well, now."""
    now_ns = SystemClock().wall_ns()
    return {
        "GET /market/products": {"products": [{**BTC_FORM, "status": "online"}]},
        "GET /market/products/BTC-USD/candles": {
            "candles": [
                {
                    "start": str((now_ns - 5 * MINUTE) // SECOND),
                    "open": "100",
                    "high": "101",
                    "low": "99",
                    "close": "100",
                    "volume": "7",
                }
            ]
        },
        "GET /key_permissions": {
            "can_view": True,
            "can_trade": True,
            "can_transfer": False,
            "portfolio_uuid": PORTFOLIO,
        },
        "GET /accounts": {
            "accounts": [{"currency": "USD", "available_balance": MONEY, "hold": {"value": "0"}}],
            "has_next": False,
        },
        "GET /transaction_summary": {
            "fee_tier": {"maker_fee_rate": "0.006", "taker_fee_rate": "0.012"}
        },
        "GET /orders/historical/batch": {"orders": [], "has_next": False},
        "GET /best_bid_ask": {
            "pricebooks": [
                {
                    "product_id": "BTC-USD",
                    "bids": LEVEL,
                    "asks": [{"price": "101", "size": "1"}],
                    "time": iso(now_ns),
                }
            ]
        },
        "POST /orders/preview": {"errs": []},
    }


def venue(odd: str, answer: bytes) -> Any:
    """Answer everything well but `odd`."""

    def behave(server: MisbehavingServer, connection: socket.socket) -> None:
        while request := server.read(connection):
            method, target, _ = request.decode("utf-8", "replace").split(" ", 2)
            asked = f"{method} {target.partition('?')[0].removeprefix(API)}"
            well = good().get(asked)
            body = http(404, b"{}") if well is None else http(200, json.dumps(well).encode())
            connection.sendall(answer if asked == odd else body)

    return behave


@contextlib.contextmanager
def checked(odd: str, answer: bytes) -> Iterator[dict[str, CheckedStep]]:
    with misbehaving(venue(odd, answer)) as server:
        key = ApiKey("organizations/o/apiKeys/k", Secret(EC))
        stream = server.url.replace("http", "ws")
        probe = Probe(server.url, stream, key, SystemClock(), KeptLog())
        plan = CheckPlan(
            rest=server.url,
            quote_currency="USD",
            limit_ns=150_000_000,
            portfolio=None,
            key=(passed(KEY, "", ""),),
            sender=None,
            forbidden=lambda: None,
            lock=lambda _: lambda: None,
        )
        with contextlib.closing(probe):
            yield {each.step: each for each in findings(probe, Around(), plan)}


def test_a_venue_that_answers_well_passes() -> None:
    with checked("", b"") as found:
        went = {name: each.verdict.value for name, each in found.items()}

    assert went.pop("stream") == "FAILED", "this one has no streams"
    assert set(went.values()) == {"ok"}, went


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("odd", some(list(good()), 2))
def test_a_hostile_answer_costs_its_own_step(odd: str, kind: str) -> None:
    with checked(odd, HOSTILE[kind]) as found:
        step = STEP_OF[odd]
        lost = {step, "stream", *AFTER.get(step, set())}
        well = {name for name, each in found.items() if each.is_well}

    assert well == set(found) - lost, found
    assert all(line.text.isprintable() for each in found.values() for line in lines_of(each))


ENTRIES: tuple[Any, ...] = (
    None,
    7,
    "text",
    [],
    {},
    {"currency": EVIL, "product_id": EVIL, "order_id": EVIL},
)


@pytest.mark.parametrize(
    ("odd", "member"),
    [
        ("GET /market/products", "products"),
        ("GET /accounts", "accounts"),
        ("GET /best_bid_ask", "pricebooks"),
        ("GET /market/products/BTC-USD/candles", "candles"),
    ],
)
def test_an_entry_that_can_not_be_read_costs_nothing_but_itself(odd: str, member: str) -> None:
    known = good()[odd]
    body = {**known, member: [*ENTRIES, *known[member]]}
    with checked(odd, http(200, json.dumps(body).encode())) as found:
        went = {name: each.is_well for name, each in found.items()}

    assert went == {**dict.fromkeys(went, True), "stream": False}
    assert all(line.text.isprintable() for each in found.values() for line in lines_of(each))
