"""Streams that reconnect by themselves: which connection, what to subscribe, when to try again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import SUBSCRIBED_ANEW, Post
from adapters.venues.coinbase.bodies import subscribe_text
from adapters.venues.coinbase.codec import ErrorFrame
from adapters.venues.coinbase.paginator import Draw, pause_ns
from adapters.venues.transport.interface import StreamHandle, StreamKind, Transport
from domain.messages.market import MarketFrame, StreamClosed, StreamOpened
from domain.messages.venue import UserFrame
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND

STABLE_NS = 30 * SECOND
"""A connection that lived this long ends a series of failures."""
PRODUCTS_PER_MESSAGE = 50

Decode = Callable[[bytes, int], MarketFrame | UserFrame | ErrorFrame]


def market_subscriptions(products: Sequence[str]) -> list[str]:
    """Return the messages that subscribe the public channels; heartbeats keep quiet ones open."""
    texts = [subscribe_text("heartbeats", ())]
    for channel in ("market_trades", "level2"):
        for first in range(0, len(products), PRODUCTS_PER_MESSAGE):
            part = products[first : first + PRODUCTS_PER_MESSAGE]
            texts.append(subscribe_text(channel, part))
    return texts


def user_subscriptions(token: Callable[[], str] | None) -> list[str]:
    """Return the messages that subscribe our orders, each with a fresh token."""
    return [
        subscribe_text(channel, (), None if token is None else token())
        for channel in ("user", "heartbeats")
    ]


class StreamSession:
    """One stream over the connections it takes; connections are counted from 1."""

    def __init__(
        self,
        kind: StreamKind,
        transport: Transport,
        post: Post,
        machine_ns: Callable[[], int],
        decode: Decode,
        draw: Draw,
    ) -> None:
        self._kind = kind
        self._transport = transport
        self._post = post
        self._machine_ns = machine_ns
        self._decode = decode
        self._draw = draw
        self._reply_to = ReplyTo("")
        self._subscriptions: Callable[[], Iterable[str]] = tuple
        self._number = 0
        self._failures = 0
        self._connection: _Connection | None = None
        self._is_open = False

    def open(self, reply_to: ReplyTo, subscriptions: Callable[[], Iterable[str]]) -> None:
        """Connect and stay connected; a second call replaces subscriptions and receiver."""
        self._reply_to = reply_to
        self._subscriptions = subscriptions
        if self._is_open:
            self.restart(SUBSCRIBED_ANEW)
            return
        self._is_open = True
        self._connect()

    def restart(self, reason: str) -> None:
        """Drop the present connection; a new one follows."""
        connection = self._connection
        if connection is not None:
            connection.end(reason)

    def close(self) -> None:
        """Disconnect for good."""
        self._is_open = False
        self.restart("closed by us")

    def _connect(self) -> None:
        if not self._is_open:
            return
        self._number += 1
        connection = self._connection = _Connection(self, self._number)
        connection.handle = self._transport.open_stream(self._kind, connection)

    def opened(self, connection: _Connection, handle: StreamHandle) -> None:
        """Tell and subscribe."""
        connection.opened_ns = self._machine_ns()
        self._post(self._reply_to, StreamOpened(self._kind.value, connection.number))
        for text in self._subscriptions():
            handle.send(text)

    def heard(self, connection: _Connection, data: bytes) -> None:
        """Pass a frame on; what is no frame ends the connection: its numbers have a hole now."""
        try:
            frame = self._decode(data, connection.number)
        except ProtocolBroken as error:
            connection.end(str(error))
            return
        except Exception as error:  # noqa: BLE001 - as above, whatever the frame did to us
            connection.end(f"frame not understood: {type(error).__name__}")
            return
        if isinstance(frame, ErrorFrame):
            connection.end(f"the venue says: {frame.text[:120]}")
        else:
            self._post(self._reply_to, frame)

    def closed(self, connection: _Connection, reason: str) -> None:
        """Tell, and try again after a pause."""
        opened_ns = connection.opened_ns
        if opened_ns is not None and self._machine_ns() - opened_ns >= STABLE_NS:
            self._failures = 0
        self._post(self._reply_to, StreamClosed(self._kind.value, connection.number, reason))
        if self._is_open:
            self._transport.later(pause_ns(self._failures, self._draw), self._connect)
            self._failures += 1


class _Connection:
    """The events of one connection, with its number."""

    def __init__(self, session: StreamSession, number: int) -> None:
        self._session = session
        self.number = number
        self.handle: StreamHandle | None = None
        self.opened_ns: int | None = None
        self._reason: str | None = None

    def end(self, reason: str) -> None:
        """Close the connection for a reason of ours; frames on their way are dropped."""
        self._reason = self._reason or reason
        if self.handle is not None:
            self.handle.close()

    def opened(self, handle: StreamHandle) -> None:
        """The connection stands."""
        self.handle = handle
        if self._reason is not None:
            handle.close()
        else:
            self._session.opened(self, handle)

    def heard(self, data: bytes) -> None:
        """One frame came."""
        if self._reason is None:
            self._session.heard(self, data)

    def closed(self, reason: str) -> None:
        """The connection is over."""
        self._session.closed(self, self._reason or reason)
