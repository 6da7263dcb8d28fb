"""Watches the signal file. What can't be read counts as there."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import HaltSignal
from actors.kernel.timers import Timer
from domain.messages.control import KillSeen
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND

LOOK_EVERY_NS = 200 * MILLISECOND
LOOKS_TO_PROVE = 50
"""Looks (10 s) after which a fresh incarnation counts as watching again."""


@frozen
class Look(Timer):
    """Time to look at the signal file."""


Inbox = Look


class KillSwitch(Actor):
    """Looks five times a second of machine time; seen once, it kills for good."""

    def __init__(
        self,
        context: ActorContext,
        signal: HaltSignal,
        end: Callable[[str], None],
    ) -> None:
        super().__init__(context)
        self._signal = signal
        self._end = end
        self._looks = 0

    def starting(self) -> None:
        """Look at once."""
        self._look()

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Look():
                self._look()
            case _:
                self.refuse(message)

    def _look(self) -> None:
        order = self._signal.read()
        if order is None:
            self.after_machine(LOOK_EVERY_NS, Look())
            self._looks += 1
            if self._looks >= LOOKS_TO_PROVE:
                self.prove("the signal file is absent, looked at for 10 s")
            return
        reason = " ".join(order.reason.split()) or "signal file"
        self.trip("kill", reason, effect=Effect.KILL, is_latched=True)
        self.publish(KillSeen(reason, order.includes_exits))
        self._end("kill")
