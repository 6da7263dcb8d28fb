"""A stream as a state machine: bytes and time in, commands out. No wires, no threads, no clock.

Who listens gets the frames of a connection in the venue's order without a hole, each once, books
whole before they change; or hears that the connection is over. What breaks that promise (a gap,
silence, what is no frame, the venue's own complaint) ends the connection, and a new one follows.

One connection lives at a time: the next is asked for when the one before has ended.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field, frozen

from adapters.venues.coinbase.codec import ErrorFrame
from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    MarketEvent,
    MarketFrame,
    StreamClosed,
    StreamOpened,
)
from domain.messages.venue import UserFrame
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId

STABLE_NS = 30 * SECOND
"""A connection that lived this long ends a series of failures (machine time)."""
SILENCE_NS = 10 * SECOND
"""Machine time without a frame after which a connection is given up."""
LOOK_EVERY_NS = SECOND
SNAPSHOT_AGAIN_NS = 5 * SECOND
"""Machine time between two requests for the snapshot of one book."""
MOST_LOST = 500
"""Books asked for anew at a time: more than we follow, whatever names the venue invents."""


@frozen
class Connect:
    """Open a connection → `opened`, `heard`, `closed`."""


@frozen
class Subscribe:
    """Send the messages that subscribe our channels."""


@frozen
class Renew:
    """Ask for whole books of these products anew, on the connection that stands."""

    products: tuple[ProductId, ...]


@frozen
class Tell:
    """Hand a message to who listens."""

    message: MarketFrame | UserFrame | StreamOpened | StreamClosed


@frozen
class Drop:
    """Close the connection → `closed`."""


@frozen
class Retry:
    """Wait, longer after more `failures` (from 0), then → `connect`."""

    failures: int


@frozen
class Look:
    """In a while → `look` at the silence of this connection."""

    connection: int


Command = Connect | Subscribe | Renew | Tell | Drop | Retry | Look
Commands = tuple[Command, ...]
Frame = MarketFrame | UserFrame | ErrorFrame
Decode = Callable[[bytes, int], Frame]


@define
class _Connection:
    """What is known of one connection; instants are machine time."""

    number: int
    opened_ns: int | None = None
    heard_ns: int = 0
    sequence: int = -1
    books: set[ProductId] = field(factory=set)
    lost: dict[ProductId, int] = field(factory=dict)
    """Books that can't be followed, and when to ask for a snapshot."""
    reason: str | None = None
    """Why it ends; from then on nothing it says counts."""
    is_told: bool = False


class Session:
    """One stream over the connections it takes, which are counted from 1.

    `now_ns` is machine time everywhere.
    """

    def __init__(self, stream: str, decode: Decode, *, silence_ns: int | None) -> None:
        """`silence_ns` is how long a connection may say nothing; None if that proves nothing."""
        self._stream = stream
        self._decode = decode
        self._silence_ns = silence_ns
        self._is_wanted = False
        self._failures = 0
        self._connection = _Connection(0)

    # What we want.

    def begin(self, reason: str) -> Commands:
        """Connect and stay connected; connected already, begin anew for this reason."""
        if self._is_wanted:
            return self.restart(reason)
        self._is_wanted = True
        return self.connect()

    def connect(self) -> Commands:
        """Open the next connection, unless nobody wants it any more."""
        if not self._is_wanted:
            return ()
        self._connection = _Connection(self._connection.number + 1)
        return (Connect(),)

    def restart(self, reason: str) -> Commands:
        """Give the present connection up for a reason of ours; frames on their way are dropped."""
        connection = self._connection
        connection.reason = connection.reason or reason
        return (Drop(),)

    def end(self, reason: str) -> Commands:
        """Disconnect for good."""
        self._is_wanted = False
        return self.restart(reason)

    # What the connection does.

    def opened(self, now_ns: Nanos) -> Commands:
        """The connection stands."""
        connection = self._connection
        if connection.reason is not None:
            return (Drop(),)
        connection.opened_ns = connection.heard_ns = now_ns
        opened = Tell(StreamOpened(self._stream, connection.number))
        return (opened, Subscribe(), *self._look_later())

    def heard(self, data: bytes, now_ns: Nanos) -> Commands:
        """One text frame came."""
        connection = self._connection
        if connection.reason is not None:
            return ()
        try:
            frame = self._decode(data, connection.number)
        except ProtocolBroken as error:
            return self._break(str(error))
        except Exception as error:  # noqa: BLE001 - as above, whatever the frame did to us
            return self._break(f"frame not understood: {type(error).__name__}")
        if isinstance(frame, ErrorFrame):
            return self._break(f"the venue says: {frame.text[:120]}")
        expected = connection.sequence + 1
        if frame.sequence < expected:
            return ()  # late, or twice: what it says has been overtaken
        if frame.sequence > expected:
            return self._break(f"sequence gap: expected {expected}, was {frame.sequence}")
        connection.sequence, connection.heard_ns = frame.sequence, now_ns
        return (Tell(_whole(frame, connection)),)

    def look(self, number: int, now_ns: Nanos) -> Commands:
        """Give a connection up that has been silent for too long."""
        connection = self._connection
        is_over = number != connection.number or connection.reason is not None
        if is_over or self._silence_ns is None:
            return ()
        silent_ns = now_ns - connection.heard_ns
        if silent_ns > self._silence_ns:
            return self._break(f"no frame for {silent_ns // SECOND} s")
        return (*_renewed(connection, now_ns), *self._look_later())

    def closed(self, reason: str, now_ns: Nanos) -> Commands:
        """The connection is over, or could not be made; nothing follows of it."""
        opened_ns = self._connection.opened_ns
        if opened_ns is not None and now_ns - opened_ns >= STABLE_NS:
            self._failures = 0
        told = self._tell_end(reason)
        if not self._is_wanted:
            return told
        self._failures += 1
        return (*told, Retry(self._failures - 1))

    def _break(self, reason: str) -> Commands:
        """End the connection; who listens must know before anything else happens."""
        return (*self._tell_end(reason), Drop())

    def _tell_end(self, reason: str) -> Commands:
        """Tell once that the connection is over, for the first reason there was."""
        connection = self._connection
        connection.reason = connection.reason or reason
        if connection.is_told:
            return ()
        connection.is_told = True
        return (Tell(StreamClosed(self._stream, connection.number, connection.reason)),)

    def _look_later(self) -> Commands:
        return () if self._silence_ns is None else (Look(self._connection.number),)


def _renewed(connection: _Connection, now_ns: Nanos) -> Commands:
    due = tuple(product for product, at_ns in connection.lost.items() if at_ns <= now_ns)
    connection.lost.update((product, now_ns + SNAPSHOT_AGAIN_NS) for product in due)
    return (Renew(due),) if due else ()


def _whole(frame: MarketFrame | UserFrame, connection: _Connection) -> MarketFrame | UserFrame:
    """Return `frame` without changes of books that are not known; snapshots make them so.

    Such changes belong to an older subscription, or to a book of which one could not be read.
    """
    if isinstance(frame, UserFrame):
        return frame
    books = connection.books
    events: list[MarketEvent] = []
    for event in frame.events:
        if isinstance(event, BookSnapshotSeen):
            books.add(event.product)
            connection.lost.pop(event.product, None)
        elif isinstance(event, BookLost):
            books.discard(event.product)
            if len(connection.lost) < MOST_LOST:
                connection.lost.setdefault(event.product, 0)
        if not isinstance(event, BookChanged) or event.product in books:
            events.append(event)
    return frame if len(events) == len(frame.events) else evolve(frame, events=tuple(events))
