"""Ways to break a real actor from inside: at the next message, at a timer, at its next start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.envelope import ReplyTo
from actors.kernel.supervision import crash_breakers
from actors.kernel.timers import Timer
from adapters.runtime.actor_system import ActorSystem

ERRORS: tuple[type[BaseException], ...] = (
    ValueError,
    SystemExit,
    KeyboardInterrupt,
    MemoryError,
    RecursionError,
)
NEVER, ALWAYS = 0, 1_000_000


def raiser(error: BaseException) -> Callable[..., None]:
    """Return a function that raises `error` whatever it is called with."""

    def fail(*_: Any) -> None:
        raise error

    return fail


@frozen
class Fault(Timer):
    """A message that breaks whoever handles it."""


FAULT = Fault()


def override(thing: object, **methods: Callable[..., Any]) -> None:
    """Let this one object have other methods than its class."""
    vars(thing).update(methods)


def poison(member: Actor, error: BaseException) -> None:
    """Let the actor raise at the message `FAULT`, and only there."""
    receive = member.receive

    def fail(message: Any) -> Any:
        if message is FAULT:
            raise error
        return receive(message)

    override(member, receive=fail)


def in_message(runtime: ActorSystem, name: str, error: BaseException) -> None:
    """Let the actor raise while it handles its next message."""
    poison(runtime.members[name], error)
    runtime.post(ReplyTo(name), FAULT)


def in_timer(runtime: ActorSystem, name: str, error: BaseException) -> None:
    """Let the actor raise while it handles a timer of its own."""
    member = runtime.members[name]
    poison(member, error)
    due_ns = runtime.clock.machine_ns() + 1_000_000
    runtime.wake(name, member.epoch, due_ns, FAULT, is_machine_time=True)


@contextmanager
def in_start(
    name: str, error: BaseException, times: int = ALWAYS, after_epoch: int = 0
) -> Iterator[None]:
    """Let the actor's next starts raise within the block, before it has done anything.

    An incarnation up to `after_epoch` may still be about to start and is spared.
    """
    original, left = Actor.on_start, [times]

    def on_start(self: Actor) -> None:
        if self.name == name and self.epoch > after_epoch and left[0] > 0:
            left[0] -= 1
            override(self, starting=raiser(error))
        original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Actor, "on_start", on_start)
        yield


def wanted_breakers(name: str) -> set[tuple[str, str, int, bool]]:
    """Return what the policy table says that the death of `name` opens."""
    return {
        (each.name, each.scope, each.effect, each.is_latched)
        for each in crash_breakers(name, "", NEVER)
    }


def open_breakers(runtime: ActorSystem, name: str) -> set[tuple[str, str, int, bool]]:
    """Return the open breakers of `name`."""
    return {
        (each.name, each.scope, each.effect, each.is_latched)
        for each in runtime.board.open
        if each.name == name
    }
