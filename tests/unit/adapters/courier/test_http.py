"""One request with an end: what the other side does is told in words, and nothing of the URL."""

from __future__ import annotations

import socket

import pytest

from adapters.courier.http import request
from tests.fakes.alert_sinks import MORE_SECRETS, SECRET, http_sink
from tests.fakes.misbehaving_server import MisbehavingServer, answering, http, misbehaving, reset

pytestmark = pytest.mark.req("AL1", "SEC1")


def asked(server: MisbehavingServer, whole_s: float = 5.0) -> str | None:
    failure = request(f"{server.url}/{SECRET}", b"{}", whole_s)
    assert failure is None or not any(each in failure for each in (SECRET, *MORE_SECRETS))
    return failure


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (204, None),
        (404, "HTTP 404"),
        (500, "HTTP 500"),
        (302, "HTTP 302: it points elsewhere, which is not followed"),
    ],
)
def test_only_the_status_counts(status: int, failure: str | None) -> None:
    with misbehaving(answering(http(status, b"x" * 100_000))) as server:
        assert asked(server) == failure
        assert server.connections == 1


def test_what_a_url_says_of_a_user_is_sent_as_it_should_be() -> None:
    with misbehaving(answering(http(200, b""))) as server:
        url = server.url.replace("//", "//us%40er:pass@") + "/hook?a=b"
        assert request(url, b'{"a": 1}') is None
        (sent,) = server.requests

    assert sent.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert b"Authorization: Basic dXNAZXI6cGFzcw==\r\n" in sent
    assert sent.endswith(b'{"a": 1}')


def test_without_a_body_it_is_a_get() -> None:
    with http_sink() as sink:
        assert request(sink.url) is None

    assert len(sink.calls) == 1


def drip(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    while not server.is_over.wait(0.02):
        connection.sendall(b"H")


def hang(server: MisbehavingServer, connection: socket.socket) -> None:
    server.read(connection)
    server.is_over.wait()


@pytest.mark.parametrize("behave", [drip, hang])
def test_a_server_that_never_ends_has_no_more_time_than_that(behave: object) -> None:
    assert callable(behave)
    with misbehaving(behave) as server:
        assert asked(server, 0.3) == "no answer within 0.3 s"


def test_no_connection_is_told_in_words() -> None:
    with misbehaving(lambda _, connection: reset(connection)) as server:
        assert "no connection" in (asked(server) or "")
    assert asked(server) == "nobody listens there"


@pytest.mark.parametrize("answer", [b"", b"\xff" * 70_000, b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_none_is_told_in_words(answer: bytes) -> None:
    def nonsense(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(answer)
        connection.close()

    with misbehaving(nonsense) as server:
        assert "no connection" in (asked(server) or "")


@pytest.mark.parametrize("url", ["http://", "http://x.example:99999/", "http://[", "http:///x"])
def test_a_url_that_is_none_is_told_in_words(url: str) -> None:
    assert request(url) == "its URL can't be used"


def test_a_server_without_tls_is_told_in_words() -> None:
    with misbehaving(lambda _, connection: connection.sendall(http(200, b""))) as server:
        failure = request(server.url.replace("http:", "https:"))

    assert failure == "its certificate is not trusted, or it speaks no TLS"
