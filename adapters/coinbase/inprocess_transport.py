"""The same protocol without sockets: requests and frames to an engine in this process.

For the virtual runtime: everything happens in calls of its scheduler, after fixed latencies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from adapters.coinbase.transport import (
    Answer,
    Fault,
    Gate,
    Lane,
    NoAnswer,
    OnAnswer,
    Query,
    StreamEvents,
    StreamHandle,
    StreamKind,
)
from domain.instants import MILLISECOND, Nanos

REQUEST_LATENCY_NS = 2 * MILLISECOND
STREAM_LATENCY_NS = MILLISECOND
_NEVER = 2**63 - 1

After = Callable[[int, Callable[[], None]], None]
"""Runs a call once virtual time has advanced by so many nanoseconds."""
Ask = Callable[[str, str, Mapping[str, Sequence[str]], bytes], tuple[int, bytes]]
"""Answers (method, path, query, body) with (status, body)."""


class ConnectionLike(Protocol):
    """A stream of the engine."""

    def receive(self, text: str) -> None:
        """Act on a text frame of ours."""

    def take(self) -> list[bytes]:
        """Return the frames that wait."""

    def close(self) -> None:
        """End the connection."""


class EngineLike(Protocol):
    """A venue engine that plays its market when told the time."""

    def advance(self, now_ns: Nanos) -> None:
        """Play everything due."""

    def next_due_ns(self) -> Nanos:
        """Return when something happens next."""


class InProcessTransport:
    """Implements `Transport`; one clock plays all three.

    A request's gate is asked when it would be written; it reaches the engine half its latency
    later. Deadlines never come: the engine always answers.
    """

    def __init__(
        self,
        engine: EngineLike,
        ask: Ask,
        connect: Callable[[], ConnectionLike],
        after: After,
        now_ns: Callable[[], Nanos],
    ) -> None:
        """`connect` returns a new stream of the engine that trusts us without a token."""
        self._engine = engine
        self._ask = ask
        self._connect_engine = connect
        self._after = after
        self._now_ns = now_ns
        self._streams: list[_Stream] = []
        self._wake_ns = _NEVER
        self._is_closed = False

    def request(
        self,
        lane: Lane,
        method: str,
        path: str,
        query: Query,
        body: bytes,
        deadline_ns: int,
        on_answer: OnAnswer,
        gate: Gate | None = None,
    ) -> None:
        """Answer a request after its latency."""
        del lane, deadline_ns

        def leave() -> None:
            refusal = "the connection to the venue is closed" if self._is_closed else None
            if refusal is None and gate is not None:
                refusal = gate()
            if refusal is not None:
                on_answer(NoAnswer(Fault.REFUSED, refusal, self._now_ns()))
                return
            self._after(REQUEST_LATENCY_NS // 2, arrive)

        def arrive() -> None:
            self._engine.advance(self._now_ns())
            status, answer = self._ask(method, path, _mapping(query), body)
            self.pump()
            back_ns = REQUEST_LATENCY_NS - REQUEST_LATENCY_NS // 2
            self._after(back_ns, lambda: on_answer(Answer(status, answer, self._now_ns())))

        self._after(0, leave)

    def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
        """Connect after the stream latency."""
        del kind
        stream = _Stream(self, events)
        self._after(STREAM_LATENCY_NS, lambda: self._connect(stream))
        return stream

    def later(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Call back after virtual time has passed."""
        self._after(delay_ns, call)

    def close(self) -> None:
        """Refuse what is asked from now on and end all streams."""
        self._is_closed = True
        for stream in tuple(self._streams):
            stream.close()

    def pump(self) -> None:
        """Send waiting frames on their way, and wake up when the engine has something next."""
        for stream in self._streams:
            stream.pump()
        if self._streams:
            due_ns = self._engine.next_due_ns()
            if due_ns < self._wake_ns:
                self._wake_ns = due_ns
                self._after(max(0, due_ns - self._now_ns()), lambda: self._wake(due_ns))

    def tell(self, connection: ConnectionLike, text: str) -> None:
        """Let the engine act on a text of ours now."""
        self._engine.advance(self._now_ns())
        connection.receive(text)
        self.pump()

    def deliver_later(self, call: Callable[[], None]) -> None:
        """Run `call` after the stream latency."""
        self._after(STREAM_LATENCY_NS, call)

    def forget(self, stream: _Stream) -> None:
        """Take a stream out that is over."""
        if stream in self._streams:
            self._streams.remove(stream)

    def _connect(self, stream: _Stream) -> None:
        if self._is_closed:
            stream.close()
        if not stream.is_closed:
            self._engine.advance(self._now_ns())
            self._streams.append(stream)
            stream.connected(self._connect_engine())

    def _wake(self, due_ns: int) -> None:
        if self._wake_ns != due_ns:
            return  # an earlier date came in between and has set the next one
        self._wake_ns = _NEVER
        self._engine.advance(self._now_ns())
        self.pump()


class _Stream:
    """One connection; implements `StreamHandle`."""

    def __init__(self, transport: InProcessTransport, events: StreamEvents) -> None:
        self._transport = transport
        self._events = events
        self._connection: ConnectionLike | None = None
        self.is_closed = False

    def connected(self, connection: ConnectionLike) -> None:
        """Take the engine's end over."""
        self._connection = connection
        self._events.opened(self)

    def send(self, text: str) -> None:
        """Send a text frame."""
        if self._connection is not None and not self.is_closed:
            self._transport.tell(self._connection, text)

    def close(self) -> None:
        """End the connection; frames on their way are dropped."""
        if self.is_closed:
            return
        self.is_closed = True
        if self._connection is not None:
            self._connection.close()
        self._transport.forget(self)
        self._transport.deliver_later(lambda: self._events.closed("closed by us"))

    def pump(self) -> None:
        """Send the frames that wait on their way, in one batch."""
        frames = self._connection.take() if self._connection is not None else []
        if frames:
            self._transport.deliver_later(lambda: self._deliver(frames))

    def _deliver(self, frames: list[bytes]) -> None:
        for frame in frames:
            if not self.is_closed:
                self._events.heard(frame)


def _mapping(query: Query) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for key, value in query:
        values.setdefault(key, []).append(value)
    return values
