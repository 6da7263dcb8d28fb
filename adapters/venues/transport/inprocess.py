"""The same protocol without sockets: requests and frames to an engine in this process.

For the virtual runtime: everything happens in calls of its scheduler, after fixed latencies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from adapters.venues.transport.interface import (
    LANE_WIDTHS,
    Answer,
    Gate,
    NoAnswer,
    OnAnswer,
    Query,
    RequestLane,
    StreamEvents,
    StreamHandle,
    StreamKind,
    TransportFailure,
)
from domain.model.instants import MILLISECOND, Nanos

REQUEST_LATENCY_NS = 2 * MILLISECOND
STREAM_LATENCY_NS = MILLISECOND
_NEVER = 2**63 - 1

After = Callable[[int, Callable[[], None]], None]
"""Runs a call once virtual time has advanced by so many nanoseconds."""


Reply = tuple[int, bytes, Mapping[str, str]]
"""Status, body, and headers by lower-case names."""


@frozen(kw_only=True)
class Errand:
    """A request at the venue's door. `run` lets the venue have it; None: there is no answer.

    `before_ns` passes before the venue gets it, `after_ns` before its answer leaves. Without an
    answer the connection is reset if `is_reset`, else nothing comes until the deadline.
    """

    run: Callable[[], Reply | None]
    before_ns: int = 0
    after_ns: int = 0
    is_reset: bool = False


Ask = Callable[[str, str, Mapping[str, Sequence[str]], bytes], Errand]
"""Takes (method, path, query, body) in."""


class ConnectionLike(Protocol):
    """A stream of the engine."""

    closed: bool
    """Whether the venue has ended it."""
    close_code: int

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
    """Implements `Transport`; the engine lives in market time, the wire in machine time.

    A request's gate is asked when it would be written; it reaches the engine half its latency
    later. What has not come back by the deadline is lost, whatever becomes of it at the venue.
    Lanes are as wide as over sockets; that a queue is full or a connection slow is not played.
    """

    def __init__(
        self,
        engine: EngineLike,
        ask: Ask,
        connect: Callable[[], ConnectionLike],
        after: After,
        market_ns: Callable[[], Nanos],
        machine_ns: Callable[[], Nanos],
    ) -> None:
        """`connect` returns a new stream of the engine that trusts us without a token."""
        self._engine = engine
        self._ask = ask
        self._connect_engine = connect
        self._after = after
        self._market_ns = market_ns
        self.machine_ns = machine_ns
        self._lanes = {lane: _Turns(LANE_WIDTHS[lane]) for lane in RequestLane}
        self._streams: list[_Stream] = []
        self._wake_ns = _NEVER
        self._is_closed = False

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
        """Answer a request after its latency, or at its deadline, once its lane has room."""
        left_ns = deadline_ns - REQUEST_LATENCY_NS // 2
        journey = _Journey(self, left_ns, self._lanes[lane].freed_by(on_answer))

        def leave() -> None:
            refusal = "the connection to the venue is closed" if self._is_closed else None
            if refusal is None and gate is not None:
                refusal = gate()
            if refusal is not None:
                journey.end(NoAnswer(TransportFailure.REFUSED, refusal, self.machine_ns()))
                return
            self._after(REQUEST_LATENCY_NS // 2, arrive)

        def arrive() -> None:
            self._engine.advance(self._market_ns())
            journey.arrive(self._ask(method, path, _mapping(query), body))

        self._lanes[lane].enter(lambda: self._after(0, leave))

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
        for stream in tuple(self._streams):
            stream.pump()
        if self._streams:
            due_ns = self._engine.next_due_ns()
            if due_ns < self._wake_ns:
                self._wake_ns = due_ns
                self._after(max(0, due_ns - self._market_ns()), lambda: self._wake(due_ns))

    def carry_out(self, errand: Errand) -> Reply | None:
        """Let the engine have a request now; return its answer."""
        self._engine.advance(self._market_ns())
        found = errand.run()
        self.pump()
        return found

    def tell(self, connection: ConnectionLike, text: str) -> None:
        """Let the engine act on a text of ours now."""
        self._engine.advance(self._market_ns())
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
            self._engine.advance(self._market_ns())
            self._streams.append(stream)
            stream.connected(self._connect_engine())

    def _wake(self, due_ns: int) -> None:
        if self._wake_ns != due_ns:
            return  # an earlier date came in between and has set the next one
        self._wake_ns = _NEVER
        self._engine.advance(self._market_ns())
        self.pump()


class _Turns:
    """So many requests of a lane are on their way at a time; the others wait in their order."""

    def __init__(self, width: int) -> None:
        self._room = width
        self._waiting: deque[Callable[[], None]] = deque()

    def enter(self, start: Callable[[], None]) -> None:
        """Start a request now, or when its turn comes."""
        if self._room:
            self._room -= 1
            start()
        else:
            self._waiting.append(start)

    def freed_by(self, on_answer: OnAnswer) -> OnAnswer:
        """Return `on_answer` that lets the next request go when it is done."""

        def answered(answer: Answer | NoAnswer) -> None:
            try:
                on_answer(answer)
            finally:
                self._leave()

        return answered

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._room += 1


class _Journey:
    """What becomes of one request after it has arrived; it is answered once."""

    def __init__(self, transport: InProcessTransport, left_ns: int, on_answer: OnAnswer) -> None:
        self._transport = transport
        self._left_ns = left_ns
        self._on_answer: OnAnswer | None = on_answer

    def arrive(self, errand: Errand) -> None:
        """Let the venue have the request, now or later."""
        later = self._transport.later
        if errand.before_ns or errand.after_ns:
            later(self._left_ns, self._expire)
        if errand.before_ns:
            later(errand.before_ns, lambda: self._run(errand))
        else:
            self._run(errand)

    def end(self, answer: Answer | NoAnswer) -> None:
        """Hand over the first answer; what comes later is dropped."""
        on_answer, self._on_answer = self._on_answer, None
        if on_answer is not None:
            on_answer(answer)

    def _run(self, errand: Errand) -> None:
        later, machine_ns = self._transport.later, self._transport.machine_ns
        found = self._transport.carry_out(errand)
        back_ns = errand.after_ns + REQUEST_LATENCY_NS - REQUEST_LATENCY_NS // 2
        if found is not None:
            status, body, headers = found
            later(back_ns, lambda: self.end(Answer(status, body, machine_ns(), headers)))
        elif errand.is_reset:
            later(back_ns, lambda: self._lose("connection reset"))
        else:
            later(self._left_ns, self._expire)

    def _lose(self, reason: str) -> None:
        self.end(NoAnswer(TransportFailure.LOST, reason, self._transport.machine_ns()))

    def _expire(self) -> None:
        self._lose("no answer before the deadline")


class _Stream:
    """One connection; implements `StreamHandle`."""

    def __init__(self, transport: InProcessTransport, events: StreamEvents) -> None:
        self._transport = transport
        self._events = events
        self._connection: ConnectionLike | None = None
        self.is_closed = False

    def connected(self, connection: ConnectionLike) -> None:
        """Take the engine's end over, unless it is closed: then the venue refuses."""
        self._connection = connection
        if connection.closed:
            self.ended(connection)
        else:
            self._events.opened(self)

    def ended(self, connection: ConnectionLike) -> None:
        """The venue has ended the connection; frames on their way still come."""
        self._transport.forget(self)

        def tell() -> None:
            if not self.is_closed:
                self.is_closed = True
                self._events.closed(f"closed by the venue ({connection.close_code})")

        self._transport.deliver_later(tell)

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
        connection = self._connection
        if connection is None:
            return
        frames = connection.take()
        if frames:
            self._transport.deliver_later(lambda: self._deliver(frames))
        if connection.closed:
            self.ended(connection)

    def _deliver(self, frames: list[bytes]) -> None:
        for frame in frames:
            if not self.is_closed:
                self._events.heard(frame)


def _mapping(query: Query) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for key, value in query:
        values.setdefault(key, []).append(value)
    return values
