"""Bind an abstract actor class to a runtime, late: the class is written once, for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pykka
from attrs import frozen

from actors.kernel.base import Actor
from domain.model.breakers import Breaker
from domain.model.instants import Nanos

A = TypeVar("A", bound=Actor)
_BOUND: dict[tuple[type, type], type] = {}


def bind(kind: type[A], mixin: type[pykka.Actor]) -> type[A]:
    """Return `kind` completed by the hooks of `mixin` (one class per pair).

    Raises:
        TypeError: the actor has a name that the mixin needs, and would hide it.
    """
    key = (kind, mixin)
    if key not in _BOUND:
        hidden = sorted(
            name
            for name in vars(mixin)
            if not name.startswith(("__", "_abc_"))
            and any(name in vars(base) for base in kind.__mro__ if issubclass(base, Actor))
        )
        if hidden:
            raise TypeError(f"{kind.__name__} hides {', '.join(hidden)} of {mixin.__name__}")
        _BOUND[key] = type(kind.__name__, (kind, mixin), {"__module__": kind.__module__})
    return _BOUND[key]


@frozen
class Seen:
    """A message that `actor` is about to handle, or to publish (`is_said`), and what it knows.

    `epoch` is that of the actor, `market_ns` market time, `breakers` are those open at that moment.
    """

    actor: str
    epoch: int
    message: Any
    is_said: bool
    market_ns: Nanos
    breakers: tuple[Breaker, ...]


Observer = Callable[[Seen], None]
"""Called on the actor's thread: it must neither block nor raise, and learns only values."""


def observed(kind: type[A], observer: Observer) -> type[A]:
    """Return `kind` with `observer` told first of whatever it handles and publishes.

    Nothing else about it changes: no message, no number, no step more.
    """

    def seen(actor: Actor, message: Any, *, is_said: bool) -> Seen:
        now_ns = actor.clock.market_ns()
        return Seen(actor.name, actor.epoch, message, is_said, now_ns, actor.board.open)

    def receive(self: Actor, message: Any) -> Any:
        observer(seen(self, message, is_said=False))
        return kind.receive(self, message)

    def publish(self: Actor, message: Any) -> None:
        observer(seen(self, message, is_said=True))
        kind.publish(self, message)

    members = {"__module__": kind.__module__, "receive": receive, "publish": publish}
    return type(kind.__name__, (kind,), members)
