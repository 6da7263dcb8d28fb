"""The trader's client in virtual time, against a venue of scripted answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from actors.kernel.ports import LastGate
from adapters.venues.coinbase.gateway import CoinbaseGateway
from adapters.venues.coinbase.traits import EMBEDDED
from adapters.venues.transport.inprocess import Errand, InProcessTransport
from domain.messages.venue import EntriesUnread
from domain.model.capability import OrderCapability
from domain.model.instants import Nanos
from tests.builders.capability import a_right
from tests.builders.coinbase import never_refuses
from tests.fakes.clocks import VirtualTime
from tests.fakes.inbox import Inbox

PREFIX = "/api/v3/brokerage"


class ScriptedConnection:
    """A stream that remembers what it heard and says what the test gives it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.waiting: list[bytes] = []
        self.closed = False
        self.close_code = 1000

    def receive(self, text: str) -> None:
        self.heard.append(text)

    def take(self) -> list[bytes]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def close(self) -> None:
        self.closed = True


Answering = Callable[
    [str, str, Mapping[str, Sequence[str]], bytes],
    tuple[int, bytes] | tuple[int, bytes, Mapping[str, str]] | None,
]
"""None: no answer comes."""


class ScriptedVenue:
    """A client in virtual time against answers that the test writes."""

    def __init__(
        self,
        answer: Answering | None = None,
        *,
        draw: Callable[[], float] = lambda: 0.5,
        gate: LastGate = never_refuses,
        capability: OrderCapability | None = None,
    ) -> None:
        self.time = VirtualTime()
        self.inbox = Inbox()
        self.asked: list[tuple[str, str, dict[str, list[str]], bytes]] = []
        self.asked_ns: list[int] = []
        self.told: list[EntriesUnread] = []
        self.connections: list[ScriptedConnection] = []
        self._answer = answer or (lambda *_: (200, b"{}"))
        self.transport = InProcessTransport(
            self, self._ask, self._open, self.time.after, self.time.market_ns, self.time.machine_ns
        )
        self.client = CoinbaseGateway(
            self.transport,
            self.inbox.post,
            self.time,
            gate,
            capability=capability or a_right(),
            traits=EMBEDDED,
            draw=draw,
            tell=self.told.append,
        )

    def advance(self, now_ns: Nanos) -> None:
        """There is no market to play."""

    def next_due_ns(self) -> Nanos:
        return Nanos(2**63 - 1)

    def say(self, *frames: bytes) -> None:
        """Let the newest connection hear frames."""
        self.connections[-1].waiting += frames
        self.transport.pump()
        self.time.run(limit_ns=5_000_000)

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        values = {key: list(value) for key, value in query.items()}
        self.asked.append((method, path.removeprefix(PREFIX), values, body))
        self.asked_ns.append(self.time.now_ns)
        answer = self._answer(method, path.removeprefix(PREFIX), values, body)
        if answer is None:
            return Errand(run=lambda: None)
        status, text, *headers = answer
        return Errand(run=lambda: (status, text, headers[0] if headers else {}))

    def _open(self) -> ScriptedConnection:
        self.connections.append(ScriptedConnection())
        return self.connections[-1]
