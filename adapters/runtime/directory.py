"""What both runtimes share: names and epochs, routes, numbering, dead letters."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pykka

from actors.base import Actor
from actors.board import GLOBAL, BoardEvent, BreakerBoard
from actors.envelope import Envelope, ReplyTo
from actors.ports import Clock, Log
from adapters.runtime.binding import bind
from domain.errors import MailboxFull
from domain.messages.system import Breaker, Effect

GROUP = "*"


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
            self._resolved.clear()
        bound = bind(kind, self._mixin)
        actor = bound(self, name, epoch, *args, **kwargs)
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
            found: list[str] = []
            for pattern in self._routes.get(kind, ()):
                if pattern.endswith(GROUP):
                    found.extend(sorted(n for n in self.members if n.startswith(pattern[:-1])))
                elif pattern in self.members:
                    found.append(pattern)
            names = self._resolved[kind] = tuple(found)
        return names

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Put an envelope into an inbox; overflow halts, a missing receiver is counted."""
        actor = self.members.get(receiver)
        if actor is None or actor.actor_stopped.is_set():
            self.dead_letters[(receiver, type(envelope.body).__name__)] += 1
            return
        try:
            actor.actor_ref.tell(envelope)
        except pykka.ActorDeadError:
            self.dead_letters[(receiver, type(envelope.body).__name__)] += 1
        except MailboxFull as error:
            self.dead_letters[(receiver, type(envelope.body).__name__)] += 1
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

    def post(self, reply_to: ReplyTo, message: Any) -> None:
        """Deliver a message from outside the actors."""
        number = self.number()
        envelope = Envelope(
            number,
            message,
            "outside",
            0,
            reply_to.correlation or number,
            reply_to.causation,
            self.clock.market_ns(),
        )
        self.deliver(reply_to.actor, envelope)

    def announce(self, message: Any) -> None:
        """Publish a message from outside the actors to everybody in its route."""
        for name in self.receivers(type(message)):
            self.post(ReplyTo(name), message)

    def ask(self, name: str, message: Any, *, timeout: float | None = None) -> Any:
        """Ask an actor from outside and wait; for main and tests, never for actors."""
        number = self.number()
        envelope = Envelope(number, message, "outside", 0, number, 0, self.clock.market_ns())
        return self.members[name].actor_ref.ask(envelope, timeout=timeout)

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` when the clock reaches `due_ns`."""
        raise NotImplementedError

    def log_for(self, actor: str) -> Log:
        """Return the human log bound to an actor's name."""
        return self._log(actor)

    def buried(self, actor: str, epoch: int) -> None:
        """Take note that an incarnation is gone (it stays listed in `status`)."""
        member = self.members.get(actor)
        if member is not None and member.epoch == epoch:
            pykka.ActorRegistry.unregister(member.actor_ref)

    def _board_changed(self, event: BoardEvent) -> None:
        self.announce(event)
