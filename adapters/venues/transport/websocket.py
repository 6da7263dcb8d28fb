"""Streams over WebSocket: a thread a connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import websocket

from actors.kernel.ports import Log
from adapters.venues.transport.endpoint import Endpoint, trust_file
from adapters.venues.transport.http import cause_of
from adapters.venues.transport.interface import StreamEvents

CONNECT_LIMIT_S = 5.0
RECEIVE_BYTES = 64 * 1024
SILENCE_LIMIT_S = 10.0
"""The venue sends a heartbeat each second."""
_TEXT, _CLOSE = websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_CLOSE


class SocketStream:
    """One connection; it ends when the venue ends it, on silence, or by `close`."""

    def __init__(self, venue: Endpoint, ca: Path | None, events: StreamEvents, log: Log) -> None:
        self._venue = venue
        self._ca = ca
        self._events = events
        self._log = log
        self._lock = threading.Lock()
        self._raw: socket.socket | None = None
        self._client: websocket.WebSocket | None = None
        self._is_closed = False
        self._thread = threading.Thread(
            target=self._run, name=f"venue-stream-{venue.host}", daemon=True
        )
        self._thread.start()

    def send(self, text: str) -> None:
        """Send one text frame; a broken connection drops it and is noticed by the reader."""
        client = self._client
        if client is not None:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                client.send(text)

    def close(self) -> None:
        """End the connection; what is being read is cut."""
        with self._lock:
            self._is_closed = True
            if self._raw is not None:
                with contextlib.suppress(OSError):
                    self._raw.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            reason = self._live()
        except websocket.WebSocketTimeoutException:
            reason = f"no frame for {SILENCE_LIMIT_S:g} s"
        except (OSError, websocket.WebSocketException) as error:
            reason = cause_of(error)
        except Exception as error:  # noqa: BLE001 - a bad continuation ends this connection only
            self._log.error("a stream frame was not handled", error=type(error).__name__)
            reason = f"frame not handled: {type(error).__name__}"
        finally:
            self._release()
        self._events.closed("closed by us" if self._is_closed else reason)

    def _live(self) -> str:
        client = self._connect()
        client.settimeout(SILENCE_LIMIT_S)
        self._client = client
        self._events.opened(self)
        while True:
            kind, data = client.recv_data()
            if kind == _TEXT:
                self._events.heard(data)
            elif kind == _CLOSE:
                return f"closed by the venue ({int.from_bytes(data[:2], 'big')})"
            else:
                return "a frame that is no text"

    def _connect(self) -> websocket.WebSocket:
        raw = socket.create_connection((self._venue.hostname, self._venue.port), CONNECT_LIMIT_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Small on purpose: a trader that can't keep up is felt by the venue at once.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        with self._lock:
            # TLS takes the socket over; the duplicate can still shut the connection down.
            self._raw = raw.dup()
            if self._is_closed:
                raw.close()
                raise ConnectionAbortedError("closed before it was open")
        if self._venue.is_tls:
            context = ssl.create_default_context(cafile=trust_file(self._ca))
            raw = context.wrap_socket(raw, server_hostname=self._venue.hostname)
        return websocket.create_connection(
            f"{self._venue.url}/",
            timeout=CONNECT_LIMIT_S,
            socket=raw,
            skip_utf8_validation=True,  # the JSON decoder checks
            enable_multithread=True,
        )

    def _release(self) -> None:
        with self._lock:
            if self._raw is not None:
                with contextlib.suppress(OSError):
                    self._raw.shutdown(socket.SHUT_RDWR)
                self._raw.close()
                self._raw = None
        if self._client is not None:
            self._client.shutdown()  # type: ignore[no-untyped-call]
