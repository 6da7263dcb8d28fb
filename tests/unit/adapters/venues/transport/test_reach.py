"""The way to a host: found, refused, or not who it should be."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.server.tls import server_context
from adapters.venues.transport.endpoint import Endpoint
from adapters.venues.transport.reach import reach
from domain.model.errors import Unreachable
from tests.fakes.misbehaving_server import MisbehavingServer, misbehaving


def at(port: int, scheme: str = "http", host: str = "127.0.0.1") -> Endpoint:
    return Endpoint(scheme, f"{host}:{port}", "")


def says_nothing(server: MisbehavingServer, connection: socket.socket) -> None:
    del connection
    server.is_over.wait()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Yield the port of a host with a certificate of its own, and the file that vouches for it."""
    ca = tmp_path / "ca.pem"
    context = server_context(ca, tmp_path / "tls.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(1)
            except (ssl.SSLError, OSError):
                raw.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], ca
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_host_without_tls_is_reached_by_a_connection() -> None:
    with misbehaving(says_nothing) as server:
        found = reach(at(server.port))

    assert (found.address, found.tls) == ("127.0.0.1", "")


def test_a_host_with_tls_says_which_and_how_long_its_certificate_lasts(
    secure: tuple[int, Path],
) -> None:
    port, ca = secure
    found = reach(at(port, "https"), ca)

    assert found.tls == "TLSv1.3"
    assert found.valid_to.endswith("GMT")


def test_one_that_nobody_vouches_for_is_not_reached(secure: tuple[int, Path]) -> None:
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        reach(at(secure[0], "https"))


def test_one_that_is_silent_ends_in_time() -> None:
    with misbehaving(says_nothing) as server, pytest.raises(Unreachable, match="no answer in time"):
        reach(at(server.port, "https"), within_s=0.05)


def test_one_that_speaks_no_tls_or_is_not_there_is_said() -> None:
    def speaks_http(server: MisbehavingServer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        server.is_over.wait()

    with misbehaving(speaks_http) as server, pytest.raises(Unreachable, match="no TLS with"):
        reach(at(server.port, "https"))
    with pytest.raises(Unreachable, match=r"nobody answers at 127\.0\.0\.1:9: Connection refused"):
        reach(at(9))
    with pytest.raises(Unreachable, match=r"the name a\.invalid is not found"):
        reach(at(80, host="a.invalid"))
