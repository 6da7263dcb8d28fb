"""Faults of requests and answers: from a request to what happens to it on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log

from attrs import evolve

from adapters.simulator.engine.auth import UNAUTHORIZED
from adapters.simulator.engine.fault_hooks import DIRECT, Close, Passage, RequestHooks
from adapters.simulator.engine.wire import PREFIX, Request, Response, encode
from adapters.simulator.faults.base import ALL, RequestFault, Unreliable
from adapters.simulator.faults.content import OddContents, StaleAnswers
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.venue_kinds import Maintenance
from adapters.simulator.faults.wire_kinds import (
    Drip,
    DuplicateRequest,
    DuplicateResponse,
    GarbageJson,
    Http401,
    Http429,
    Http500,
    Http502Html,
    Http503Html,
    Http503Text,
    Latency,
    LostResponse,
    ResetAfter,
    ResetBefore,
    Slow,
    TruncatedJson,
    Unanswered,
)
from domain.model.instants import SECOND

Z_99 = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""
LONGEST_LATENCY_NS = 60 * SECOND
Alter = Callable[[Response], Response]
_PLACES: Mapping[tuple[str, str], str] = {
    ("POST", "/orders"): "place",
    ("POST", "/orders/batch_cancel"): "cancel",
    ("POST", "/orders/edit"): "edit",
    ("POST", "/orders/edit_preview"): "preview",
    ("POST", "/orders/preview"): "preview",
    ("POST", "/orders/close_position"): "place",
    ("POST", "/convert/quote"): "convert_quote",
    ("GET", "/orders/historical/fills"): "fills",
    ("GET", "/transaction_summary"): "fees",
    ("GET", "/key_permissions"): "permissions",
    ("GET", "/best_bid_ask"): "quotes",
    ("GET", "/product_book"): "quotes",
    ("GET", "/time"): "time",
}
_HEADS = (
    ("/orders/historical/", "orders"),
    ("/accounts", "accounts"),
    ("/portfolios", "portfolios"),
)
_CONVERT = "/convert/trade/"
_LAST_WORDS = {"candles": "candles", "ticker": "trades"}


def endpoint_of(method: str, path: str) -> str:
    """Return the class of a request; empty for a path that is none of the protocol."""
    place = path.removeprefix(PREFIX)
    if place.startswith("/market/"):
        place = place.removeprefix("/market")
    if (method, place) in _PLACES:
        return _PLACES[method, place]
    if place.startswith(_CONVERT):
        return "convert" if method == "POST" else "conversions"
    for head, endpoint in _HEADS:
        if place.startswith(head):
            return endpoint
    if place == "/products" or place.startswith("/products/"):
        return _LAST_WORDS.get(place.rpartition("/")[2], "products")
    return ""


def page(status: int, reason: str) -> Response:
    """Return what a proxy answers."""
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{status}</title></head>"
        f"<body><h1>{status} {reason}</h1><hr>edge</body></html>\n"
    )
    return Response(status, html.encode(), "text/html")


BUSY = Response(
    429,
    encode({"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}),
    headers={"retry-after": "1"},
)
BROKEN = Response(500, b'{"error":"INTERNAL","error_details":"","message":"internal error"}')
MAINTAINED = page(503, "Scheduled Maintenance")
_INSTEAD: Mapping[type[Unreliable], Response] = {
    Http401: UNAUTHORIZED,
    Http500: BROKEN,
    Http502Html: page(502, "Bad Gateway"),
    Http503Html: page(503, "Service Temporarily Unavailable"),
    Http503Text: Response(503, b"go/sg/6f1d3c1e-0f6b-4f5e-9a55-2c1f6b7d0e88", "text/plain"),
}


def _truncated(answer: Response) -> Response:
    return evolve(answer, body=answer.body[: len(answer.body) // 2])


def _garbage(answer: Response) -> Response:
    return evolve(answer, body=b"\x00\xff{[upstream connect error")


_SIMPLE: Mapping[type[RequestFault], Passage] = {
    LostResponse: Passage(ending=Close.SILENT),
    Unanswered: Passage(deliveries=0, ending=Close.SILENT),
    ResetBefore: Passage(deliveries=0, ending=Close.RESET),
    ResetAfter: Passage(ending=Close.RESET),
    Http429: Passage(deliveries=0, instead=BUSY),
    TruncatedJson: Passage(alter=_truncated),
    GarbageJson: Passage(alter=_garbage),
    DuplicateRequest: Passage(deliveries=2),
    DuplicateResponse: Passage(ending=Close.TWICE),
    **{kind: Passage(deliveries=0, instead=answer) for kind, answer in _INSTEAD.items()},
}
_KINDS: tuple[type[RequestFault], ...] = (
    Slow,
    Drip,
    LostResponse,
    Unanswered,
    ResetBefore,
    ResetAfter,
    Http401,
    Http429,
    Http500,
    Http502Html,
    Http503Html,
    Http503Text,
    TruncatedJson,
    GarbageJson,
    DuplicateRequest,
    DuplicateResponse,
)
"""In the order of the catalogue: the first that strikes decides."""


class RequestFaults(RequestHooks):
    """Judges requests in the order in which they arrive; the first fault that strikes decides."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self._schedule = schedule
        self._contents = OddContents(schedule)
        self._stale = StaleAnswers(schedule)

    def passage(self, request: Request) -> Passage:
        """Return what happens to a request; latency is added to whatever else strikes."""
        for maintenance in self._schedule.active(Maintenance):
            maintenance.struck += 1
            return Passage(deliveries=0, instead=MAINTAINED)
        endpoint = endpoint_of(request.method, request.path)
        passage = self._struck(endpoint)
        if passage.alter is None:
            stale = self._stale.of_answer(request, endpoint)
            odd = self._contents.of_answer(endpoint)
            passage = evolve(passage, alter=_both(stale, odd))
        for running in self._schedule.active(Latency):
            if _is_meant(running.fault.endpoints, endpoint):
                passage = _delayed(passage, running)
        return passage

    def _struck(self, endpoint: str) -> Passage:
        for kind in _KINDS:
            for running in self._schedule.active(kind):
                if _is_meant(running.fault.endpoints, endpoint) and running.strikes():
                    return _passage_of(running.fault)
        return DIRECT


