"""The virtual runtime: every actor in one thread, time that jumps, order drawn from a seed.

Each actor runs pykka's own loop for one message at a time: the inbox hands out one envelope and
then raises a BaseException from outside pykka's `try`, which leaves the loop without touching its
failure handling.
"""

from __future__ import annotations

import heapq
import itertools
import random
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

import pykka

from actors.kernel.base import Actor
from actors.kernel.board import BreakerBoard
from actors.kernel.lanes import Lanes
from actors.kernel.ports import Log
from actors.kernel.progress import LOOK_EVERY_NS, hang_cause
from actors.kernel.supervision import policy_of
from adapters.runtime.actor_system import ActorSystem
from domain.model.instants import Nanos


class _Drained(BaseException):
    """Leaves pykka's loop after one message."""


_DRAINED = _Drained()


class VirtualInbox:
    """The lanes of one actor, telling the runtime when there is something to do."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.owner: Actor | None = None
        self.wake: Callable[[VirtualInbox], None] | None = None
        self.next: Any = None
        self.is_ready = False
        self.is_held = False
        self.is_closed = False
        self.pump: Callable[[VirtualFuture], None] | None = None

    def put(self, item: Any, /) -> None:
        """Add a message.

        Raises:
            ActorDeadError: the actor is dead.
        """
        if self.is_closed:
            raise pykka.ActorDeadError("the inbox is closed")
        if isinstance(item.reply_to, VirtualFuture):
            item.reply_to.pump = self.pump
        self.lanes.push(item)
        self.stir()

    def stir(self) -> None:
        """Tell the runtime that something waits, unless the actor is held up."""
        if self.lanes and not self.is_ready and not self.is_held and self.wake is not None:
            self.is_ready = True
            self.wake(self)

    def get(self) -> Any:
        """Hand out the one message of this step, or leave the loop."""
        if self.next is not None:
            item, self.next = self.next, None
            return item
        raise _DRAINED.with_traceback(None)

    def close(self) -> list[Any]:
        """Return what waits and refuse what comes later."""
        self.is_closed = True
        return [self.lanes.pop() for _ in range(len(self.lanes))]

    def empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self.lanes

    def __len__(self) -> int:
        return len(self.lanes)


class VirtualFuture(pykka.Future[Any]):
    """A future that turns the wheel of virtual time until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.pump: Callable[[VirtualFuture], None] | None = None
        self.is_done = False
        self._value: Any = None
        self._error: BaseException | None = None

    def get(self, *, timeout: float | None = None) -> Any:
        """Return the value.

        Raises:
            RuntimeError: an actor waits, which blocks the only thread there is.
            Timeout: nothing is left to happen and there is no answer.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self.is_done and self.pump is not None:
            self.pump(self)
        if self._error is not None:
            raise self._error
        if not self.is_done:
            raise pykka.Timeout("nothing is left to happen, and there is no answer")
        return self._value

    def set(self, value: Any | None = None) -> None:
        """Set the value."""
        self.is_done, self._value = True, value

    def set_exception(self, exc_info: Any = None) -> None:
        """Set the exception given, or the one being handled."""
        self.is_done = True
        self._error = (exc_info or sys.exc_info())[1]


class VirtualActor(pykka.Actor):
    """pykka's three hooks for an actor without a thread."""

    services: VirtualRuntime

    @staticmethod
    def _create_actor_inbox() -> VirtualInbox:
        return VirtualInbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return VirtualFuture()

    def _start_actor_loop(self) -> None:
        self.services.adopt(self)


class VirtualClock:
    """One clock that plays all three."""

    def __init__(self, start_ns: int) -> None:
        self.now_ns = Nanos(start_ns)

    def market_ns(self) -> Nanos:
        """Return virtual time."""
        return self.now_ns

    def machine_ns(self) -> Nanos:
        """Return virtual time."""
        return self.now_ns

    def wall_ns(self) -> Nanos:
        """Return virtual time."""
        return self.now_ns


