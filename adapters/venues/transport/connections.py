"""HTTP connections that say when they are about to write, and can be cut from outside."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from adapters.venues.transport.deadlines import MachineClock
from adapters.venues.transport.interface import Gate
from domain.model.instants import MILLISECOND

IDLE_LIMIT_S = 20.0
"""A kept connection that was idle longer is opened anew: a server that closes it while we write
leaves a request behind whose outcome nobody knows."""
LEAVE_NS = 250 * MILLISECOND
"""A gate's yes is good for so long. A process that was stopped between the gate and the write, and
goes on minutes later, must not send what may long be forbidden."""


class Withheld(Exception):
    """The request did not leave and won't."""


class GateRefused(Withheld):
    """The gate said no; the text is its reason."""


class Wire:
    """What one lane's connection is doing, shared with the thread that watches the deadline.

    The connection is cut through a duplicate of its socket: TLS takes the original away.
    """

    def __init__(self, machine_ns: MachineClock) -> None:
        self._machine_ns = machine_ns
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._gate: Gate | None = None
        self._turn = 0
        self._is_running = False
        self._is_cut = False
        self._has_written = False
        self._asked_ns = 0

    @property
    def has_written(self) -> bool:
        """Whether any byte of the present request may have left."""
        return self._has_written

    def begin(self, gate: Gate | None) -> int:
        """Start a request and return its number; `gate` is asked right before the write."""
        with self._lock:
            self._turn += 1
            self._gate = gate
            self._is_running = True
            self._is_cut = self._has_written = False
            return self._turn

    def end(self) -> None:
        """The request is over: a late cut does nothing."""
        with self._lock:
            self._is_running = False
            self._gate = None

    def connected(self, connection: socket.socket) -> None:
        """Watch a new connection.

        Raises:
            Withheld: the request was cut meanwhile.
        """
        with self._lock:
            self._forget()
            self._socket = connection.dup()
            if self._is_cut:
                raise Withheld("the deadline came before the connection")

    def disconnected(self) -> None:
        """Stop to watch the connection unless an answer may still be read from it."""
        with self._lock:
            if not self._has_written or not self._is_running:
                self._forget()

    def asking(self) -> None:
        """Ask the gate.

        Raises:
            GateRefused: it says no.
        """
        self._asked_ns = self._machine_ns()
        refusal = self._ask()
        if refusal is not None:
            raise GateRefused(refusal)

    def leaving(self) -> None:
        """Let the next bytes of the request leave.

        Raises:
            Withheld: they must not.
        """
        with self._lock:
            if self._is_cut:
                raise Withheld("the deadline came before the request left")
            if self._gate is not None and self._machine_ns() - self._asked_ns > LEAVE_NS:
                raise Withheld("it was held up between the last gate and the wire")
            self._has_written = True

    def cut(self, turn: int) -> bool | None:
        """Shut the connection of a request down; return whether it had begun to leave.

        After this it can't begin to. None: it was over already.
        """
        with self._lock:
            if turn != self._turn or not self._is_running:
                return None
            self._is_cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
            return self._has_written

    def _ask(self) -> str | None:
        if self._gate is None:
            return None
        try:
            return self._gate()
        except Exception as error:  # noqa: BLE001 - a gate that fails is a gate that is shut
            return f"the last gate failed: {type(error).__name__}"

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Watched(HTTPConnection):
    """A connection of one lane."""

    wire: ClassVar[Wire]
    _used_s = 0.0

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        try:
            self.wire.connected(connection)
        except BaseException:
            connection.close()
            raise
        self._used_s = time.monotonic()
        return connection

    def close(self) -> None:
        """Close our end; a body that is still being read can be cut until it is read."""
        super().close()
        self.wire.disconnected()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Write a request on a fresh enough connection, if it still may leave."""
        if self.sock is not None and time.monotonic() - self._used_s > IDLE_LIMIT_S:
            self.close()
        if self.sock is None:
            self.connect()
        self.wire.asking()
        super().request(*args, **kwargs)
        self._used_s = time.monotonic()

    def send(self, data: Any) -> None:
        """Write bytes of a request, if they still may leave."""
        self.wire.leaving()
        super().send(data)


class LaneAdapter(HTTPAdapter):
    """An adapter with one connection, watched by `wire`; it never sends anything twice."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools of watched connections."""
        super().init_poolmanager(*args, **kwargs)
        plain = type("Plain", (_Watched,), {"wire": self._wire})
        tls = type("Tls", (_Watched, HTTPSConnection), {"wire": self._wire})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }
