"""Servers on loopback that take alerts: HTTP with answers as the test says, and SMTP."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "hook-S3cretT0ken"
"""Planted in URLs, to be looked for."""
MORE_SECRETS = ("planted-pAssw0rd", "query-T0ken-77")


class Sink:
    """What arrived, in order. `status` is what it answers, for as long as that is said."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.status = 204
        self.port = 0
        self.is_hanging = threading.Event()
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        """Its URL, with secrets wherever a URL may have them."""
        password, query = MORE_SECRETS
        return f"http://user:{password}@127.0.0.1:{self.port}/{SECRET}?token={query}"

    @property
    def ids(self) -> list[str]:
        """The ids of what arrived."""
        return [str(each["id"]) for each in self.documents]


@contextlib.contextmanager
def http_sink(port: int = 0) -> Iterator[Sink]:
    """Take alerts by HTTP as long as the block lasts."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sink.calls.append(self.path)
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            while sink.is_hanging.is_set() and not sink.is_over.wait(0.05):
                continue
            if sink.status // 100 == 2:
                sink.documents.append(json.loads(body))
            self._answer()

        def _answer(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.send_response(sink.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(1 << 40))
                self.end_headers()
                if sink.status != 204:
                    self.wfile.write(b"x" * (1 << 20))  # a huge body: nobody has to read it

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    sink.port = server.server_address[1]
    with _serving(server):
        try:
            yield sink
        finally:
            sink.is_over.set()


class MailSink:
    """Mails that arrived, whole."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where Apprise sends mail to it."""
        mail = f"mailto://127.0.0.1:{self.port}"
        return f"{mail}?from=trader@example.com&to=owner@example.com&mode=insecure"


def text_of(mail: Message) -> str:
    """Return the text of a mail, whatever it is wrapped in."""
    parts = [each.get_payload(decode=True) for each in mail.walk() if not each.is_multipart()]
    return "\n".join(each.decode() for each in parts if isinstance(each, bytes))


@contextlib.contextmanager
def mail_sink() -> Iterator[MailSink]:
    """Take mail by SMTP as long as the block lasts."""
    sink = MailSink()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 sink")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self._say("354 go on")
                    sink.mails.append(message_from_bytes(self._data()))
                self._say("221 bye" if verb == b"QUIT" else "250 ok")
                if verb == b"QUIT":
                    return

        def _data(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b"."))
            return b"".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.port = server.server_address[1]
    with _serving(server):
        yield sink


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
