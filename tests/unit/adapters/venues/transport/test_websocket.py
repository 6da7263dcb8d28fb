"""Claims about streams over sockets, against servers that misbehave."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.simulator.server.tls import server_context
from adapters.venues.transport import websocket as stream_transport
from adapters.venues.transport.endpoint import endpoint
from adapters.venues.transport.websocket import SocketStream
from tests.builders.waiting import wait_for
from tests.fakes.inbox import PATIENCE_S
from tests.fakes.listener import Listener
from tests.fakes.log import KeptLog
from tests.fakes.misbehaving_server import MisbehavingServer, misbehaving, read_request, reset

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Behave = Callable[[MisbehavingServer, socket.socket], None]


def greet(connection: socket.socket) -> bytes:
    """Answer the handshake and return the client's request."""
    request = read_request(connection)
    (key,) = (
        line.split(b": ")[1]
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    connection.sendall(
        b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return request


def framed(data: bytes, opcode: int = 1) -> bytes:
    """Return one server frame."""
    length = len(data)
    if length < 126:
        head = bytes([0x80 | opcode, length])
    elif length < 65536:
        head = bytes([0x80 | opcode, 126]) + struct.pack(">H", length)
    else:
        head = bytes([0x80 | opcode, 127]) + struct.pack(">Q", length)
    return head + data


def read_frame(connection: socket.socket) -> tuple[int, bytes]:
    """Return opcode and data of one short client frame."""
    head = connection.recv(2, socket.MSG_WAITALL)
    length = head[1] & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
    mask = connection.recv(4, socket.MSG_WAITALL)
    data = connection.recv(length, socket.MSG_WAITALL) if length else b""
    return head[0] & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))


def stream(url: str, listener: Listener, ca: Path | None = None) -> SocketStream:
    return SocketStream(endpoint(url, ("ws", "wss")), ca, listener, KeptLog())


def until_closed(behave: Behave, listener: Listener | None = None) -> Listener:
    """Run one connection until it ends by itself."""
    listener = listener or Listener()
    with misbehaving(behave) as server:
        stream(server.url.replace("http", "ws"), listener)
        listener.reason()
    return listener


def says(*frames: bytes) -> Behave:
    def behave(_: MisbehavingServer, connection: socket.socket) -> None:
        greet(connection)
        for frame in frames:
            connection.sendall(frame)
        connection.close()

    return behave


def test_text_frames_arrive_in_order_as_bytes() -> None:
    listener = until_closed(says(framed(b"one"), framed(b"two"), framed(b"\xff not UTF-8")))
    assert listener.frames == [b"one", b"two", b"\xff not UTF-8"]
    assert listener.opened_count == 1


def test_a_frame_in_pieces_is_one_frame() -> None:
    pieces = bytes([0x01, 3]) + b"abc" + bytes([0x80, 3]) + b"def"
    assert until_closed(says(pieces)).frames == [b"abcdef"]


def test_a_snapshot_of_eight_mebibytes_is_one_frame() -> None:
    big = b"x" * (8 * 1024 * 1024)
    (heard,) = until_closed(says(framed(big))).frames
    assert heard == big


def test_what_is_sent_when_it_opens_arrives_and_pings_are_answered() -> None:
    heard: list[tuple[int, bytes]] = []

    def behave(_: MisbehavingServer, connection: socket.socket) -> None:
        greet(connection)
        heard.append(read_frame(connection))
        connection.sendall(framed(b"are you there", 9))
        heard.append(read_frame(connection))
        connection.close()

    until_closed(behave, Listener(lambda handle: handle.send(json.dumps({"a": 1}))))
    assert heard == [(1, b'{"a": 1}'), (10, b"are you there")]


def test_a_close_frame_ends_the_stream_with_its_code() -> None:
    listener = until_closed(says(framed(struct.pack(">H", 1001) + b"bye", 8)))
    assert listener.reason() == "closed by the venue (1001)"


def greet_and_reset(_: MisbehavingServer, connection: socket.socket) -> None:
    greet(connection)
    reset(connection)


@pytest.mark.parametrize(
    "behave",
    [
        lambda _, connection: reset(connection),
        lambda _, connection: connection.close(),
        lambda _, connection: (
            read_request(connection),
            connection.sendall(b"HTTP/1.1 503 X\r\n\r\n"),
            connection.close(),
        ),
        lambda _, connection: (
            read_request(connection),
            connection.sendall(b"junk\r\n\r\n"),
            connection.close(),
        ),
        greet_and_reset,
        says(framed(b"abc", 2)),
        says(framed(b"abc")[:-1]),
        says(b"\xff\xff\xff\xff"),
    ],
    ids=["reset", "closed", "503", "junk", "reset-after-hello", "binary", "torn", "noise"],
)
def test_every_trouble_ends_the_stream_once_with_a_reason(behave: Behave) -> None:
    listener = until_closed(behave)
    assert listener.reason()
    assert listener.frames == []


def test_nobody_there_ends_the_stream() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    listener = Listener()
    stream(f"ws://127.0.0.1:{port}", listener)
    assert listener.reason() == "ConnectionRefusedError: Connection refused"
    assert listener.opened_count == 0


def test_silence_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_transport, "SILENCE_LIMIT_S", 0.2)

    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        greet(connection)
        server.is_over.wait(PATIENCE_S)

    assert until_closed(silent).reason() == "no frame for 0.2 s"


@pytest.mark.parametrize("is_greeted", [True, False])
def test_closing_cuts_a_stream_that_waits(is_greeted: bool) -> None:
    def silent(server: MisbehavingServer, connection: socket.socket) -> None:
        if is_greeted:
            greet(connection)
        server.is_over.wait()

    with misbehaving(silent) as server:
        listener = Listener()
        handle = stream(server.url.replace("http", "ws"), listener)
        wait_for(lambda: server.connections > 0 and listener.opened_count >= is_greeted)
        handle.close()
        assert listener.reason() == "closed by us"
        handle.close()
        handle.send("nobody hears this")


def test_a_continuation_that_fails_ends_the_stream_and_is_logged() -> None:
    class Failing(Listener):
        def heard(self, data: bytes) -> None:
            raise RuntimeError("canary")

    assert until_closed(says(framed(b"x")), Failing()).reason() == "frame not handled: RuntimeError"


@pytest.mark.req("SEC1")
def test_the_environment_can_not_redirect_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert until_closed(says(framed(b"x"))).frames == [b"x"]


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_stream_over_tls_needs_a_certificate_that_we_trust(
    is_trusted: bool, tmp_path: Path
) -> None:
    context = server_context(tmp_path / "ca.pem", tmp_path / "tls.key")

    def behave(server: MisbehavingServer, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, True) as tls:
            says(framed(b"x"))(server, tls)

    with misbehaving(behave) as server:
        listener = Listener()
        ca = tmp_path / "ca.pem" if is_trusted else None
        stream(server.url.replace("http", "wss"), listener, ca)
        assert ("SSLCertVerificationError" in listener.reason()) is not is_trusted
        assert listener.frames == [b"x"] * is_trusted
