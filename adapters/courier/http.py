"""One request over plain HTTP with an end that nobody can put off, whatever the other side does.

No redirect is followed, no proxy asked, and of an answer only its status is read.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 5.0
"""To connect, and between two pieces of an answer."""
WHOLE_S = 10.0
"""For all of it: a server that drips has no longer."""
REDIRECTS = range(300, 400)


def request(url: str, body: bytes | None = None, whole_s: float = WHOLE_S) -> str | None:
    """GET `url`, or POST `body` to it as JSON; return why it failed in words, None if it did not.

    Nothing of the URL and nothing of the answer is in the words.
    """
    try:
        connection = _connection(url)
    except ValueError:
        return "its URL can't be used"
    over = threading.Event()
    timer = threading.Timer(whole_s, _cut, (connection, over))
    timer.daemon = True
    timer.start()
    try:
        status = _asked(connection, url, body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"no answer within {whole_s:g} s" if over.is_set() else _words(error)
    finally:
        timer.cancel()
        connection.close()
    if status in REDIRECTS:
        return f"HTTP {status}: it points elsewhere, which is not followed"
    return None if status // 100 == 2 else f"HTTP {status}"


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=TIMEOUT_S, context=context
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)


def _asked(connection: http.client.HTTPConnection, url: str, body: bytes | None) -> int:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": "bulkhead", "Connection": "close"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request("GET" if body is None else "POST", path, body, headers)
    return connection.getresponse().status


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """End a request from outside: the thread that waits for it gets an error."""
    over.set()
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_S:g} s"
    if isinstance(error, socket.gaierror):
        return "its host is not known"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return f"no connection ({type(error).__name__})"
