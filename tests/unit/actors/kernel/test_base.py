"""The one base of all actors: what it stamps, what it proves, and how it ends."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from attrs import frozen

from actors.kernel.base import Actor, ActorContext, ActorCrashed
from actors.kernel.envelope import Envelope, ReplyTo
from domain.messages.supervision import ActorDown, ActorProven, ActorRestarted, Drill
from domain.model.breakers import ACTOR, DrillKind, Effect, Scope
from domain.model.instants import SECOND
from tests.builders.harness import Harness, deliver

pytestmark = pytest.mark.req("SUP1")

NAME = "allocator"


@frozen
class Say:
    """Asks the actor to say something to somebody."""

    what: Any


class Talker(Actor):
    """Says what it is told to."""

    def receive(self, message: Say) -> None:
        match message:
            case Say(Exception() as error):
                raise error
            case Say(what):
                self.send("nobody", what)
            case _:
                self.refuse(message)

    def stopping(self) -> None:
        self.has_stopped = True


class Ear(Harness):
    """A harness that keeps envelopes."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        self.envelopes.append(envelope)
        super().deliver(receiver, envelope)


def a_talker(harness: Harness, epoch: int = 1) -> Talker:
    return harness.start(Talker, NAME, epoch=epoch)


def test_what_is_said_carries_who_when_and_what_it_follows_from() -> None:
    ear = Ear()
    actor = a_talker(ear, epoch=3)
    cause = Envelope(70, Say("hello"), "test", 0, 42, 41, ear.clock.market_ns())
    ear.envelopes.clear()

    actor.on_receive(cause)

    (said,) = ear.envelopes
    assert (said.sender, said.epoch, said.at_ns) == (NAME, 3, ear.clock.market_ns())
    assert (said.correlation, said.causation) == (42, 70)


def test_what_is_published_for_another_chain_continues_that_one() -> None:
    ear = Ear()
    actor = a_talker(ear)
    ear.envelopes.clear()

    actor.publish("by itself", ReplyTo("nobody", 42, 70))

    (said,) = ear.envelopes
    assert (said.correlation, said.causation) == (42, 70)


def test_what_is_said_without_a_cause_begins_a_chain() -> None:
    ear = Ear()
    actor = a_talker(ear)

    actor.send("nobody", "by itself")

    (said,) = ear.envelopes
    assert (said.correlation, said.causation) == (said.sequence, 0)
    assert actor.reply_to() == ReplyTo(NAME)


def test_only_a_later_incarnation_announces_and_proves_itself_and_does_so_once() -> None:
    first, later = Harness(), Harness()
    for harness, epoch in ((first, 1), (later, 2)):
        actor = a_talker(harness, epoch)
        actor.prove("did it")
        actor.prove("did it again")

    assert first.bodies() == []
    assert later.bodies() == [ActorRestarted(NAME, 2), ActorProven(NAME, 2, "did it")]


def test_a_trip_opens_its_own_breaker_in_its_scope_and_a_close_needs_the_current_epoch() -> None:
    harness = Harness()
    actor, scope = a_talker(harness), Scope("strategy:breakout")
    actor.trip("late", "no answer", effect=Effect.BLOCK, scope=scope)
    (breaker,) = harness.trips()
    assert (breaker.scope, breaker.effect, breaker.is_latched) == (scope, Effect.BLOCK, False)
    assert breaker.at_ns == harness.clock.market_ns()

    harness.epochs[NAME] = 2
    actor.close("late", "answered", scope=scope)
    assert harness.is_open("late")

    harness.epochs[NAME] = 1
    actor.close("late", "answered", scope=scope)
    assert harness.trips() == ()


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit("why"), KeyboardInterrupt("why")])
def test_whatever_is_raised_closes_the_gate_tells_and_ends_in_one_exception(
    error: BaseException,
) -> None:
    harness = Harness()
    actor = a_talker(harness)

    def fail(message: Any) -> None:
        raise error

    vars(actor).update(receive=fail)
    with pytest.raises(ActorCrashed, match="why"):
        deliver(actor, Say(""))

    assert harness.is_open(NAME, "global")
    assert harness.is_open(NAME, ACTOR)
    (down,) = harness.bodies(ActorDown)
    assert re.fullmatch(rf"{type(error).__name__} in Say \(test_base\.py:\d+\): why", down.cause)
    assert down.fingerprint.startswith(f"Say {type(error).__name__} test_base.py:")
    assert actor.actor_stopped.is_set()
    assert harness.log.failures == [down.cause]
    assert not harness.is_current(NAME, 1)