class VirtualRuntime(ActorSystem):
    """Steps actors one message at a time; what is ready at one instant runs in seeded order."""

    def __init__(
        self,
        clock: VirtualClock,
        board: BreakerBoard,
        routes: Mapping[type, tuple[str, ...]],
        log: Callable[[str], Log],
        *,
        seed: int,
    ) -> None:
        super().__init__(clock, board, routes, log, VirtualActor)
        self._time = clock
        self._choose = random.Random(f"interleaving:{seed}").random
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._ready: list[VirtualInbox] = []
        self._running: list[str] = []
        self._held: dict[str, int] = {}
        self.steps = 0

    def adopt(self, actor: VirtualActor) -> None:
        """Take an actor in and run its start."""
        inbox = actor.actor_inbox
        assert isinstance(inbox, VirtualInbox)
        member = cast("Actor", actor)
        inbox.owner, inbox.wake, inbox.pump = member, self._ready.append, self._pump
        inbox.stir()
        self._running.append(member.name)
        try:
            member._actor_loop_setup()
        finally:
            self._running.pop()
        if member.actor_stopped.is_set():
            self.bury(member)

    def stall(self, actor: str) -> None:
        """Let the actor's present message never end: its thread is not scheduled any more.

        The look-out for actors without progress runs only while one is held up.
        """
        inbox = self.members[actor].actor_inbox
        assert isinstance(inbox, VirtualInbox)
        inbox.is_held = True
        self._held[actor] = self._time.now_ns
        self.call_at(self._time.now_ns + LOOK_EVERY_NS, lambda: self._look(actor))

    def release(self, actor: str) -> None:
        """Let a held up actor go on; one that was given up meanwhile stays over."""
        self._held.pop(actor, None)
        inbox = self.members[actor].actor_inbox
        assert isinstance(inbox, VirtualInbox)
        inbox.is_held = False
        inbox.stir()

    def _look(self, actor: str) -> None:
        since_ns = self._held.get(actor)
        if since_ns is None:
            return
        member = self.members[actor]
        held_ns = self._time.now_ns - since_ns
        if held_ns <= policy_of(actor).hang_ns:
            self.call_at(self._time.now_ns + LOOK_EVERY_NS, lambda: self._look(actor))
            return
        del self._held[actor]
        self.condemn(actor, member.epoch, hang_cause(held_ns, "not scheduled"), "not scheduled")

    def call_at(self, due_ns: int, call: Callable[[], None]) -> None:
        """Run `call` when virtual time reaches `due_ns` (adapters' continuations)."""
        heapq.heappush(self._due, (max(due_ns, self._time.now_ns), next(self._order), call))

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` when virtual time reaches `due_ns`."""
        del is_machine_time  # one clock plays all
        self.call_at(due_ns, lambda: self.ring(actor, epoch, message))

    def step(self) -> bool:
        """Handle one message, or else move time to the next instant. False: nothing is left."""
        if not self._ready:
            return self._advance()
        ready = self._ready
        chosen = int(self._choose() * len(ready))
        ready[chosen], ready[-1] = ready[-1], ready[chosen]
        inbox = ready.pop()
        inbox.is_ready = False
        self.steps += 1
        self._handle_one(inbox)
        return True

    def _handle_one(self, inbox: VirtualInbox) -> None:
        actor = inbox.owner
        assert actor is not None
        if actor.actor_stopped.is_set():
            self.bury(actor)
            return
        if not inbox.lanes:  # it was closed meanwhile
            return
        if inbox.is_held:
            return
        inbox.next = inbox.lanes.pop()
        if inbox.lanes:
            inbox.is_ready = True
            self._ready.append(inbox)
        self._running.append(actor.name)
        try:
            actor._actor_loop_running()
        except _Drained:
            pass
        finally:
            self._running.pop()
        if actor.actor_stopped.is_set():
            self.bury(actor)

    def _advance(self) -> bool:
        if not self._due:
            return False
        now = self._due[0][0]
        self._time.now_ns = Nanos(now)
        while self._due and self._due[0][0] == now:
            heapq.heappop(self._due)[2]()  # everything due at one instant races
        return True

    def _pump(self, future: VirtualFuture) -> None:
        if self._running:
            raise RuntimeError(f"{self._running[-1]} asks and waits; actors must not")
        while not future.is_done and self.step():
            pass
