"""Actors driven by functions, and one way to let time pass for both runtimes."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pykka
from attrs import evolve

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope
from actors.kernel.lanes import Lanes
from actors.kernel.routes import Lane, Routes
from adapters.clocks.system import SystemClock
from adapters.runtime.actor_system import ActorSystem
from adapters.runtime.threads import ThreadInbox, ThreadRuntime
from adapters.runtime.virtual import VirtualClock, VirtualInbox, VirtualRuntime
from domain.messages.supervision import ActorDown, BreakerTripped
from domain.model.breakers import Breaker
from domain.model.instants import MILLISECOND, SECOND
from tests.builders.messages import NOW
from tests.fakes.actors import (
    LANES,
    PATIENCE_S,
    ROUTES,
    WITNESS,
    Event,
    Hold,
    Price,
    Rumour,
    Scripted,
    Urgent,
    heard_by,
)
from tests.fakes.log import KeptLog


class Rig(Protocol):
    """One runtime under test."""

    @property
    def runtime(self) -> ActorSystem:
        """The runtime itself."""

    @property
    def log(self) -> KeptLog:
        """What all its actors write to."""

    def until(self, is_true: Callable[[], bool]) -> None:
        """Let the actors work until it is true; fail if it never is."""

    def wait_for(self, answer: pykka.Future[Any]) -> Any:
        """Let the actors work until there is an answer, and return it."""

    def hold(self, name: str) -> Any:
        """Keep an actor from working within the context, so that messages wait."""

    def close(self) -> None:
        """Stop everybody."""


class ThreadRig:
    """Actors on threads."""

    def __init__(self, clock: Any = None, speed: float = 1.0) -> None:
        self.log = KeptLog()
        self.runtime: ThreadRuntime = ThreadRuntime(
            clock or SystemClock(), BreakerBoard(), ROUTES, lambda _: self.log, speed=speed
        )

    def until(self, is_true: Callable[[], bool]) -> None:
        patience_ends = time.monotonic() + PATIENCE_S
        while not is_true():
            assert time.monotonic() < patience_ends, "it did not become true"
            threading.Event().wait(0.0005)

    def wait_for(self, answer: pykka.Future[Any]) -> Any:
        return answer.get(timeout=PATIENCE_S)

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        held = Hold(threading.Event(), threading.Event())
        tell(self.runtime, name, held)
        assert held.entered.wait(PATIENCE_S)
        try:
            yield
        finally:
            held.release.set()

    def close(self) -> None:
        late = self.runtime.stop(tuple(self.runtime.members), PATIENCE_S * SECOND)
        assert not late


class VirtualRig:
    """Actors in virtual time."""

    def __init__(self, seed: int = 1, routes: Routes = ROUTES) -> None:
        self.log = KeptLog()
        self.runtime: VirtualRuntime = VirtualRuntime(
            VirtualClock(NOW), BreakerBoard(), routes, lambda _: self.log, seed=seed
        )

    def until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            assert self.runtime.step(), "nothing is left to happen"

    def wait_for(self, answer: pykka.Future[Any]) -> Any:
        while True:
            try:
                return answer.get(timeout=0)
            except pykka.Timeout:
                assert self.runtime.step(), "nothing is left to happen, and there is no answer"

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        del name  # nobody works unless somebody turns the wheel
        yield

    def close(self) -> None:
        for name, member in self.runtime.members.items():
            if not member.actor_stopped.is_set():
                stop(self, name)


RIGS: dict[str, Callable[[], Rig]] = {"threads": ThreadRig, "virtual": VirtualRig}


def tell(runtime: ActorSystem, name: str, message: Any) -> None:
    """Send a message from outside."""
    number = runtime.number()
    runtime.deliver(name, Envelope(number, message, "outside", 0, number, 0, NOW))


def stop(rig: Rig, name: str) -> None:
    """Stop an actor in order and wait until it has."""
    assert rig.wait_for(rig.runtime.members[name].actor_ref.stop(block=False))


def ask(rig: Rig, name: str, message: Any) -> Any:
    """Ask an actor and wait for the answer: actors themselves never do."""
    return rig.wait_for(ask_later(rig.runtime, name, message))


def ask_later(runtime: ActorSystem, name: str, message: Any) -> pykka.Future[Any]:
    """Ask without waiting for the answer."""
    number = runtime.number()
    envelope = Envelope(number, message, "outside", 0, number, 0, NOW)
    return runtime.members[name].actor_ref.ask(envelope, block=False)


def collect(rig: Rig, name: str = WITNESS) -> list[Any]:
    """Start an actor that keeps what it gets, and answers with how much that is."""
    seen: list[Any] = []

    def keep(_: Scripted, message: Any) -> int:
        seen.append(message)
        return len(seen)

    rig.runtime.spawn(Scripted, name, keep)
    return seen


def lanes_of(rig: Rig, name: str) -> Lanes:
    """Return the lanes of an actor's inbox."""
    inbox = rig.runtime.members[name].actor_inbox
    assert isinstance(inbox, ThreadInbox | VirtualInbox)
    return inbox.lanes


def breaker(rig: Rig, name: str) -> Breaker | None:
    """Return the open breaker of this name."""
    return next((each for each in rig.runtime.board.open if each.name == name), None)


def trace_hash(seed: int) -> str:
    """Return the hash of all that happens in a small world of timers, chains and a crash."""
    lines: list[str] = []
    group, urgent = heard_by("group.*"), heard_by("group.*", lane=Lane.CONTROL)
    routes = {**LANES, Rumour: group, ActorDown: urgent, BreakerTripped: urgent}
    rig = VirtualRig(seed, routes)

    def gossip(self: Scripted, message: Any) -> None:
        envelope = self.envelope
        if isinstance(message, ActorDown):
            message = evolve(message, fingerprint="")  # no line number of this file counts
        lines.append(
            f"{self.clock.market_ns()} {self.name}:{self.epoch} {envelope.sequence}"
            f" {envelope.sender} {envelope.correlation} {envelope.causation} {message}"
        )
        match message:
            case Event(number) if number > 0:
                self.publish(Rumour(number))
                self.after(number * MILLISECOND, Event(number - 1))
            case Rumour(number):
                self.send("group.b" if self.name == "group.a" else "group.a", Price("x", number))
                self.send("group.c", Urgent(number))
            case Urgent(number) if number == 3:
                raise ValueError("the third is one too many")

    for name in ("group.a", "group.b", "group.c", "group.d"):
        rig.runtime.spawn(Scripted, name, gossip)
    for name in ("group.a", "group.d"):
        tell(rig.runtime, name, Event(6))
    while rig.runtime.step():
        pass
    rig.close()
    text = re.sub(r" \(runtime\.py:\d+\)", "", "\n".join(lines))  # nor has the cause of the crash
    return hashlib.sha256(text.encode()).hexdigest()