def test_a_message_that_nobody_sends_here_is_a_death_that_tells_no_values() -> None:
    harness = Harness()

    with pytest.raises(ActorCrashed):
        deliver(a_talker(harness), "secret")

    (down,) = harness.bodies(ActorDown)
    assert down.cause.startswith("UnexpectedMessage in str (base.py:")
    assert down.cause.endswith("): allocator does not hear str")


def test_it_is_busy_within_a_message_and_counts_it_however_it_ends() -> None:
    harness = Harness()
    actor = a_talker(harness)
    busy: list[bool] = []
    vars(actor).update(receive=lambda _: busy.append(actor.is_busy))
    deliver(actor, Say(""))
    assert (busy, actor.is_busy, actor.handled) == ([True], False, 1)

    vars(actor).update(receive=Talker.receive.__get__(actor))
    with pytest.raises(ActorCrashed):
        deliver(actor, Say(ValueError()))
    assert (actor.is_busy, actor.handled) == (False, 2)


@pytest.mark.parametrize(
    ("kind", "name"), [(DrillKind.CRASH, "DrillCrash"), (DrillKind.EXIT, "SystemExit")]
)
def test_a_drill_is_a_death_like_any_other(kind: DrillKind, name: str) -> None:
    harness = Harness()

    with pytest.raises(ActorCrashed):
        deliver(a_talker(harness), Drill(kind))

    (down,) = harness.bodies(ActorDown)
    assert re.fullmatch(rf"{name} in Drill \(base\.py:\d+\): drill", down.cause)


@pytest.mark.req("STR1")
def test_an_error_inside_a_library_is_placed_where_our_code_called_it() -> None:
    harness = Harness()
    actor = a_talker(harness)

    def fail(message: Any) -> None:
        json.loads("no json")

    vars(actor).update(receive=fail)
    with pytest.raises(ActorCrashed):
        deliver(actor, Say(""))

    (down,) = harness.bodies(ActorDown)
    assert "(test_base.py:" in down.cause


def test_an_end_is_told_once_whoever_sees_it_first() -> None:
    harness = Harness()
    actor = a_talker(harness)

    assert actor.condemn("hangs")
    assert not actor.condemn("hangs")
    assert not actor.retire()
    actor.post_mortem()

    assert harness.bodies(ActorDown) == []  # the guardian tells of what it condemned
    assert harness.is_open(NAME)


def test_an_orderly_stop_cleans_up_and_opens_nothing() -> None:
    harness = Harness()
    actor = a_talker(harness)

    actor.on_stop()

    assert actor.has_stopped
    assert actor.is_over
    assert harness.trips() == ()


def test_market_timers_go_by_market_time_and_machine_timers_by_the_machines() -> None:
    harness = Harness()
    actor = a_talker(harness)
    actor.after(SECOND, "market")
    actor.after_machine(SECOND, "machine")

    due = {each.body: (each.due_ns, each.is_machine_time) for each in harness.timers}

    assert due["market"] == (harness.clock.market_ns() + SECOND, False)
    assert due["machine"] == (harness.clock.machine_ns() + SECOND, True)


def test_an_envelope_is_there_only_within_a_message() -> None:
    actor = a_talker(Harness())

    with pytest.raises(RuntimeError, match="not handling a message"):
        _ = actor.envelope


def test_the_context_is_all_that_an_incarnation_is_told() -> None:
    harness = Harness()
    actor = a_talker(harness, epoch=4)

    assert ActorContext(harness, NAME, 4) == ActorContext(actor.services, actor.name, actor.epoch)
    assert actor.actor_urn == actor.actor_ref.actor_urn == "urn:actor:allocator:4"
