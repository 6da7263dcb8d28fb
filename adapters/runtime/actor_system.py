"""What both runtimes share: names and epochs, routes, numbering, dead letters."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, cast

import pykka

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import BoardEvent, BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.lanes import CAPACITY, Lanes
from actors.kernel.meters import Meters
from actors.kernel.ports import Clock, Log
from actors.kernel.progress import Sight
from actors.kernel.routes import GROUP, Places, Routes
from actors.kernel.supervision import policy_of
from actors.kernel.timers import Timer
from actors.kernel.topology import OUTSIDE
from adapters.runtime.binding import Observer, bind, observed
from domain.messages.supervision import ActorDown
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.errors import MailboxFull


class Inbox(Protocol):
    """What an inbox has beyond pykka's three calls."""

    @property
    def lanes(self) -> Lanes:
        """What waits."""

    def open(self, places: Places) -> None:
        """Take note of which kind waits in which lane; before this nothing may be put."""

    def close(self) -> list[Any]:
        """Return what waits; from now on `put` raises pykka's ActorDeadError."""


class ActorSystem:
    """Knows every actor by name; refs never leave it, so a restarted actor keeps its address."""

    def __init__(
        self,
        clock: Clock,
        board: BreakerBoard,
        routes: Routes,
        log: Callable[[str], Log],
        mixin: type[pykka.Actor],
    ) -> None:
        self.clock = clock
        self.board = board
        self._routes = routes
        self._places = Places(routes)
        self._log = log
        self._mixin = mixin
        self.meters = Meters()
        self.number: Callable[[], int] = itertools.count(1).__next__
        self._resolved: dict[type, tuple[str, ...]] = {}
        self._lock = threading.Lock()
        self.members: dict[str, Actor] = {}
        self.epochs: Counter[str] = Counter()
        self.dead_letters: Counter[tuple[str, str]] = Counter()
        self.fenced: Counter[tuple[str, str]] = Counter()
        self._kept: dict[str, list[Envelope]] = {}
        self._listeners: dict[str, Callable[[Envelope], None]] = {}
        self._wants: dict[str, frozenset[type] | None] = {}
        self._observers: dict[str, Observer] = {}
        self._observed: dict[type, type] = {}
        board.on_change(self._board_changed)

    def spawn(self, kind: type[Any], name: str, *args: Any, **kwargs: Any) -> None:
        """Start an actor of `kind` under `name`; a name used before gets the next epoch.

        What came while nobody of that name lived is delivered first.
        """
        with self._lock:
            old = self.members.get(name)
            epoch = max(self.epochs[name], 1 if old is None else old.epoch + 1)
            self.epochs[name] = epoch
        whole = bind(self._kind_of(kind, name), self._mixin)
        whole.start(ActorContext(self, name, epoch), *args, **kwargs)

    def observe(self, names: Iterable[str], observer: Observer) -> None:
        """Tell `observer` what the actors of these names handle and publish, from their start on.

        It costs the others nothing: no envelope, no number, no place in an inbox.
        """
        self._observers.update(dict.fromkeys(names, observer))

    def _kind_of(self, kind: type[Any], name: str) -> type[Any]:
        """Return what is started under `name`: one class for all incarnations."""
        observer = self._observers.get(name)
        if observer is None:
            return kind
        return self._observed.setdefault(kind, observed(kind, observer))

    def enter(self, actor: Actor) -> None:
        """Take in an actor that pykka is about to start: from now on its name reaches it."""
        name = actor.name
        cast("Inbox", actor.actor_inbox).open(self._places)
        with self._lock:
            for envelope in self._kept.pop(name, ()):
                actor.actor_ref.tell(envelope)
            self.members[name] = actor
            self._resolved.clear()

    def unlist(self) -> None:
        """Take the actors off pykka's list of all: whoever stops those means others."""
        for actor in self.members.values():
            pykka.ActorRegistry.unregister(actor.actor_ref)

    def listen(
        self, name: str, put: Callable[[Envelope], None], kinds: Iterable[type] | None = None
    ) -> None:
        """Let somebody who is no actor hear what the routes send to `name`, of these kinds only if
        any are named.

        `put` is called on the sender's thread: it must be thread-safe and must not block.
        """
        with self._lock:
            self._listeners[name] = put
            self._wants[name] = None if kinds is None else frozenset(kinds)
            self._resolved.clear()

    def sights(self) -> tuple[Sight, ...]:
        """Return how far each actor is, by name; may be called on any thread."""
        return tuple(_sight(actor) for _, actor in sorted(self.members.copy().items()))

    def sight(self, name: str) -> Sight:
        """Return how far the actor of this name is, which must have been started."""
        return _sight(self.members[name])

    def down(self) -> tuple[str, ...]:
        """Return the names of actors that are down."""
        return tuple(sight.name for sight in self.sights() if sight.is_down)

    def receivers(self, kind: type) -> tuple[str, ...]:
        """Return the listeners of a kind; `strategy.*` stands for every name of that group."""
        names = self._resolved.get(kind)
        if names is None:
            # Under the lock of `spawn`: an answer from before must not be kept for after.
            with self._lock:
                names = self._resolved[kind] = tuple(self._resolve(kind))
        return names

    def _resolve(self, kind: type) -> list[str]:
        found: list[str] = []
        row = self._routes.get(kind)
        for pattern in () if row is None else row.hears:
            if pattern.endswith(GROUP):
                found.extend(sorted(n for n in self.members if n.startswith(pattern[:-1])))
            elif pattern in self.members or self._is_wanted(pattern, kind):
                found.append(pattern)
        return found

    def _is_wanted(self, listener: str, kind: type) -> bool:
        wants = self._wants.get(listener)
        return listener in self._listeners and (wants is None or kind in wants)

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Put an envelope into an inbox; overflow halts, a missing receiver is counted.

        What an incarnation says that no longer counts is dropped here, and counted too.
        """
        if envelope.epoch and self.epochs[envelope.sender] != envelope.epoch:
            with self._lock:
                self.fenced[(envelope.sender, type(envelope.body).__name__)] += 1
            return
        actor = self.members.get(receiver)
        if actor is not None:
            self._put(actor, envelope)
        elif receiver in self._listeners:
            self._listeners[receiver](envelope)
        else:
            self._lose(receiver, envelope)

    def _put(self, actor: Actor, envelope: Envelope) -> None:
        try:
            actor.actor_ref.tell(envelope)
        except pykka.ActorDeadError:
            self._keep_or_lose(actor, envelope)
        except MailboxFull as error:
            self._overflow(actor.name, envelope, str(error))

    def _keep_or_lose(self, dead: Actor, envelope: Envelope) -> None:
        """Keep what waits for the next incarnation, if the dead one's kind keeps its mail."""
        name = dead.name
        if not policy_of(name).keeps_mail:
            self._lose(name, envelope)
            return
        with self._lock:
            heir = self.members.get(name)
            if heir is dead or heir is None:
                kept = self._kept.setdefault(name, [])
                if len(kept) < CAPACITY:
                    kept.append(envelope)
                    return
        if heir is dead or heir is None:
            self._overflow(name, envelope, f"{CAPACITY} messages wait for a dead actor")
        else:
            self._put(heir, envelope)

    def _overflow(self, receiver: str, envelope: Envelope, reason: str) -> None:
        self._lose(receiver, envelope)
        self.board.trip(
            Breaker(
                name=f"mailbox:{receiver}",
                scope=GLOBAL,
                effect=Effect.HALT,
                reason=reason,
                is_latched=True,
                at_ns=self.clock.market_ns(),
            )
        )

    def _lose(self, receiver: str, envelope: Envelope) -> None:
        with self._lock:
            self.dead_letters[(receiver, type(envelope.body).__name__)] += 1

    def post(self, reply_to: ReplyTo, message: Any) -> None:
        """Deliver a message from outside the actors."""
        self.deliver(reply_to.actor, self._from_outside(reply_to, message))

    def _from_outside(self, reply_to: ReplyTo, message: Any) -> Envelope:
        number = self.number()
        return Envelope(
            number,
            message,
            OUTSIDE,
            0,
            reply_to.correlation or number,
            reply_to.causation,
            self.clock.market_ns(),
        )

    def announce(self, message: Any) -> None:
        """Publish a message from outside the actors to everybody in its route."""
        at_ns = self.clock.market_ns()
        for name in self.receivers(type(message)):
            number = self.number()
            self.deliver(name, Envelope(number, message, OUTSIDE, 0, number, 0, at_ns))

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` when the clock reaches `due_ns`."""
        raise NotImplementedError

    def ring(self, name: str, epoch: int, message: Any) -> None:
        """Deliver a timer's message to the incarnation that set it; to no later one."""
        member = self.members.get(name)
        if member is None or member.epoch != epoch:
            return
        number = self.number()
        at_ns = self.clock.market_ns()
        envelope = Envelope(number, message, OUTSIDE, 0, number, 0, at_ns)
        if member.actor_stopped.is_set():
            self._lose(name, envelope)  # never kept for the next incarnation
        else:
            self._put(member, envelope)

    def log_for(self, actor: str) -> Log:
        """Return the human log bound to an actor's name."""
        log = self._log(actor)
        log.attend(self.clock)
        return log

    def buried(self, actor: str, epoch: int) -> None:
        """Take note that an incarnation is gone: it stays listed, and its epoch is over."""
        with self._lock:
            if self.epochs[actor] == epoch:
                self.epochs[actor] = epoch + 1
        member = self.members.get(actor)
        if member is not None and member.epoch == epoch:
            pykka.ActorRegistry.unregister(member.actor_ref)

    def is_current(self, actor: str, epoch: int) -> bool:
        """Tell whether this incarnation is the one that counts."""
        return self.epochs[actor] == epoch

    def stall(self, actor: str) -> None:
        """Let the actor hang, as a drill."""
        raise NotImplementedError

    def turn(self) -> AbstractContextManager[None]:
        """Return what a long computation is done in."""
        return nullcontext()

    def condemn(self, name: str, epoch: int, cause: str, place: str) -> bool:
        """Give up an actor that hangs: trip, fence, tell. False: it is over already."""
        actor = self.members.get(name)
        if actor is None or actor.epoch != epoch or not actor.condemn(cause):
            return False
        self.buried(name, epoch)
        self._close(actor)
        self.announce(ActorDown(name, epoch, cause, f"hang {place}"))
        return True

    def retire(self, name: str) -> None:
        """End a living actor without a word, because another incarnation takes over."""
        actor = self.members.get(name)
        if actor is not None and actor.retire():
            self.buried(name, actor.epoch)
            self._close(actor)

    def take_kept(self, name: str) -> list[Envelope]:
        """Take what waits for the next incarnation of `name`, oldest first."""
        with self._lock:
            return self._kept.pop(name, [])

    def bury(self, actor: Actor) -> None:
        """Close a dead actor's inbox: who asks is told, all else that waits is kept or lost."""
        try:
            actor.post_mortem()
        finally:
            self._close(actor)

    def _close(self, actor: Actor) -> None:
        waiting = []
        for item in cast("Inbox", actor.actor_inbox).close():
            if isinstance(item, Envelope):
                waiting.append(item)
            elif item.reply_to is None:
                if isinstance(item.message, Envelope):
                    waiting.append(item.message)
            elif isinstance(item.message, Envelope):
                error = pykka.ActorDeadError(f"{actor.name} died before it could answer")
                item.reply_to.set_exception((type(error), error, None))
            else:
                item.reply_to.set(None)  # it was asked to stop
        keeps_mail = policy_of(actor.name).keeps_mail
        # A timer is its incarnation's own: none that waits may ring for the next.
        kept = []
        for envelope in waiting:
            if keeps_mail and not isinstance(envelope.body, Timer):
                kept.append(envelope)
            else:
                self._lose(actor.name, envelope)
        if kept:
            # Older than whatever came since it died.
            with self._lock:
                self._kept[actor.name] = kept + self._kept.get(actor.name, [])

    def _board_changed(self, event: BoardEvent) -> None:
        self.announce(event)


def _sight(actor: Actor) -> Sight:
    lanes = cast("Inbox", actor.actor_inbox).lanes
    waiting, is_busy = len(lanes), actor.is_busy
    return Sight(
        name=actor.name,
        epoch=actor.epoch,
        handled=actor.handled,
        is_loaded=is_busy or waiting > 0,
        is_busy=is_busy,
        is_down=actor.actor_stopped.is_set(),
        waiting=waiting,
        conflated=lanes.conflated,
    )
