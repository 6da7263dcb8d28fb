"""Messages of every lane, and an actor that does what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.routes import Lane, Route, Routes
from domain.messages.supervision import ActorDown, BreakerReset, BreakerTripped

PATIENCE_S = 10
WITNESS = "witness"


@frozen
class Event:
    """An ordinary message: the event lane."""

    number: int


@frozen
class Urgent:
    """A message of the control lane."""

    number: int


@frozen
class Price:
    """A message of the market lane: only the newest of a key matters."""

    key: str
    number: int


@frozen
class Rumour:
    """Published to everybody in a group."""

    number: int


@frozen
class Hold:
    """Keeps a thread busy until it is released."""

    entered: threading.Event
    release: threading.Event


def heard_by(*names: str, lane: Lane = Lane.EVENT) -> Route:
    """Return the row of a kind that these hear, whoever says it."""
    return Route(says=("*",), hears=names, lane=lane)


LANES: Routes = {
    Urgent: Route(says=("*",), lane=Lane.CONTROL),
    Hold: Route(says=("*",), lane=Lane.CONTROL),
    Price: Route(says=("*",), lane=Lane.MARKET, key=lambda price: price.key),
}
ROUTES: Routes = {
    **LANES,
    Rumour: heard_by("group.*"),
    ActorDown: heard_by(WITNESS, "nobody_by_this_name", lane=Lane.CONTROL),
    BreakerTripped: heard_by(WITNESS, lane=Lane.CONTROL),
    BreakerReset: heard_by(WITNESS, lane=Lane.CONTROL),
}

Script = Callable[["Scripted", Any], Any]
Deed = Callable[["Scripted"], None]


def nothing(*_: Any) -> None:
    """Do nothing."""


class Scripted(Actor):
    """Does what the functions it was given say."""

    def __init__(
        self,
        context: ActorContext,
        script: Script = nothing,
        *,
        at_start: Deed = nothing,
        at_stop: Deed = nothing,
    ) -> None:
        super().__init__(context)
        self._script, self._at_start, self._at_stop = script, at_start, at_stop

    def starting(self) -> None:
        self._at_start(self)

    def receive(self, message: Any) -> Any:
        if isinstance(message, Hold):
            message.entered.set()
            assert message.release.wait(PATIENCE_S)
            return None
        return self._script(self, message)

    def stopping(self) -> None:
        self._at_stop(self)
