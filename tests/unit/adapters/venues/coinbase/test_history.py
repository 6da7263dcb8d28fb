"""Minutes of the past over real sockets: paced, repeated, and never half an answer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import pytest

from adapters.venues.coinbase.history import CALL_NS, CandleHistory, Stretch
from adapters.venues.transport.endpoint import AddressInvalid
from domain.model.errors import Unreachable
from domain.model.instants import MINUTE, SECOND, parse_iso
from domain.model.product import ProductId
from tests.fakes.log import KeptLog
from tests.fakes.misbehaving_server import MisbehavingServer, answering, http, misbehaving

BTC = ProductId("BTC-USD")
START = parse_iso("2023-12-11T02:00:00Z")


def candle(minute: int, **members: str) -> dict[str, str]:
    return {
        "start": str((START + minute * MINUTE) // SECOND),
        "low": "10.5",
        "high": "12.25",
        "open": "11",
        "close": "11.5",
        "volume": "0.00000001",
        **members,
    }


def body(*candles: dict[str, str]) -> bytes:
    return http(200, json.dumps({"candles": candles}).encode())


@contextlib.contextmanager
def history(*answers: bytes) -> Iterator[tuple[CandleHistory, MisbehavingServer, list[int]]]:
    """Yield a client of a server that gives these answers, and what the client has waited."""
    waits: list[int] = []
    with misbehaving(answering(*answers)) as server:
        client = CandleHistory(
            server.url,
            ca=None,
            machine_ns=lambda: sum(waits),
            wait=waits.append,
            draw=lambda: 0.0,
            log=KeptLog(),
        )
        with contextlib.closing(client):
            yield client, server, waits


def read(client: CandleHistory, minutes: int) -> list[Stretch]:
    return list(client.stretches(BTC, START, START + minutes * MINUTE))


def test_an_answer_newest_first_is_minutes_oldest_first_with_every_digit() -> None:
    with history(body(candle(2), candle(0))) as (client, server, _):
        (found,) = read(client, 3)

    assert [bar.start_ns for bar in found.bars] == [START, START + 2 * MINUTE]
    assert found.bars[0].volume == Decimal("0.00000001")
    assert (found.end_ns, found.unread) == (START + 3 * MINUTE, 0)
    assert b"Authorization" not in server.requests[0]
    assert server.requests[0].startswith(
        b"GET /api/v3/brokerage/market/products/BTC-USD/candles?start=1702260000&end=1702260120"
        b"&granularity=ONE_MINUTE "
    )


def test_calls_are_of_300_minutes_and_paced() -> None:
    with history(*(body() for _ in range(3))) as (client, _, waits):
        found = read(client, 700)

    assert [each.end_ns - START for each in found] == [300 * MINUTE, 600 * MINUTE, 700 * MINUTE]
    assert waits == [0, CALL_NS, CALL_NS]


def test_candles_that_make_no_sense_are_counted_and_those_of_another_time_are_none() -> None:
    odd = [candle(1, high="1"), candle(2, open=""), candle(9)]
    with history(body(*odd, candle(0))) as (client, _, _):
        (found,) = read(client, 5)

    assert [bar.start_ns for bar in found.bars] == [START]
    assert found.unread == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_is_asked_again(status: int) -> None:
    with history(http(status, b"<html>", "text/html"), body(candle(0))) as (client, server, _):
        (found,) = read(client, 1)

    assert len(found.bars) == 1
    assert len(server.requests) == 2


REFUSALS: Sequence[tuple[Callable[[], bytes], str]] = (
    (lambda: http(400, b'{"error":"INVALID_ARGUMENT"}'), "HTTP 400"),
    (lambda: http(200, b"<html>"), ""),
    (lambda: http(200, b'{"candles": 7}'), ""),
)


@pytest.mark.parametrize(("answer", "said"), REFUSALS)
def test_what_is_no_answer_ends_it_with_the_product(answer: Callable[[], bytes], said: str) -> None:
    with (
        history(answer()) as (client, _, _),
        pytest.raises(Unreachable, match=rf"^BTC-USD: .*{said}"),
    ):
        read(client, 1)


def test_trouble_that_stays_ends_it() -> None:
    with (
        history(*(http(503, b"") for _ in range(4))) as (client, server, _),
        pytest.raises(Unreachable, match=r"^BTC-USD: .*503"),
    ):
        read(client, 1)
    assert len(server.requests) == 4


def test_an_address_without_tls_is_for_this_machine_only() -> None:
    with pytest.raises(AddressInvalid, match="for this machine only"):
        CandleHistory(
            "http://example.com",
            ca=None,
            machine_ns=lambda: 0,
            wait=lambda _: None,
            draw=lambda: 0.0,
            log=KeptLog(),
        )
