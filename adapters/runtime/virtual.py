"""The virtual runtime: every actor in one thread, time that jumps, order drawn from a seed.

What an actor sends goes straight into the receiver's lanes, and a step hands it to `on_receive`:
pykka's guard, but not its loop, stands around each message. What somebody tells by a ref (to stop,
above all) goes through pykka's own loop, one message at a time: the inbox hands out the one and
then raises a BaseException from outside pykka's `try`, which leaves the loop.
"""

from __future__ import annotations

import heapq
import itertools
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import pykka
from attrs import define

from actors.kernel.base import Actor
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope
from actors.kernel.lanes import Lanes
from actors.kernel.ports import Log
from actors.kernel.progress import LOOK_EVERY_NS, hang_cause
from actors.kernel.routes import Places, Routes
from actors.kernel.supervision import policy_of
from adapters.runtime.actor_system import ActorSystem
from domain.model.errors import MailboxFull
from domain.model.instants import HOUR, Nanos

MACHINE_AHEAD_NS: Final = -28_051 * HOUR
"""Machine time stands 3.2 years behind market time: who mixes the two finds nothing in time."""
WALL_AHEAD_NS: Final = 14_025 * HOUR
"""Wall time stands as far ahead as half of that."""


class _Drained(BaseException):
    """Leaves pykka's loop after one message."""


_DRAINED = _Drained()


class VirtualInbox:
    """The lanes of one actor, telling the runtime when there is something to do."""

    lanes: Lanes
    owner: Actor
    wake: Callable[[VirtualInbox], None]

    def __init__(self) -> None:
        self.is_closed = self.is_held = False
        self.is_ready = True  # or nobody is to be woken: it has not been adopted yet
        self._next: Any = None

    def open(self, places: Places) -> None:
        """Take note of which kind waits in which lane."""
        self.lanes = Lanes(places)

    def put(self, item: Any, /) -> None:
        """Add what pykka's ref was told.

        Raises:
            ActorDeadError: the actor is dead.
        """
        if self.is_closed:
            raise pykka.ActorDeadError("the inbox is closed")
        self.lanes.push(item, getattr(item.message, "body", None))
        self.stir()

    def stir(self) -> None:
        """Tell the runtime that something waits, unless the actor is held up."""
        if self.lanes and not (self.is_ready or self.is_held):
            self.is_ready = True
            self.wake(self)

    def hand_out(self, item: Any) -> None:
        """Let pykka's loop handle `item`, and nothing else."""
        self._next = item
        with suppress(_Drained):
            self.owner._actor_loop_running()

    def get(self) -> Any:
        """Hand out the one message of this step, or leave the loop."""
        if self._next is not None:
            item, self._next = self._next, None
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


class VirtualActor(pykka.Actor):
    """pykka's three hooks for an actor without a thread."""

    services: VirtualRuntime

    @staticmethod
    def _create_actor_inbox() -> VirtualInbox:
        return VirtualInbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self.services.enter(cast("Actor", self))
        self.services.adopt(cast("Actor", self))


class VirtualClock:
    """One time that plays three clocks, each at a distance from the others (ADR 0003)."""

    def __init__(
        self,
        start_ns: int,
        *,
        machine_ahead_ns: int = MACHINE_AHEAD_NS,
        wall_ahead_ns: int = WALL_AHEAD_NS,
    ) -> None:
        self.now_ns = Nanos(start_ns)
        self.machine_ahead_ns = machine_ahead_ns
        self._wall_ahead_ns = wall_ahead_ns

    def market_ns(self) -> Nanos:
        """Return virtual time itself."""
        return self.now_ns

    def machine_ns(self) -> Nanos:
        """Return virtual time at the machine's distance."""
        return Nanos(self.now_ns + self.machine_ahead_ns)

    def wall_ns(self) -> Nanos:
        """Return virtual time at the wall's distance."""
        return Nanos(self.now_ns + self._wall_ahead_ns)


@define(eq=False)
class Ring:
    """A timer of `actor` that rings when it is called; nobody changes it.

    Not frozen, as an `Envelope` is not: one is made for every timer.
    """

    ring: Callable[[str, int, Any], None]
    actor: str
    epoch: int
    message: Any

    def __call__(self) -> None:
        """Let it ring."""
        self.ring(self.actor, self.epoch, self.message)


def owner_of(call: Callable[[], None]) -> str:
    """Return whose timer it is, "" of what is no actor's."""
    return call.actor if isinstance(call, Ring) else ""


class VirtualRuntime(ActorSystem):
    """Steps actors one message at a time; what is ready at one instant runs in seeded order."""

    def __init__(
        self,
        clock: VirtualClock,
        board: BreakerBoard,
        routes: Routes,
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
        self._held: dict[str, int] = {}
        self.steps = 0

    def adopt(self, actor: Actor) -> None:
        """Run the start of an actor that has entered."""
        inbox = cast("VirtualInbox", actor.actor_inbox)
        inbox.owner, inbox.wake, inbox.is_ready = actor, self._ready.append, False
        inbox.stir()
        actor._actor_loop_setup()
        if actor.actor_stopped.is_set():
            self.bury(actor)

    def _put(self, actor: Actor, envelope: Envelope) -> None:
        if actor.actor_stopped.is_set():
            self._keep_or_lose(actor, envelope)
            return
        inbox: Any = actor.actor_inbox  # one of ours; a cast would be a call for every message
        try:
            inbox.lanes.push(envelope, envelope.body)
        except MailboxFull as error:
            self._overflow(actor.name, envelope, str(error))
            return
        if not (inbox.is_ready or inbox.is_held):
            inbox.is_ready = True
            self._ready.append(inbox)

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
        """Deliver `message` when the clock reaches `due_ns`."""
        time = self._time
        virtual_ns = due_ns - time.machine_ahead_ns if is_machine_time else due_ns
        ring: Callable[[], None] = Ring(self.ring, actor, epoch, message)
        heapq.heappush(self._due, (max(virtual_ns, time.now_ns), next(self._order), ring))

    def step(self) -> bool:
        """Handle one message, or else move time to the next instant. False: nothing is left."""
        ready = self._ready
        if not ready:
            return self._advance()
        chosen = int(self._choose() * len(ready))
        inbox = ready[chosen]
        ready[chosen] = ready[-1]
        ready.pop()
        inbox.is_ready = False
        self.steps += 1
        lanes = inbox.lanes
        if inbox.is_held or not lanes.waiting:  # it was held up or closed meanwhile
            return True
        item = lanes.pop()
        if lanes.waiting:
            inbox.is_ready = True
            ready.append(inbox)
        if type(item) is Envelope:
            try:
                inbox.owner.on_receive(item)
            except Exception:  # noqa: BLE001 - what pykka's loop does about it
                inbox.owner._handle_failure(*sys.exc_info())
                self.bury(inbox.owner)
        else:
            inbox.hand_out(item)
            if inbox.owner.actor_stopped.is_set():
                self.bury(inbox.owner)
        return True

    def run_to(self, until_ns: int) -> None:
        """Handle what waits and what falls due up to `until_ns`, and stand there."""
        while self._ready or (self._due and self._due[0][0] <= until_ns):
            self.step()
        self._time.now_ns = Nanos(max(until_ns, self._time.now_ns))

    def _advance(self) -> bool:
        if not self._due:
            return False
        now = self._due[0][0]
        self._time.now_ns = Nanos(now)
        while self._due and self._due[0][0] == now:
            heapq.heappop(self._due)[2]()  # everything due at one instant races
        return True
