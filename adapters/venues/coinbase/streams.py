"""Streams that reconnect by themselves: carries the commands of a session out on a transport."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Post
from adapters.venues.coinbase.bodies import subscribe_text, unsubscribe_text
from adapters.venues.coinbase.paginator import Draw, pause_ns
from adapters.venues.coinbase.session import (
    LOOK_EVERY_NS,
    Command,
    Commands,
    Connect,
    Decode,
    Drop,
    Look,
    Renew,
    Retry,
    Session,
    Subscribe,
    Tell,
)
from adapters.venues.transport.interface import StreamHandle, StreamKind, Transport
from domain.messages.market import SUBSCRIBED_ANEW
from domain.model.instants import Nanos

PRODUCTS_PER_MESSAGE = 50


def market_subscriptions(products: Sequence[str]) -> list[str]:
    """Return the messages that subscribe the public channels; heartbeats keep quiet ones open."""
    texts = [subscribe_text("heartbeats", ())]
    for channel in ("status", "market_trades", "level2"):
        for first in range(0, len(products), PRODUCTS_PER_MESSAGE):
            part = products[first : first + PRODUCTS_PER_MESSAGE]
            texts.append(subscribe_text(channel, part))
    return texts


def book_renewal(products: Sequence[str]) -> list[str]:
    """Return the messages that bring whole books of `products` on a connection that stands."""
    parts = [
        products[first : first + PRODUCTS_PER_MESSAGE]
        for first in range(0, len(products), PRODUCTS_PER_MESSAGE)
    ]
    say = (unsubscribe_text, subscribe_text)
    return [text("level2", part) for part in parts for text in say]


def user_subscriptions(token: Callable[[], str] | None) -> list[str]:
    """Return the messages that subscribe our orders, each with a fresh token."""
    return [
        subscribe_text(channel, (), None if token is None else token())
        for channel in ("user", "heartbeats")
    ]


class Stream:
    """One stream on wires.

    Calls come from actors, from the connection's own thread and from timers: the session takes
    one at a time, and what follows is done outside of the lock, as posting a frame may wait.
    """

    def __init__(
        self,
        kind: StreamKind,
        transport: Transport,
        post: Post,
        machine_ns: Callable[[], Nanos],
        decode: Decode,
        draw: Draw,
        *,
        silence_ns: int | None,
    ) -> None:
        self._kind = kind
        self._transport = transport
        self._post = post
        self._machine_ns = machine_ns
        self._draw = draw
        self._session = Session(kind.value, decode, silence_ns=silence_ns)
        self._lock = threading.Lock()
        self._connection = _Connection(self)
        self._reply_to = ReplyTo("")
        self._subscriptions: Callable[[], Iterable[str]] = tuple

    def open(self, reply_to: ReplyTo, subscriptions: Callable[[], Iterable[str]]) -> None:
        """Connect and stay connected; a second call replaces subscriptions and receiver."""
        self._reply_to = reply_to
        self._subscriptions = subscriptions
        self._do(lambda: self._session.begin(SUBSCRIBED_ANEW))

    def restart(self, reason: str) -> None:
        """Drop the present connection; a new one follows."""
        self._do(lambda: self._session.restart(reason))

    def close(self) -> None:
        """Disconnect for good."""
        self._do(lambda: self._session.end("closed by us"))

    def opened(self) -> None:
        """The connection stands."""
        self._do(lambda: self._session.opened(self._machine_ns()))

    def heard(self, data: bytes) -> None:
        """One frame came."""
        self._do(lambda: self._session.heard(data, self._machine_ns()))

    def closed(self, reason: str) -> None:
        """The connection is over."""
        self._do(lambda: self._session.closed(reason, self._machine_ns()))

    def _do(self, step: Callable[[], Commands]) -> None:
        with self._lock:
            commands = step()
        for command in commands:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Tell(message):
                self._post(self._reply_to, message)
            case Connect():
                connection = self._connection = _Connection(self)
                connection.handle = self._transport.open_stream(self._kind, connection)
            case Subscribe():
                self._connection.send(self._subscriptions())
            case Renew(products):
                self._connection.send(book_renewal(products))
            case Drop():
                self._connection.close()
            case Retry(failures):
                pause = pause_ns(failures, self._draw)
                self._transport.later(pause, lambda: self._do(self._session.connect))
            case Look(connection=number):
                self._transport.later(LOOK_EVERY_NS, lambda: self._look(number))

    def _look(self, number: int) -> None:
        self._do(lambda: self._session.look(number, self._machine_ns()))


class _Connection:
    """One connection; implements `StreamEvents`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.handle: StreamHandle | None = None

    def send(self, texts: Iterable[str]) -> None:
        """Send text frames."""
        assert self.handle is not None, "subscribed before it was open"
        for text in texts:
            self.handle.send(text)

    def close(self) -> None:
        """End the connection; one that does not stand yet is ended as soon as it does."""
        if self.handle is not None:
            self.handle.close()

    def opened(self, handle: StreamHandle) -> None:
        """The connection stands."""
        self.handle = handle
        self._stream.opened()

    def heard(self, data: bytes) -> None:
        """One frame came."""
        self._stream.heard(data)

    def closed(self, reason: str) -> None:
        """The connection is over."""
        self._stream.closed(reason)
