"""The one actor base: mailbox in, messages out, and no way to die quietly.

Subclasses write `starting`, `receive` and `stopping`; pykka's own hooks belong to this class. The
class is abstract about where it runs: `adapters/runtime` binds it to threads or to virtual time.
"""

from __future__ import annotations

import sysconfig
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import PurePath
from types import TracebackType
from typing import Any, Never, Protocol, cast

import pykka
from attrs import frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.ports import Clock, Log
from actors.kernel.supervision import crash_breakers
from domain.messages.supervision import ActorDown, ActorProven, ActorRestarted, Drill
from domain.model.breakers import GLOBAL, Breaker, DrillKind, Effect, Scope
from domain.model.errors import TradingError
from domain.system.shortage import is_shortage

FIRST_EPOCH = 1
_PATHS = sysconfig.get_paths()
_LIBRARIES = ("<", *(_PATHS[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")))
"""How the file names of what is not ours begin."""


class ActorCrashed(Exception):
    """Carries any BaseException of an actor past pykka, which would else stop every actor."""


class UnexpectedMessage(TradingError):
    """A message came that the topology does not send to this actor."""


class DrillCrash(RuntimeError):
    """Raised inside an actor because the operator asked for it."""


class ActorServices(Protocol):
    """What a runtime does for its actors; no call but `turn` blocks."""

    @property
    def clock(self) -> Clock:
        """The three clocks."""

    @property
    def board(self) -> BreakerBoard:
        """Which breakers are open."""

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
        """Take note that an incarnation is gone: nothing it still says counts."""

    def is_current(self, actor: str, epoch: int) -> bool:
        """Tell whether this incarnation is the one that counts."""

    def stall(self, actor: str) -> None:
        """Let the actor hang, as a drill; returns if nobody noticed for long."""

    def turn(self) -> AbstractContextManager[None]:
        """Return what a long computation is done in, so that one of them runs at a time.

        Entering waits while another actor has the turn, but not long: who hangs holds up nobody.
        """


@frozen
class ActorContext:
    """Who an incarnation is, and the services of the runtime that it lives in."""

    services: ActorServices
    name: str
    epoch: int


class Actor(pykka.Actor):
    """A named member of the system that handles one message at a time."""

    def __init__(self, context: ActorContext) -> None:
        super().__init__()
        services, name, epoch = context.services, context.name, context.epoch
        self.services = services
        self.name = name
        self.epoch = epoch
        self.actor_urn = self.actor_ref.actor_urn = f"urn:actor:{name}:{epoch}"
        self.clock = services.clock
        self.board = services.board
        self.log = services.log_for(name)
        self.log.attend(self.clock, lambda: self._envelope)
        self.handled = 0
        self.is_over = False
        self._ending = threading.Lock()
        self._is_starting = False
        self._is_proven = epoch == FIRST_EPOCH
        self._envelope: Envelope | None = None

    # What a subclass writes.

    def starting(self) -> None:
        """Get ready; runs in the actor's own thread before the first message."""

    def receive(self, message: Any) -> Any:
        """Handle one message.

        A subclass names the union of what it hears as the type of `message`, and ends its `match`
        with `self.refuse(message)`: mypy then wants a case for every kind of the union. One that
        hears nothing but its own timers refuses everything.
        """
        self.refuse(cast("Never", message))

    def refuse(self, message: Never) -> Never:
        """Die of a message that the topology does not send here (`assert_never` without values).

        Raises:
            UnexpectedMessage: always; it names the kind and holds no value of the message.
        """
        raise UnexpectedMessage(f"{self.name} does not hear {type(message).__name__}")

    def stopping(self) -> None:
        """Clean up; runs on an orderly stop only, so nothing that matters may rely on it."""

    # What a subclass calls.

    def send(self, to: str, message: Any) -> None:
        """Send `message` to one actor by name."""
        self.services.deliver(to, self._stamp(message))

    def publish(self, message: Any, chain: ReplyTo | None = None) -> None:
        """Send `message` to everybody whom the topology names for its kind.

        It continues the chain of the current message, or `chain` if one is given.
        """
        envelope = self._stamp(message, chain)
        for name in self.services.receivers(type(message)):
            self.services.deliver(name, envelope)

    def is_heard(self, kind: type) -> bool:
        """Tell whether anybody hears messages of `kind`: else they need not be made."""
        return bool(self.services.receivers(kind))

    def after(self, delay_ns: int, message: Any) -> None:
        """Send `message` to myself after `delay_ns` of market time."""
        due_ns = self.clock.market_ns() + delay_ns
        self.services.wake(self.name, self.epoch, due_ns, message, is_machine_time=False)

    def at(self, due_ns: int, message: Any) -> None:
        """Send `message` to myself when market time reaches `due_ns`."""
        self.services.wake(self.name, self.epoch, due_ns, message, is_machine_time=False)

    def after_machine(self, delay_ns: int, message: Any) -> None:
        """Send `message` to myself after `delay_ns` of machine time."""
        due_ns = self.clock.machine_ns() + delay_ns
        self.services.wake(self.name, self.epoch, due_ns, message, is_machine_time=True)

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
        scope: Scope = GLOBAL,
        is_latched: bool = False,
        may_flap: bool = False,
    ) -> None:
        """Open a breaker; `may_flap` if this opening says nothing about what it watches."""
        now_ns = self.clock.market_ns()
        self.board.trip(
            Breaker(
                name=name,
                scope=scope,
                effect=effect,
                reason=reason,
                is_latched=is_latched,
                at_ns=now_ns,
            ),
            may_flap=may_flap,
        )

    def close(self, name: str, evidence: str, *, scope: Scope = GLOBAL) -> None:
        """Close a breaker by proof; an incarnation that no longer counts closes none."""
        if self.services.is_current(self.name, self.epoch):
            self.board.reset(name, scope, by="proof", evidence=evidence)

    def prove(self, evidence: str) -> None:
        """Tell, once, that this incarnation does its work again; the first needs no proof."""
        if not self._is_proven:
            self._is_proven = True
            self.publish(ActorProven(self.name, self.epoch, evidence))

    @property
    def plugin_file(self) -> str | None:
        """Path of the file whose code this actor runs for somebody; it is named when that fails."""
        return None

    @property
    def is_busy(self) -> bool:
        """Tell whether the actor starts or is in a message; any thread may ask."""
        return self._envelope is not None or self._is_starting

    @property
    def is_proven(self) -> bool:
        """Tell whether this incarnation needs no proof any more."""
        return self._is_proven

    @property
    def envelope(self) -> Envelope:
        """Return the envelope of the message being handled.

        Raises:
            RuntimeError: no message is being handled.
        """
        if self._envelope is None:
            raise RuntimeError(f"{self.name} is not handling a message")
        return self._envelope

    def _stamp(self, message: Any, chain: ReplyTo | None = None) -> Envelope:
        cause = self._envelope
        number = self.services.number()
        correlation = number if cause is None else cause.correlation
        causation = 0 if cause is None else cause.sequence
        if chain is not None:
            correlation, causation = chain.correlation, chain.causation
        at_ns = self.clock.market_ns()
        return Envelope(number, message, self.name, self.epoch, correlation, causation, at_ns)

    # pykka's hooks.

    def on_start(self) -> None:
        """Run `starting` under guard."""
        try:
            self._is_starting = True
            self.starting()
            if self.epoch > FIRST_EPOCH:
                self.publish(ActorRestarted(self.name, self.epoch))
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            self._crash(error, "start")
        finally:
            self._is_starting = False

    def on_receive(self, message: Envelope) -> Any:
        """Run `receive` under guard, with the count that hang detection reads."""
        try:
            body = message.body
            self._envelope = message
            if type(body) is Drill:
                return self._drill(body)
            return self.receive(body)
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            held = self._envelope
            self._crash(error, "envelope" if held is None else type(held.body).__name__)
        finally:
            self.handled += 1
            self._envelope = None

    def on_stop(self) -> None:
        """Run `stopping` under guard."""
        try:
            self.stopping()
            self._claim_end()
        except BaseException as error:  # noqa: BLE001 - SystemExit of an actor must not pass
            self._crash(error, "stop")

    # Every kind of end.

    def _drill(self, drill: Drill) -> None:
        match drill.kind:
            case DrillKind.CRASH:
                raise DrillCrash("drill")
            case DrillKind.EXIT:
                raise SystemExit("drill")
            case DrillKind.HANG:
                self.services.stall(self.name)

    def _crash(self, error: BaseException, what: str) -> Never:
        """Report, then leave pykka's loop by its own path, whatever fails meanwhile."""
        place = _place(error, self.plugin_file)
        cause = f"{type(error).__name__} in {what} ({place}): {_text(error)}"
        try:
            fingerprint = f"{what} {type(error).__name__} {place}"
            self._fall(cause, fingerprint, is_shortage=is_shortage(error))
            self.log.failure(cause, error)
        finally:
            self.services.buried(self.name, self.epoch)
            raise ActorCrashed(cause) from error

    def _fall(self, cause: str, fingerprint: str, *, is_shortage: bool = False) -> None:
        """Close the gate first, then tell the others."""
        if not self._claim_end():
            return
        try:
            self._trip_own(cause)
        finally:
            self.actor_stopped.set()
            self.publish(ActorDown(self.name, self.epoch, cause, fingerprint, is_shortage))

    def _trip_own(self, cause: str) -> None:
        for breaker in crash_breakers(self.name, cause, self.clock.market_ns()):
            self.board.trip(breaker, may_flap=True)

    def _claim_end(self) -> bool:
        """Tell whether this call is the first to end the actor: it alone reports."""
        with self._ending:
            is_first, self.is_over = not self.is_over, True
        return is_first

    def condemn(self, cause: str) -> bool:
        """Give the actor up from outside: it hangs. Tell whether that is news.

        Its thread can't be stopped; whenever it comes back, nothing that it says counts.
        """
        if not self._claim_end():
            return False
        try:
            self._trip_own(cause)
        finally:
            self.actor_stopped.set()
        return True

    def retire(self) -> bool:
        """End the actor from outside without a word: another incarnation takes over."""
        is_first = self._claim_end()
        self.actor_stopped.set()
        return is_first

    def post_mortem(self) -> None:
        """Called when the loop is left for whatever reason: a vanished thread is a crash too."""
        try:
            self._fall("thread vanished", "thread vanished")
        finally:
            self.services.buried(self.name, self.epoch)


def _text(error: BaseException) -> str:
    """Return the error's text; an error that fails to tell it must not keep the gate open."""
    try:
        return str(error)
    except BaseException as second:  # noqa: BLE001 - the text is a plug-in's code
        return f"no text ({type(second).__name__})"


def _place(error: BaseException, plugin_file: str | None) -> str:
    """Return file and line of the last step in the plug-in, or else in no library's code."""
    steps = [
        (trace.tb_frame.f_code.co_filename, trace.tb_lineno or 0)
        for trace in _traces(error.__traceback__)
    ]
    own = [step for step in steps if step[0] == plugin_file]
    ours = [step for step in steps if not step[0].startswith(_LIBRARIES)]
    for file, line in reversed(own or ours or steps):
        return f"{PurePath(file).name}:{line}"
    return "nowhere"


def _traces(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next
