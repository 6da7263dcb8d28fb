"""Claims about requests over sockets, against servers that misbehave."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import jwt
import pytest

from actors.kernel.ports import LastGate
from adapters.clocks.system import SystemClock
from adapters.simulator.server.tls import server_context
from adapters.venues.coinbase.auth import load_key_file
from adapters.venues.coinbase.connect import Wires, connect
from adapters.venues.coinbase.gateway import CoinbaseGateway
from adapters.venues.transport import connections
from adapters.venues.transport.deadlines import Timers
from adapters.venues.transport.endpoint import endpoint
from adapters.venues.transport.http import HttpTransport
from adapters.venues.transport.interface import (
    LANE_WIDTHS,
    QUEUE_LIMITS,
    Answer,
    Gate,
    NoAnswer,
    RequestLane,
    TransportFailure,
)
from domain.messages.venue import CancelAnswered, CandlesListed, PermissionsRead, PlaceAnswered
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.orders import Accepted, NotSent, OutcomeLost, PlaceOutcome, Rejected
from tests.builders.capability import a_right
from tests.builders.coinbase import a_private_key, a_request, never_refuses, pem
from tests.builders.messages import BTC, NOW, an_intent
from tests.builders.waiting import wait_for
from tests.fakes.inbox import ME, PATIENCE_S, Inbox
from tests.fakes.log import KeptLog
from tests.fakes.misbehaving_server import MisbehavingServer, answering, http, misbehaving, reset

INTENT = an_intent()
OK = http(200, b'{"success":true,"success_response":{"order_id":"o-1"}}')
RIGHTS = http(200, b'{"can_view":true,"can_trade":true,"can_transfer":false,"portfolio_uuid":"p"}')
SHORT_NS = 300 * MILLISECOND
Behave = Callable[[MisbehavingServer, socket.socket], None]


@contextmanager
def client_of(
    url: str,
    folder: Path,
    *,
    gate: LastGate | None = None,
) -> Iterator[tuple[CoinbaseGateway, Inbox]]:
    private = a_private_key()
    path = folder / "key.json"
    path.write_text(json.dumps({"name": "key-1", "privateKey": pem(private)}))
    path.chmod(0o600)
    inbox = Inbox()
    wires = Wires(
        rest=url,
        stream=url.replace("http", "ws", 1),
        key=load_key_file(path),
        clock=SystemClock(),
        post=inbox.post,
        log=KeptLog(),
        draw=lambda: 0.0,
    )
    venue = connect(wires, gate or never_refuses, a_right(url))
    try:
        yield venue, inbox
    finally:
        venue.close()


def placed(behave: Behave, folder: Path, count: int = 1) -> tuple[PlaceOutcome, MisbehavingServer]:
    """Place orders one after the other; return the last outcome."""
    with misbehaving(behave) as server, client_of(server.url, folder) as (venue, inbox):
        for number in range(1, count + 1):
            venue.place(a_request(INTENT), ME)
            inbox.wait(PlaceAnswered, count=number)
        return inbox.of(PlaceAnswered)[-1].outcome, server


# Outcomes of a POST over real sockets.


def reset_before_reading(server: MisbehavingServer, connection: socket.socket) -> None:
    connection.recv(1, socket.MSG_PEEK)
    reset(connection)


def reset_after_reading(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    reset(connection)


def close_after_reading(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.close()


def cut_in_the_answer(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(OK[:-10])
    connection.close()


def no_http(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(b"SSH-2.0-hello\r\n\r\n")
    connection.close()


REFUSED = b'{"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"poor"}}'
HTML = http(503, b"<html>Service Unavailable</html>", "text/html")
TABLE: dict[str, tuple[Behave, type]] = {
    "accepted": (answering(OK), Accepted),
    "refused": (answering(http(200, REFUSED)), Rejected),
    "400": (answering(http(400, b'{"error":"INVALID_ARGUMENT","message":"m"}')), Rejected),
    "403": (answering(http(403, b"<html>no")), Rejected),
    "429": (answering(http(429, b"")), NotSent),
    "401": (answering(http(401, b"Unauthorized", "text/plain")), OutcomeLost),
    "408": (answering(http(408, b"")), OutcomeLost),
    "500": (answering(http(500, b'{"error":"INTERNAL"}')), OutcomeLost),
    "html-503": (answering(HTML), OutcomeLost),
    "junk": (answering(http(200, b'{"success":tru')), OutcomeLost),
    "empty": (answering(http(200, b"")), OutcomeLost),
    "302": (answering(b"HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), OutcomeLost),
    "307": (answering(b"HTTP/1.1 307 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), OutcomeLost),
    "reset-before-reading": (reset_before_reading, OutcomeLost),
    "reset-after-reading": (reset_after_reading, OutcomeLost),
    "close": (close_after_reading, OutcomeLost),
    "cut-answer": (cut_in_the_answer, OutcomeLost),
    "no-http": (no_http, OutcomeLost),
}


@pytest.mark.req("X1")
@pytest.mark.parametrize(("behave", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_outcome_is_what_the_wire_proves_and_the_order_left_at_most_once(
    behave: Behave, expected: type, tmp_path: Path
) -> None:
    outcome, server = placed(behave, tmp_path)
    assert type(outcome) is expected, outcome
    assert server.connections == 1
    assert len(server.requests) <= 1


@pytest.mark.req("X1")
def test_a_refused_connection_means_not_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client_of(f"http://127.0.0.1:{port}", tmp_path) as (venue, inbox):
        venue.place(a_request(INTENT), ME)
        outcome = inbox.wait(PlaceAnswered).outcome
    assert outcome == NotSent("ConnectionRefusedError: Connection refused", is_final=False)


@pytest.mark.req("X1")
def test_a_dripping_answer_ends_at_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        for byte in itertools.cycle(b"x"):
            connection.sendall(bytes([byte]))
            if server.is_over.wait(0.02):
                return

    monkeypatch.setattr("adapters.venues.coinbase.gateway.PLACE_DEADLINE_NS", SHORT_NS)
    outcome, server = placed(drip, tmp_path)
    assert outcome == OutcomeLost("no answer within 0.3 s")
    assert len(server.requests) == 1


@pytest.mark.parametrize("length", [b"Content-Length: 100000", b"Connection: close"])
def test_a_dripping_body_ends_at_the_deadline_too(length: bytes) -> None:
    def drip(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 X\r\n" + length + b"\r\n\r\n")
        while not server.is_over.wait(0.02):
            connection.sendall(b"x")

    with misbehaving(drip) as server, lanes_of(server.url) as lanes:
        assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.LOST
        # The lane is free again, on a new connection.
        assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.LOST
        assert server.connections == 2


def test_a_handshake_that_never_ends_is_cut_and_nothing_has_left() -> None:
    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        server.is_over.wait()

    with misbehaving(silent) as server, lanes_of(server.url.replace("http", "https")) as lanes:
        assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.NOT_SENT
        assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.NOT_SENT


def test_a_silent_server_ends_at_the_deadline_and_nothing_leaves_later() -> None:
    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        server.is_over.wait(PATIENCE_S)

    with misbehaving(silent) as server, lanes_of(server.url) as lanes:
        before_ns = time.monotonic_ns()
        answer = lanes.unanswered(deadline_ns=SHORT_NS)
        assert answer == NoAnswer(TransportFailure.LOST, "no answer within 0.3 s", answer.ended_ns)
        assert before_ns + SHORT_NS <= answer.ended_ns <= time.monotonic_ns()


# One lane of its own.


class Lanes:
    """A transport without a key, and a question whose answer is waited for."""

    def __init__(self, url: str, ca: Path | None = None) -> None:
        self.log = KeptLog()
        self.slept_ns = 0
        """For how long the process seems to have been stopped."""
        self.timers = Timers(time.monotonic_ns, self.log)
        self.transport = HttpTransport(
            endpoint(url, ("http", "https")),
            ca=ca,
            signer=None,
            timers=self.timers,
            machine_ns=lambda: time.monotonic_ns() + self.slept_ns,
            log=self.log,
        )

    def ask(
        self,
        lane: RequestLane = RequestLane.ENTRY,
        *,
        gate: Gate | None = None,
        deadline_ns: int = 5 * SECOND,
        body: bytes = b"{}",
    ) -> Answer | NoAnswer:
        answers: list[Answer | NoAnswer] = []
        came = threading.Event()

        def answered(answer: Answer | NoAnswer) -> None:
            answers.append(answer)
            came.set()

        self.transport.request(lane, "POST", "/x", (("a", "1"),), body, deadline_ns, answered, gate)
        assert came.wait(PATIENCE_S), "no answer"
        return answers[0]

    def unanswered(
        self,
        lane: RequestLane = RequestLane.ENTRY,
        *,
        gate: Gate | None = None,
        deadline_ns: int = 5 * SECOND,
        body: bytes = b"{}",
    ) -> NoAnswer:
        """Ask for something that will not be answered."""
        answer = self.ask(lane, gate=gate, deadline_ns=deadline_ns, body=body)
        assert isinstance(answer, NoAnswer)
        return answer


@contextmanager
def lanes_of(url: str, ca: Path | None = None) -> Iterator[Lanes]:
    lanes = Lanes(url, ca)
    try:
        yield lanes
    finally:
        lanes.transport.close()
        lanes.timers.close()


def test_the_connection_of_a_lane_is_kept_and_lanes_have_their_own() -> None:
    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        for _ in range(5):
            assert isinstance(lanes.ask(), Answer)
        assert server.connections == 1
        lanes.ask(RequestLane.CANCEL)
        assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew_before_the_order() -> None:
    closed: list[int] = []

    def has_closed(count: int) -> bool:
        return len(closed) == count

    def once(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(OK)
        connection.close()
        closed.append(1)

    with misbehaving(once) as server, lanes_of(server.url) as lanes:
        for number in range(1, 4):
            assert isinstance(lanes.ask(), Answer)
            assert len(server.requests) == server.connections == number
            wait_for(partial(has_closed, number))


def test_a_connection_that_was_idle_for_long_is_not_used_for_an_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        lanes.ask()
        monkeypatch.setattr(connections, "IDLE_LIMIT_S", 0.0)
        lanes.ask()
        assert server.connections == 2


@pytest.mark.req("K1")
def test_the_gate_is_asked_when_the_connection_stands_and_before_a_byte_leaves() -> None:
    seen: list[tuple[int, int]] = []

    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        assert isinstance(lanes.ask(), Answer)

        def gate() -> str:
            seen.append((server.connections, len(server.requests)))
            return "halted"

        answer = lanes.unanswered(gate=gate)
        assert (answer.fault, answer.reason) == (TransportFailure.REFUSED, "halted")
        assert seen == [(1, 1)]
        assert isinstance(lanes.ask(gate=lambda: None), Answer)
        assert len(server.requests) == 2


@pytest.mark.req("K1")
def test_a_gate_that_fails_is_shut() -> None:
    def gate() -> str:
        raise RuntimeError("canary")

    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        answer = lanes.unanswered(gate=gate)
        assert answer.fault is TransportFailure.REFUSED
        assert answer.reason == "the last gate failed: RuntimeError"
        assert server.requests == []


@pytest.mark.req("K1")
def test_a_process_stopped_between_gate_and_write_sends_nothing_when_it_goes_on() -> None:
    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:

        def stopped() -> None:
            lanes.slept_ns += connections.LEAVE_NS + 1

        answer = lanes.unanswered(gate=stopped)
        assert answer.fault is TransportFailure.NOT_SENT
        assert "between the last gate and the wire" in answer.reason
        assert server.requests == []
        assert isinstance(lanes.ask(gate=lambda: None), Answer)


@pytest.mark.req("K1")
def test_a_process_stopped_between_head_and_body_leaves_an_order_without_its_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        leaving = connections.Wire.leaving

        def stop_after_the_head(wire: connections.Wire) -> None:
            leaving(wire)
            lanes.slept_ns += connections.LEAVE_NS + 1

        monkeypatch.setattr(connections.Wire, "leaving", stop_after_the_head)
        answer = lanes.unanswered(gate=lambda: None, body=b"[7]")
        assert answer.fault is TransportFailure.LOST, "some of it has left"
        assert [request for request in server.requests if request.endswith(b"[7]")] == []


def test_an_order_whose_deadline_comes_before_the_write_never_leaves() -> None:
    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:

        def slow_gate() -> None:
            is_past = threading.Event()
            lanes.timers.after(SHORT_NS, is_past.set)  # after the deadline, which began earlier
            assert is_past.wait(PATIENCE_S)

        answer = lanes.unanswered(gate=slow_gate, deadline_ns=SHORT_NS)
        assert answer.fault is TransportFailure.NOT_SENT
        assert isinstance(lanes.ask(RequestLane.ENTRY, body=b"[2]"), Answer)
        assert [request[-3:] for request in server.requests] == [b"[2]"]


def test_a_full_lane_answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUEUE_LIMITS, RequestLane.ENTRY, 1)
    held = threading.Event()

    def hold(server: MisbehavingServer, connection: socket.socket) -> None:
        while server.read(connection):
            held.wait(PATIENCE_S)
            connection.sendall(OK)

    with misbehaving(hold) as server, lanes_of(server.url) as lanes:
        answers: list[Answer | NoAnswer] = []

        def ask() -> None:
            lanes.transport.request(
                RequestLane.ENTRY, "POST", "/x", (), b"{}", 5 * SECOND, answers.append
            )

        ask()
        wait_for(lambda: server.requests)
        ask()
        ask()
        assert [type(each) for each in answers] == [NoAnswer]
        assert isinstance(answers[0], NoAnswer)
        assert answers[0].fault is TransportFailure.FULL
        held.set()
        wait_for(lambda: len(answers) == 3)


def test_closing_cuts_what_runs_and_refuses_what_waits() -> None:
    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        server.is_over.wait(PATIENCE_S)

    with misbehaving(silent) as server, lanes_of(server.url) as lanes:
        answers: list[Answer | NoAnswer] = []
        for _ in range(3):
            lanes.transport.request(
                RequestLane.ENTRY, "POST", "/x", (), b"{}", 60 * SECOND, answers.append
            )
        wait_for(lambda: server.requests)
        lanes.transport.close()
        wait_for(lambda: len(answers) == 3)
        faults = [answer.fault for answer in answers if isinstance(answer, NoAnswer)]
        assert faults == [TransportFailure.LOST, TransportFailure.REFUSED, TransportFailure.REFUSED]
        assert len(server.requests) == 1
        assert lanes.unanswered().fault is TransportFailure.REFUSED


@pytest.mark.req("X6", "K1")
@pytest.mark.parametrize("lane", [RequestLane.EXIT, RequestLane.CANCEL, RequestLane.QUERY])
def test_an_exit_a_cancel_or_a_question_leaves_at_once_beside_others_that_nobody_answers(
    lane: RequestLane,
) -> None:
    is_over = threading.Event()

    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        is_over.wait(PATIENCE_S)

    with misbehaving(silent) as server, lanes_of(server.url) as lanes:
        answers: list[Answer | NoAnswer] = []
        sent = [RequestLane.ENTRY, *[lane] * LANE_WIDTHS[lane]]
        for each in (RequestLane.ENTRY, *sent):
            lanes.transport.request(each, "POST", "/x", (), b"{}", 60 * SECOND, answers.append)
        wait_for(lambda: len(server.requests) == len(sent))
        assert answers == [], "nothing was answered, and only the second entry waits"
        is_over.set()


def test_closing_a_full_wide_lane_ends_every_thread_of_it() -> None:
    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        server.is_over.wait(PATIENCE_S)

    def threads() -> list[str]:
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if name.startswith("venue-exit-")]

    limit = QUEUE_LIMITS[RequestLane.EXIT]
    width = LANE_WIDTHS[RequestLane.EXIT]
    wait_for(lambda: not threads())  # those of the test before
    with misbehaving(silent) as server, lanes_of(server.url) as lanes:
        answers: list[Answer | NoAnswer] = []
        assert len(threads()) == width

        def ask() -> None:
            lanes.transport.request(
                RequestLane.EXIT, "POST", "/x", (), b"{}", 60 * SECOND, answers.append
            )

        for _ in range(width):
            ask()
        wait_for(lambda: len(server.requests) == width)
        for _ in range(limit):
            ask()
        lanes.transport.close()
        wait_for(lambda: len(answers) == width + limit)
        wait_for(lambda: not threads())


def test_a_bad_continuation_does_not_end_the_lane() -> None:
    def fail(_: object) -> None:
        raise RuntimeError("canary")

    with misbehaving(answering(OK)) as server, lanes_of(server.url) as lanes:
        lanes.transport.request(RequestLane.ENTRY, "POST", "/x", (), b"{}", SECOND, fail)
        assert isinstance(lanes.ask(), Answer)
        assert any("RuntimeError" in repr(line) for line in lanes.log.lines)


# TLS.


def encrypted(behave: Behave, folder: Path) -> Behave:
    context = server_context(folder / "ca.pem", folder / "tls.key")

    def wrapped(server: MisbehavingServer, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            behave(server, tls)

    return wrapped


def test_a_certificate_that_we_trust_is_enough(tmp_path: Path) -> None:
    with misbehaving(encrypted(answering(OK), tmp_path)) as server:
        url = server.url.replace("http", "https")
        with lanes_of(url, tmp_path / "ca.pem") as lanes:
            assert isinstance(lanes.ask(), Answer)
            assert isinstance(lanes.ask(), Answer)
            assert server.connections == 1


@pytest.mark.req("SEC1")
def test_a_server_that_proves_nothing_hears_nothing(tmp_path: Path) -> None:
    with misbehaving(encrypted(answering(OK), tmp_path)) as server:
        with lanes_of(server.url.replace("http", "https")) as lanes:
            answer = lanes.unanswered()
            assert answer.fault is TransportFailure.NOT_SENT
            assert "SSLCertVerificationError" in answer.reason
        assert server.requests == []


def test_a_dripping_answer_over_tls_ends_at_the_deadline(tmp_path: Path) -> None:
    def drip(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n")
        while not server.is_over.wait(0.02):
            connection.sendall(b"x")

    with misbehaving(encrypted(drip, tmp_path)) as server:
        url = server.url.replace("http", "https")
        with lanes_of(url, tmp_path / "ca.pem") as lanes:
            assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.LOST
            assert lanes.unanswered(deadline_ns=SHORT_NS).fault is TransportFailure.LOST


# What a request looks like.


def test_requests_are_signed_for_what_they_are_and_public_ones_not_at_all(tmp_path: Path) -> None:
    def behave(server: MisbehavingServer, connection: socket.socket) -> None:
        while request := server.read(connection):
            is_public = b"/market/" in request.split(b"\r\n")[0]
            connection.sendall(http(200, b'{"candles":[]}') if is_public else RIGHTS)

    with misbehaving(behave) as server, client_of(server.url, tmp_path) as (venue, inbox):
        venue.read_permissions(1, ME)
        assert inbox.wait(PermissionsRead).can_trade
        venue.list_candles(BTC, Nanos(MINUTE), NOW, Nanos(NOW + MINUTE), 2, ME)
        assert inbox.wait(CandlesListed).failure is None
        private, public = server.requests
        host = server.url.removeprefix("http://")
    lines = dict(line.split(b": ", 1) for line in private.split(b"\r\n")[1:] if b": " in line)
    scheme, token = lines[b"Authorization"].split(b" ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert scheme == b"Bearer"
    assert claims["uri"] == f"GET {host}/api/v3/brokerage/key_permissions"
    assert claims["exp"] - claims["nbf"] == 10
    assert lines[b"Host"].decode() == host
    assert b"Authorization" not in public


@pytest.mark.req("SEC1")
def test_the_environment_can_not_redirect_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    outcome, _ = placed(answering(OK), tmp_path)
    assert isinstance(outcome, Accepted)


@pytest.mark.req("CB1")
def test_a_question_survives_a_server_that_comes_back(tmp_path: Path) -> None:
    left = [reset_before_reading, reset_after_reading]

    def behave(server: MisbehavingServer, connection: socket.socket) -> None:
        (left.pop() if left else answering(RIGHTS))(server, connection)

    with misbehaving(behave) as server, client_of(server.url, tmp_path) as (venue, inbox):
        venue.read_permissions(1, ME)
        assert inbox.wait(PermissionsRead).failure is None
        assert server.connections == 3


def test_a_cancel_is_not_repeated_by_itself(tmp_path: Path) -> None:
    with (
        misbehaving(close_after_reading) as server,
        client_of(server.url, tmp_path) as (venue, inbox),
    ):
        venue.cancel(("o-1",), 1, ME)
        assert inbox.wait(CancelAnswered).failure is not None
        assert len(server.requests) == 1


@pytest.mark.req("SEC1")
def test_reasons_hold_no_token_and_no_address(tmp_path: Path) -> None:
    for behave in (reset_after_reading, no_http, cut_in_the_answer):
        outcome, server = placed(behave, tmp_path)
        assert isinstance(outcome, OutcomeLost)
        assert "ey" not in outcome.reason
        assert str(server.port) not in outcome.reason
        assert "127.0.0.1" not in outcome.reason
