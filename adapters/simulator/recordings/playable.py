"""What the server needs of whatever it serves: the matching engine or a played recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from adapters.simulator.engine.fault_hooks import Passage
from adapters.simulator.engine.wire import Request, Response
from domain.model.instants import Nanos
from domain.model.product import ProductId

Verify = Callable[[str], bool]
"""Tells whether a JWT from a subscribe message proves a key that may view."""


class PlayedStream(Protocol):
    """One client's stream, without any socket."""

    closed: bool
    """Whether the venue has ended this stream."""
    close_code: int
    """How it ended it; 1006: cut off without a word."""
    subscriptions: dict[str, list[str]]
    """Channel → topics."""

    def receive(self, text: str) -> None:
        """Take one message from the client."""

    def take(self) -> list[bytes]:
        """Return the frames queued since the last call, oldest first."""

    def close(self) -> None:
        """Forget the client."""


class Playable(Protocol):
    """A venue without I/O that is driven by market time."""

    def next_due_ns(self) -> Nanos:
        """Return when `advance` has something to do next."""

    def advance(self, now_ns: Nanos) -> None:
        """Play everything that is due up to `now_ns`."""

    def handle(self, request: Request) -> Response:
        """Answer one REST request."""

    def passage(self, request: Request) -> Passage:
        """Return what happens to a request on its way and to its answer."""

    def connect(self, verify: Verify) -> PlayedStream:
        """Begin a stream; `verify` judges the tokens in its messages."""

    def books(self) -> dict[str, Any]:
        """Return accounts, orders and fills as the venue knows them."""


class Frame(Protocol):
    """One recorded frame; `channel` is its own name for it, such as l2_data."""

    @property
    def at_ns(self) -> Nanos:
        """The venue's time stamp."""

    @property
    def channel(self) -> str:
        """The name in the frame."""

    @property
    def products(self) -> Sequence[ProductId]:
        """Whom it concerns; empty for heartbeats."""

    @property
    def events(self) -> str:
        """The text of the `events` array, exactly as recorded."""
