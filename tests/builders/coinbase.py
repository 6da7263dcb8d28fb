"""The trader's client in tests: virtual time, a venue of scripted answers, one that misbehaves."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from actors.kernel.envelope import ReplyTo
from adapters.venues.coinbase.client import EMBEDDED, CoinbaseVenue
from adapters.venues.transport.inprocess import Errand, InProcessTransport
from domain.messages.orders import PlaceRequest, Receipt
from domain.model.instants import Nanos
from domain.model.orders import OrderIntent
from tests.builders.messages import NOW

ME = ReplyTo("test", 7, 3)
PREFIX = "/api/v3/brokerage"
SHARED = Path(os.environ.get("BULKHEAD_SHARED_DATA", Path(__file__).parents[3] / "shared/data"))
RECORDING = SHARED / "raw/coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst"
PATIENCE_S = 10.0
T = TypeVar("T")

needs_recording = pytest.mark.skipif(
    not RECORDING.exists(), reason=f"the recording {RECORDING.name} is not here"
)


def a_request(intent: OrderIntent) -> PlaceRequest:
    receipt = Receipt(intent.client_order_id, 1, "0" * 64, Nanos(7))
    return PlaceRequest(intent, receipt, epoch=1)


def never_refuses(request: PlaceRequest) -> str | None:
    del request
    return None


class Inbox:
    """Collects what is posted; the test waits for it."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._changed = threading.Condition()

    def post(self, reply_to: ReplyTo, message: Any) -> None:
        assert reply_to == ME
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        return [message for message in self.messages if isinstance(message, kind)]

    def wait(
        self, kind: type[T], condition: Callable[[T], object] = lambda _: True, count: int = 1
    ) -> T:
        """Return the `count`-th message of a kind for which the condition holds."""

        def found() -> list[T]:
            return [message for message in self.of(kind) if condition(message)]

        with self._changed:
            came = self._changed.wait_for(lambda: len(found()) >= count, PATIENCE_S)
        assert came, f"no {kind.__name__} among {self.messages}"
        return found()[count - 1]


class SilentLog:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda message, *_, **fields: self.lines.append(f"{level} {message} {fields}")


class MachineClock:
    """All three clocks on the machine's."""

    def market_ns(self) -> Nanos:
        return Nanos(time.time_ns())

    def machine_ns(self) -> Nanos:
        return Nanos(time.monotonic_ns())

    def wall_ns(self) -> Nanos:
        return Nanos(time.time_ns())


class VirtualTime:
    """A scheduler and the one clock it moves."""

    def __init__(self, start_ns: int = NOW) -> None:
        self.now_ns = Nanos(start_ns)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def market_ns(self) -> Nanos:
        return self.now_ns

    machine_ns = wall_ns = market_ns

    def after(self, delay_ns: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now_ns + delay_ns, next(self._order), call))

    def run(
        self, until: Callable[[], object] = lambda: False, limit_ns: int = 3600 * 10**9
    ) -> None:
        """Play what is due, until a condition holds, nothing is left, or time is up."""
        end_ns = self.now_ns + limit_ns
        while self._due and self._due[0][0] <= end_ns and not until():
            due_ns, _, call = heapq.heappop(self._due)
            self.now_ns = Nanos(max(self.now_ns, due_ns))
            call()


class ScriptedConnection:
    """A stream that remembers what it heard and says what the test gives it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.waiting: list[bytes] = []
        self.closed = False
        self.close_code = 1000

    def receive(self, text: str) -> None:
        self.heard.append(text)

    def take(self) -> list[bytes]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def close(self) -> None:
        self.closed = True


Answering = Callable[[str, str, Mapping[str, Sequence[str]], bytes], tuple[int, bytes]]


class ScriptedVenue:
    """A client in virtual time against answers that the test writes."""

    def __init__(
        self,
        answer: Answering | None = None,
        *,
        draw: Callable[[], float] = lambda: 0.5,
        gate: Callable[[PlaceRequest], str | None] = never_refuses,
    ) -> None:
        self.time = VirtualTime()
        self.inbox = Inbox()
        self.asked: list[tuple[str, str, dict[str, list[str]], bytes]] = []
        self.asked_ns: list[int] = []
        self.connections: list[ScriptedConnection] = []
        self._answer = answer or (lambda *_: (200, b"{}"))
        self.transport = InProcessTransport(
            self, self._ask, self._open, self.time.after, self.time.market_ns, self.time.machine_ns
        )
        self.client = CoinbaseVenue(
            self.transport, self.inbox.post, self.time, gate, traits=EMBEDDED, draw=draw
        )

    def advance(self, now_ns: Nanos) -> None:
        """There is no market to play."""

    def next_due_ns(self) -> Nanos:
        return Nanos(2**63 - 1)

    def say(self, *frames: bytes) -> None:
        """Let the newest connection hear frames."""
        self.connections[-1].waiting += frames
        self.transport.pump()
        self.time.run(limit_ns=5_000_000)

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        values = {key: list(value) for key, value in query.items()}
        self.asked.append((method, path.removeprefix(PREFIX), values, body))
        self.asked_ns.append(self.time.now_ns)
        answer = self._answer(method, path.removeprefix(PREFIX), values, body)
        return Errand(run=lambda: answer)

    def _open(self) -> ScriptedConnection:
        self.connections.append(ScriptedConnection())
        return self.connections[-1]


def a_private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(private: Any) -> str:
    return str(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    )


# A server that misbehaves.

Behaviour = Callable[[socket.socket], None]


def read_request(connection: socket.socket) -> bytes:
    """Return one whole HTTP request; b"" if the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes, content_type: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


class MisbehavingServer:
    """Does with each connection what the test says; counts the requests that came whole."""

    def __init__(self, behave: Callable[[MisbehavingServer, socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.is_over = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def read(self, connection: socket.socket) -> bytes:
        request = read_request(connection)
        if request:
            self.requests.append(request)
        return request

    def close(self) -> None:
        self.is_over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while not self.is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._behave(self, connection)


@contextlib.contextmanager
def misbehaving(
    behave: Callable[[MisbehavingServer, socket.socket], None],
) -> Iterator[MisbehavingServer]:
    server = MisbehavingServer(behave)
    try:
        yield server
    finally:
        server.close()


def answering(*answers: bytes) -> Callable[[MisbehavingServer, socket.socket], None]:
    """Answer whole requests with these bytes, the last one again and again."""
    left = list(answers)

    def behave(server: MisbehavingServer, connection: socket.socket) -> None:
        while server.read(connection):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return behave
