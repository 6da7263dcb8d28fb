"""The seam between protocol and wires: the same client runs over sockets and in process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Protocol

from attrs import frozen

from domain.model.instants import Nanos

Query = tuple[tuple[str, str], ...]
"""Keys and values in order; a key may repeat."""


class RequestLane(Enum):
    """Lanes do not wait for each other. Of one lane as many requests are on their way as it is
    wide, the others leave one after the other. Orders go by the lane named as their purpose.
    """

    ENTRY = "entry"
    EXIT = "exit"
    """Sales of owned lots: neither an unanswered entry nor another sale holds one up."""
    PROTECTION = "protection"
    """Stops of owned lots: an unanswered entry does not hold them up, nor do they a sale."""
    CANCEL = "cancel"
    """A venue that answers one cancel late must not keep the others from leaving."""
    QUERY = "query"
    """A list that hangs must not keep the others from being asked for."""
    PUBLIC = "public"
    """Without a key."""


LANE_WIDTHS = {
    RequestLane.ENTRY: 1,
    RequestLane.EXIT: 8,
    RequestLane.PROTECTION: 2,
    RequestLane.CANCEL: 4,
    RequestLane.QUERY: 4,
    RequestLane.PUBLIC: 1,
}
"""How many requests of a lane may wait for their answers at the same time."""
QUEUE_LIMITS = {
    RequestLane.ENTRY: 64,
    RequestLane.EXIT: 64,
    RequestLane.PROTECTION: 64,
    RequestLane.CANCEL: 64,
    RequestLane.QUERY: 512,
    RequestLane.PUBLIC: 1024,
}
"""How many of a lane may wait to leave."""


class StreamKind(Enum):
    """The two streams."""

    MARKET = "market"
    USER = "user"


class TransportFailure(Enum):
    """Why there is no answer, and what that means for what was asked."""

    REFUSED = auto()
    """The gate said no, or we are closed: it never leaves."""
    FULL = auto()
    """The lane has too much to do: it did not leave."""
    NOT_SENT = auto()
    """No connection: it did not leave."""
    LIMITED = auto()
    """The venue's limit of requests leaves it no room: it did not leave."""
    LOST = auto()
    """It left, or part of it; nobody knows what became of it."""


PACE_HEADERS = (
    "date",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
"""What is kept of an answer's headers: how fast the venue wants to be asked."""
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@frozen
class Answer:
    """An HTTP answer of any status. `ended_ns` is machine time when nothing more could leave.

    `headers` has those of `PACE_HEADERS` that it came with.
    """

    status: int
    body: bytes
    ended_ns: Nanos
    headers: Mapping[str, str] = NO_HEADERS


@frozen
class NoAnswer:
    """No HTTP answer. `reason` is for people and holds no secret."""

    fault: TransportFailure
    reason: str
    ended_ns: Nanos


OnAnswer = Callable[[Answer | NoAnswer], None]
Gate = Callable[[], str | None]
"""Asked in the lane when the connection stands, directly before the write; a text refuses."""


class RequestSigner(Protocol):
    """Vouches for a request; every venue has its own way."""

    def request_token(self, method: str, host: str, path: str) -> str:
        """Return a bearer token for exactly this request; `path` has no query."""


class StreamHandle(Protocol):
    """One connection of a stream."""

    def send(self, text: str) -> None:
        """Send one text frame; on a broken connection it is dropped and `on_close` follows."""

    def close(self) -> None:
        """End the connection; `on_close` follows unless it was called already."""


class StreamEvents(Protocol):
    """What a connection tells; never two calls at a time."""

    def opened(self, handle: StreamHandle) -> None:
        """The connection stands."""

    def heard(self, data: bytes) -> None:
        """One text frame came."""

    def closed(self, reason: str) -> None:
        """It could not be made, or is over; nothing follows."""


class Transport(Protocol):
    """Carries requests and streams. No call blocks; answers come on any thread."""

    def request(
        self,
        lane: RequestLane,
        method: str,
        path: str,
        query: Query,
        body: bytes,
        deadline_ns: int,
        on_answer: OnAnswer,
        gate: Gate | None = None,
    ) -> None:
        """Send a request once and call `on_answer` exactly once.

        `path` is complete (/api/v3/…); `deadline_ns` is machine time from leaving the queue to
        the last byte of the answer.
        """

    def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
        """Open one connection; it does not reconnect by itself."""

    def later(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Call back after machine time has passed; `call` must not block."""

    def close(self) -> None:
        """End everything; what waits is answered as refused."""
