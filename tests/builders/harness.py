"""One actor by itself: hand it messages, see what it sends, at a time that the test sets.

No runtime, no threads: `deliver(actor, message)` returns what the actor said, in order. What it
sent to itself for later waits in `timers` until `pass_time` reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

import pykka
from attrs import define, field, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope
from actors.kernel.topology import ROUTES
from domain.model.breakers import Breaker
from domain.model.instants import Nanos
from tests.builders.ways import detour
from tests.fakes.log import KeptLog

A = TypeVar("A", bound=Actor)
M = TypeVar("M")
START_NS = 1_700_000_000_000_000_000


@frozen
class Sent:
    """A message and who gets it: the name it was sent to, or the receivers of its kind."""

    to: tuple[str, ...]
    body: Any


@frozen
class Waiting:
    """A message that an actor sent to itself for later."""

    due_ns: int
    body: Any
    is_machine_time: bool


class HarnessClock:
    """Three clocks that stand still until the test moves them; they never read the same."""

    def __init__(self) -> None:
        self.market = START_NS
        self.machine = 5_000_000_000
        self.wall = START_NS + 7_000_000_000

    def market_ns(self) -> Nanos:
        return Nanos(self.market)

    def machine_ns(self) -> Nanos:
        return Nanos(self.machine)

    def wall_ns(self) -> Nanos:
        return Nanos(self.wall)

    def move(self, by_ns: int) -> None:
        self.market += by_ns
        self.machine += by_ns
        self.wall += by_ns


@define
class Harness:
    """The services of a runtime for one actor alone."""

    clock: HarnessClock = field(factory=HarnessClock)
    board: BreakerBoard = field(factory=BreakerBoard)
    log: KeptLog = field(factory=KeptLog)
    sent: list[Sent] = field(factory=list)
    delivered: list[Envelope] = field(factory=list)
    """Everything that was delivered to anybody, with what it follows from."""
    timers: list[Waiting] = field(factory=list)
    epochs: dict[str, int] = field(factory=dict)
    numbers: int = 0

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def receivers(self, kind: type) -> tuple[str, ...]:
        row = ROUTES.get(kind)
        if row is None:
            return ("nobody",)
        assert row.hears, f"{kind.__name__} is published, and the topology names nobody to hear it"
        return row.hears

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        if receiver not in ("test", "nobody"):  # "test" is who asked
            assert (wrong := detour(receiver, envelope)) is None, wrong
        self.delivered.append(envelope)
        last = self.sent[-1] if self.sent else None
        if last is not None and last.body is envelope.body:
            self.sent[-1] = Sent((*last.to, receiver), envelope.body)
        else:
            self.sent.append(Sent((receiver,), envelope.body))

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        del actor, epoch
        self.timers.append(Waiting(due_ns, message, is_machine_time))

    def log_for(self, actor: str) -> KeptLog:
        del actor
        return self.log

    def buried(self, actor: str, epoch: int) -> None:
        self.epochs[actor] = epoch + 1

    def is_current(self, actor: str, epoch: int) -> bool:
        return self.epochs.get(actor, epoch) == epoch

    def stall(self, actor: str) -> None:
        raise AssertionError(f"{actor} was asked to hang")

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()

    def start(self, kind: Callable[..., A], name: str, *args: Any, epoch: int = 1, **kw: Any) -> A:
        """Return a started actor; what it says while starting is in `sent`."""
        alone = cast("Any", _alone(cast("type[Actor]", kind)))
        self.epochs[name] = epoch
        actor = cast("A", alone(ActorContext(self, name, epoch), *args, **kw))
        actor.on_start()
        return actor

    def trips(self) -> tuple[Breaker, ...]:
        """Return the open breakers."""
        return self.board.open

    def is_open(self, name: str, scope: Any = None) -> bool:
        """Tell whether a breaker of this name (and scope) is open."""
        return any(b.name == name and scope in (None, b.scope) for b in self.board.open)

    def bodies(self, kind: type | None = None) -> list[Any]:
        """Return what has been said so far (of one kind), oldest first."""
        return [s.body for s in self.sent if kind is None or isinstance(s.body, kind)]

    def deliver_to(self, actor: Actor, *messages: Any, sender: str = "test") -> tuple[Any, ...]:
        """Hand over messages, one after the other; return what the actor said meanwhile."""
        before = len(self.sent)
        for message in messages:
            number = self.number()
            at_ns = self.clock.market_ns()
            actor.on_receive(Envelope(number, message, sender, 0, number, 0, at_ns))
        return tuple(each.body for each in self.sent[before:])

    def pass_time(self, actor: Actor, by_ns: int) -> tuple[Any, ...]:
        """Move all clocks on and ring what falls due on the way, in order; return what is said."""
        said: list[Any] = []
        end = self.clock.machine + by_ns
        while True:
            due = [(self._machine_due(each), n) for n, each in enumerate(self.timers)]
            first = min(due, default=None)
            if first is None or first[0] > end:
                break
            waiting = self.timers.pop(first[1])
            self.clock.move(max(0, first[0] - self.clock.machine))
            said += self.deliver_to(actor, waiting.body, sender=actor.name)
        self.clock.move(end - self.clock.machine)
        return tuple(said)

    def _machine_due(self, waiting: Waiting) -> int:
        if waiting.is_machine_time:
            return waiting.due_ns
        return waiting.due_ns - self.clock.market + self.clock.machine


def deliver(actor: Actor, *messages: Any, sender: str = "test") -> tuple[Any, ...]:
    """Hand messages to an actor that a harness started; return what it said."""
    return cast("Harness", actor.services).deliver_to(actor, *messages, sender=sender)


def of_kind(messages: Iterable[Any], kind: type[M]) -> list[M]:
    """Return the messages of one kind."""
    return [each for each in messages if isinstance(each, kind)]


class _Inbox:
    """Where pykka would put messages; nothing ever waits here."""

    def put(self, item: Any, /) -> None:
        raise AssertionError(f"nobody tells an actor of a harness by its ref: {item}")

    def get(self) -> Any:
        raise AssertionError("an actor of a harness has no loop")

    def empty(self) -> bool:
        return True


class _Alone(pykka.Actor):
    """pykka's hooks for an actor without a loop."""

    @staticmethod
    def _create_actor_inbox() -> Any:
        return _Inbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        """Nothing loops."""


_KINDS: dict[type, type] = {}


def _alone(kind: type[Actor]) -> type[Actor]:
    if kind not in _KINDS:
        _KINDS[kind] = type(kind.__name__, (kind, _Alone), {"__module__": kind.__module__})
    return _KINDS[kind]
