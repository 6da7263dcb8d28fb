"""What both runtimes share: names and epochs, routes, numbering, dead letters."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import pykka

from actors.base import Actor
from actors.board import GLOBAL, BoardEvent, BreakerBoard
from actors.envelope import Envelope, ReplyTo
from actors.ports import Clock, Log
from adapters.runtime.binding import bind
from domain.errors import MailboxFull
from domain.messages.system import Breaker, Effect

GROUP = "*"


class Inbox(Protocol):
    """What an inbox has beyond pykka's three calls."""

    def close(self) -> list[Any]:
        """Return what waits; from now on `put` raises pykka's ActorDeadError."""


class Directory:
    """Knows every actor by name; refs never leave it, so a restarted actor keeps its address."""

    def __init__(
        self,
        clock: Clock,
        board: BreakerBoard,
        routes: Mapping[type, tuple[str, ...]],
        log: Callable[[str], Log],
        mixin: type[pykka.Actor],
    ) -> None:
        self.clock = clock
        self.board = board
        self._routes = routes
        self._log = log
        self._mixin = mixin
        self._numbers = itertools.count(1)
        self._resolved: dict[type, tuple[str, ...]] = {}
        self._lock = threading.Lock()
        self.members: dict[str, Actor] = {}
        self.epochs: Counter[str] = Counter()
        self.dead_letters: Counter[tuple[str, str]] = Counter()
        board.on_change(self._board_changed)

    def spawn(self, kind: type[Any], name: str, *args: Any, **kwargs: Any) -> None:
        """Start an actor of `kind` under `name`; a name used before gets the next epoch."""
        with self._lock:
            self.epochs[name] += 1
            epoch = self.epochs[name]
        bound = bind(kind, self._mixin)
        actor = bound(self, name, epoch, *args, **kwargs)
        with self._lock:
            self.members[name] = actor
            self._resolved.clear()
        pykka.ActorRegistry.register(actor.actor_ref)
        actor._start_actor_loop()

    def number(self) -> int:
        """Return the next envelope number."""
        return next(self._numbers)

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
        for pattern in self._routes.get(kind, ()):
            if pattern.endswith(GROUP):
                found.extend(sorted(n for n in self.members if n.startswith(pattern[:-1])))
            elif pattern in self.members:
                found.append(pattern)
        return found

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Put an envelope into an inbox; overflow halts, a missing receiver is counted."""
        actor = self.members.get(receiver)
        if actor is None:
            self._lose(receiver, envelope)
        else:
            self._put(actor, envelope)

    def _put(self, actor: Actor, envelope: Envelope) -> None:
        receiver = actor.name
        try:
            actor.actor_ref.tell(envelope)
        except pykka.ActorDeadError:
            self._lose(receiver, envelope)
        except MailboxFull as error:
            self._lose(receiver, envelope)
            self.board.trip(
                Breaker(
                    name=f"mailbox:{receiver}",
                    scope=GLOBAL,
                    effect=Effect.HALT,
                    reason=str(error),
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
            "outside",
            0,
            reply_to.correlation or number,
            reply_to.causation,
            self.clock.market_ns(),
        )

    def announce(self, message: Any) -> None:
        """Publish a message from outside the actors to everybody in its route."""
        for name in self.receivers(type(message)):
            self.post(ReplyTo(name), message)

    def ask(self, name: str, message: Any, *, timeout: float | None = None) -> Any:
        """Ask an actor from outside and wait; for main and tests, never for actors."""
        envelope = self._from_outside(ReplyTo(name), message)
        return self.members[name].actor_ref.ask(envelope, timeout=timeout)

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` when the clock reaches `due_ns`."""
        raise NotImplementedError

    def ring(self, name: str, epoch: int, message: Any) -> None:
        """Deliver a timer's message to the incarnation that set it; to no later one."""
        member = self.members.get(name)
        if member is not None and member.epoch == epoch:
            self._put(member, self._from_outside(ReplyTo(name), message))

    def log_for(self, actor: str) -> Log:
        """Return the human log bound to an actor's name."""
        return self._log(actor)

    def buried(self, actor: str, epoch: int) -> None:
        """Take note that an incarnation is gone (it stays listed in `status`)."""
        member = self.members.get(actor)
        if member is not None and member.epoch == epoch:
            pykka.ActorRegistry.unregister(member.actor_ref)

    def bury(self, actor: Actor) -> None:
        """Close a dead actor's inbox: who asks is told, all else that waits is a dead letter."""
        try:
            actor.post_mortem()
        finally:
            for item in cast("Inbox", actor.actor_inbox).close():
                if item.reply_to is None:
                    if isinstance(item.message, Envelope):
                        self._lose(actor.name, item.message)
                elif isinstance(item.message, Envelope):
                    error = pykka.ActorDeadError(f"{actor.name} died before it could answer")
                    item.reply_to.set_exception((type(error), error, None))
                else:
                    item.reply_to.set(None)  # it was asked to stop

    def _board_changed(self, event: BoardEvent) -> None:
        self.announce(event)
