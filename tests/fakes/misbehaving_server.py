"""A server on loopback that does with each connection what the test says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

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