def _both(first: Alter | None, then: Alter | None) -> Alter | None:
    if first is None or then is None:
        return first or then
    return lambda answer: then(first(answer))


def _is_meant(endpoints: tuple[str, ...], endpoint: str) -> bool:
    return ALL in endpoints or endpoint in endpoints


def _passage_of(fault: RequestFault) -> Passage:
    if isinstance(fault, Slow):
        return Passage(after_ns=fault.delay_ns)
    if isinstance(fault, Drip):
        return Passage(after_ns=fault.delay_ns, ending=Close.DRIPS)
    if isinstance(fault, Http429) and not fault.says_when:
        return Passage(deliveries=0, instead=evolve(BUSY, headers={}))
    passage = _SIMPLE[type(fault)]
    if isinstance(fault, Unreliable) and fault.is_handled:
        return Passage(instead=passage.instead)
    return passage


def _delayed(passage: Passage, running: Running[Latency]) -> Passage:
    """Return `passage` with a drawn latency, half of it on each way."""
    fault, draw = running.fault, running.draws
    running.struck += 1
    sigma = log(fault.p99_ns / fault.p50_ns) / Z_99
    drawn_ns = int(fault.p50_ns * exp(sigma * draw.gauss(0.0, 1.0)))
    half_ns = min(drawn_ns, LONGEST_LATENCY_NS) // 2
    return evolve(
        passage, before_ns=passage.before_ns + half_ns, after_ns=passage.after_ns + half_ns
    )
