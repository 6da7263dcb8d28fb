"""The one actor base: mailbox in, messages out, and no way to die quietly.

Subclasses write `starting`, `receive` and `stopping`; pykka's own hooks belong to this class. The
class is abstract about where it runs: `adapters/runtime` binds it to threads or to virtual time.
"""

from __future__ import annotations

from typing import Any, Protocol

import pykka

from actors.board import GLOBAL, BreakerBoard
from actors.envelope import Envelope, ReplyTo
from actors.ports import Clock, Log
from domain.instants import Nanos
from domain.messages.system import ActorDown, Breaker, Effect


class ActorCrashed(Exception):
    """Carries any BaseException of an actor past pykka, which would else stop every actor."""


class Office(Protocol):
    """What a runtime does for its actors; no call blocks."""

    clock: Clock
    board: BreakerBoard

    def number(self) -> int:
        """Return the next envelope number."""

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Put an envelope into an inbox; to nobody: a counted dead letter."""

    def receivers(self, kind: type) -> tuple[str, ...]:
        """Return who listens to messages of this kind, from the topology."""

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` to that incarnation of `actor` when the clock reaches `due_ns`."""

    def log_for(self, actor: str) -> Log:
        """Return the human log bound to an actor's name."""

    def buried(self, actor: str, epoch: int) -> None:
        """Take note that an incarnation is gone."""


class Actor(pykka.Actor):
    """A named member of the system that handles one message at a time."""

    def __init__(self, office: Office, name: str, epoch: int) -> None:
        super().__init__()
        self.office = office
        self.name = name
        self.epoch = epoch
        self.actor_urn = self.actor_ref.actor_urn = f"urn:actor:{name}:{epoch}"
        self.clock = office.clock
        self.board = office.board
        self.log = office.log_for(name)
        self.busy: tuple[int, str] | None = None
        self.handled = 0
        self._is_over = False
        self._envelope: Envelope | None = None

    # What a subclass writes.

    def starting(self) -> None:
        """Get ready; runs in the actor's own thread before the first message."""

    def receive(self, message: Any) -> None:
        """Handle one message."""
        raise NotImplementedError(f"{self.name} cannot handle {type(message).__name__}")

    def stopping(self) -> None:
        """Clean up; runs on an orderly stop only, so nothing that matters may rely on it."""

    # What a subclass calls.

    def send(self, to: str, message: Any) -> None:
        """Send `message` to one actor by name."""
        self.office.deliver(to, self._stamp(message))

    def publish(self, message: Any) -> None:
        """Send `message` to everybody whom the topology names for its kind."""
        envelope = self._stamp(message)
        for name in self.office.receivers(type(message)):
            self.office.deliver(name, envelope)

    def after(self, delay_ns: int, message: Any) -> None:
        """Send `message` to myself after `delay_ns` of market time."""
        self.at(self.clock.market_ns() + delay_ns, message)

    def at(self, due_ns: int, message: Any) -> None:
        """Send `message` to myself when market time reaches `due_ns`."""
        self.office.wake(self.name, self.epoch, due_ns, message, is_machine_time=False)

    def after_machine(self, delay_ns: int, message: Any) -> None:
        """Send `message` to myself after `delay_ns` of machine time."""
        due_ns = self.clock.machine_ns() + delay_ns
        self.office.wake(self.name, self.epoch, due_ns, message, is_machine_time=True)

    def reply_to(self) -> ReplyTo:
        """Return my address for an answer that continues the chain of the current message."""
        envelope = self._envelope
        if envelope is None:
            return ReplyTo(self.name)
        return ReplyTo(self.name, envelope.correlation, envelope.sequence)

    def trip(
        self,
        name: str,
        reason: str,
        *,
        effect: Effect,
        scope: str = GLOBAL,
        is_latched: bool = False,
    ) -> None:
        """Open a breaker."""
        now_ns = self.clock.market_ns()
        self.board.trip(
            Breaker(
                name=name,
                scope=scope,
                effect=effect,
                reason=reason,
                is_latched=is_latched,
                at_ns=now_ns,
            )
        )

    @property
    def envelope(self) -> Envelope:
        """Return the envelope of the message being handled.

        Raises:
            RuntimeError: no message is being handled.
        """
        if self._envelope is None:
            raise RuntimeError(f"{self.name} is not handling a message")
        return self._envelope

    def _stamp(self, message: Any) -> Envelope:
        cause, office = self._envelope, self.office
        number = office.number()
        return Envelope(
            number,
            message,
            self.name,
            self.epoch,
            number if cause is None else cause.correlation,
            0 if cause is None else cause.sequence,
            self.clock.market_ns(),
        )

    # pykka's hooks.

    def on_start(self) -> None:
        """Run `starting` under guard."""
        try:
            self.starting()
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            self._crash(error, "start")

    def on_receive(self, message: Envelope) -> Any:
        """Run `receive` under guard, with the time stamp that hang detection reads."""
        what = "envelope"
        try:
            body = message.body
            what = type(body).__name__
            self._envelope = message
            self.busy = (self.office.clock.machine_ns(), what)
            return self.receive(body)
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            return self._crash(error, what)
        finally:
            self.busy = None
            self.handled += 1
            self._envelope = None

    def on_stop(self) -> None:
        """Run `stopping` under guard."""
        try:
            self.stopping()
            self._is_over = True
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            self._crash(error, "stop")

    def _crash(self, error: BaseException, what: str) -> None:
        """Report, then leave pykka's loop by its own path, whatever fails meanwhile."""
        cause = f"{type(error).__name__} in {what}: {_text(error)}"
        try:
            self._fall(cause)
            self.log.failure(cause, error)
        finally:
            self.office.buried(self.name, self.epoch)
            raise ActorCrashed(cause) from error

    def _fall(self, cause: str) -> None:
        """Close the gate first, then tell the others."""
        self._is_over = True
        try:
            self.trip(f"actor:{self.name}", cause, effect=Effect.HALT, is_latched=True)
        finally:
            self.actor_stopped.set()
            self.publish(ActorDown(self.name, self.epoch, cause))

    def post_mortem(self) -> None:
        """Called when the loop is left for whatever reason: a vanished thread is a crash too."""
        try:
            if not self._is_over:
                self._fall("thread vanished")
        finally:
            self.office.buried(self.name, self.epoch)


def _text(error: BaseException) -> str:
    """Return the error's text; an error that fails to tell it must not keep the gate open."""
    try:
        return str(error)
    except BaseException as second:  # noqa: BLE001 - the text is a plug-in's code
        return f"no text ({type(second).__name__})"


def age_ns(actor: Actor, machine_ns: Nanos) -> int:
    """Return how long `actor` has been handling its current message, 0 if idle."""
    busy = actor.busy
    return 0 if busy is None else machine_ns - busy[0]
