"""A raw recording as a venue: recorded frames word for word, the account from the engine.

A feed test. Frames go out at the market time of the recording with their `events` unchanged and
`sequence_num` counted anew on each connection. Market time stands at the recording's beginning
until a first client subscribes, and whoever subscribes later first gets what the channel has
had so far, so that nobody ever builds a book on a missing snapshot. Nothing can be ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.fault_hooks import Passage
from adapters.simulator.engine.wire import PREFIX, Refused, Request, Response
from adapters.simulator.recordings.playable import Frame
from adapters.simulator.stream_api import frames
from adapters.simulator.stream_api.connection import (
    DATA_NAMES,
    HEARTBEATS,
    USER,
    Connection,
    Verify,
)
from domain.model.instants import Nanos

_NO_ORDERS = Refused(400, "INVALID_ARGUMENT", "a recording is played; nothing can be ordered")


class Playback:
    """Plays recorded frames, in the order of the recording."""

    def __init__(
        self,
        engine: Engine,
        recorded: Sequence[Frame],
        products: Sequence[str],
        *,
        with_client_id: bool = True,
    ) -> None:
        self._with_client_id = with_client_id
        self._engine = engine
        self._frames = recorded
        self._products = tuple(products)
        self._next = 0
        self._stamp_ns: int = engine.now_ns
        self._connections: list[Connection] = []
        self.waits = True
        """Whether market time must stand: nobody has subscribed to the market yet."""
        while self._is_due(engine.now_ns):
            self._next += 1

    def next_due_ns(self) -> Nanos:
        """Return when the next frame or anything of the engine is due."""
        frame_ns = self._frames[self._next].at_ns if self._next < len(self._frames) else NEVER
        return min(frame_ns, self._engine.next_due_ns())

    def advance(self, now_ns: Nanos) -> None:
        """Send every frame up to `now_ns`."""
        self._engine.advance(now_ns)
        while self._is_due(now_ns):
            frame = self._frames[self._next]
            self._next += 1
            for connection in self._connections:
                if _wants(connection, frame):
                    self._send(connection, frame)

    def handle(self, request: Request) -> Response:
        """Answer one REST request; orders are refused."""
        if request.method == "POST" and request.path.startswith(f"{PREFIX}/orders"):
            return _NO_ORDERS.response()
        return self._engine.handle(request)

    def passage(self, request: Request) -> Passage:
        """Return what happens to a request."""
        return self._engine.passage(request)

    def connect(self, verify: Verify | None = None) -> Connection:
        """Begin a stream."""
        connection = Connection(self, verify, with_client_id=self._with_client_id)
        self._connections.append(connection)
        self._engine.hooks.streams.connected(connection)
        return connection

    def books(self) -> dict[str, Any]:
        """Return the engine's books: the opening balances."""
        return self._engine.books()

    def now_ns(self) -> int:
        """Return the time stamp of what is being sent."""
        return self._stamp_ns + self._engine.hooks.skew_ns

    def subscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Acknowledge, then send what the channel has had so far."""
        known = connection.subscriptions.setdefault(channel, [])
        fresh = [topic for topic in self._topics(channel, products) if topic not in known]
        known += fresh
        self._acknowledge(connection)
        if channel == USER:
            connection.send(USER, frames.user_event("snapshot", []))
            return
        self.waits = False
        for frame in self._frames[: self._next]:
            if _name(channel) == frame.channel and _concerns(frame, fresh):
                self._send(connection, frame)

    def unsubscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Stop sending and acknowledge."""
        known = connection.subscriptions.get(channel, [])
        gone = self._topics(channel, products) if products else list(known)
        left = [topic for topic in known if topic not in gone]
        connection.subscriptions[channel] = left
        if not left:
            del connection.subscriptions[channel]
        self._acknowledge(connection)

    def disconnect(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.remove(connection)

    def _is_due(self, now_ns: int) -> bool:
        return self._next < len(self._frames) and self._frames[self._next].at_ns <= now_ns

    def _topics(self, channel: str, products: list[str]) -> list[str]:
        if channel in (HEARTBEATS, USER):
            return [channel]
        return [name for name in dict.fromkeys(products) if name in self._products]

    def _acknowledge(self, connection: Connection) -> None:
        self._stamp_ns = self._engine.now_ns
        connection.send("subscriptions", frames.subscriptions_event(connection.subscriptions))

    def _send(self, connection: Connection, frame: Frame) -> None:
        self._stamp_ns = frame.at_ns
        connection.send(frame.channel, frame.events.removeprefix("[").removesuffix("]"))


def _name(channel: str) -> str:
    return DATA_NAMES.get(channel, channel)


def _concerns(frame: Frame, topics: Sequence[str]) -> bool:
    return bool(topics) and (
        not frame.products or any(product in topics for product in frame.products)
    )


def _wants(connection: Connection, frame: Frame) -> bool:
    return any(
        _name(channel) == frame.channel and _concerns(frame, topics)
        for channel, topics in connection.subscriptions.items()
    )
