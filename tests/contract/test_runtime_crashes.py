"""However an actor dies: the gate closes, everybody hears of it once, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pykka
import pytest

from actors.kernel.base import ActorCrashed
from domain.messages.supervision import ActorDown, BreakerTripped
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND
from tests.builders.faults import override
from tests.builders.runtime import RIGS, Rig, ask, breaker, collect, stop, tell
from tests.fakes.actors import Event, Scripted

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

VICTIM = "victim"
ERRORS = (ValueError, SystemExit, KeyboardInterrupt, MemoryError, RecursionError)


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = RIGS[request.param]()
    yield made
    made.close()


def raiser(error: BaseException) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def die_at_start(rig: Rig, error: BaseException) -> None:
    rig.runtime.spawn(Scripted, VICTIM, at_start=raiser(error))


def die_by_tell(rig: Rig, error: BaseException) -> None:
    rig.runtime.spawn(Scripted, VICTIM, raiser(error))
    tell(rig.runtime, VICTIM, Event(1))


def die_by_ask(rig: Rig, error: BaseException) -> None:
    rig.runtime.spawn(Scripted, VICTIM, raiser(error))
    with pytest.raises(ActorCrashed, match=type(error).__name__):
        ask(rig, VICTIM, Event(1))


def die_by_timer(rig: Rig, error: BaseException) -> None:
    rig.runtime.spawn(
        Scripted,
        VICTIM,
        raiser(error),
        at_start=lambda self: self.after(MILLISECOND, Event(1)),
    )


def die_at_stop(rig: Rig, error: BaseException) -> None:
    rig.runtime.spawn(Scripted, VICTIM, at_stop=raiser(error))
    stop(rig, VICTIM)


WAYS = {
    "start": die_at_start,
    "tell": die_by_tell,
    "ask": die_by_ask,
    "timer": die_by_timer,
    "stop": die_at_stop,
}


def assert_dead_and_all_else_alive(rig: Rig, seen: list[Any], found: str) -> None:
    rig.until(lambda: any(isinstance(each, ActorDown) for each in seen))
    # Asking flushes the witness: what else was published before has been handled by then.
    assert ask(rig, "bystander", Event(7)) == "alive"
    ask(rig, "witness", Event(0))

    name = VICTIM
    tripped = breaker(rig, name)
    assert tripped is not None
    assert (tripped.effect, tripped.is_latched, tripped.scope) == (Effect.HALT, True, "global")
    assert found in tripped.reason
    assert rig.runtime.board.strongest() == tripped
    downs = [each for each in seen if isinstance(each, ActorDown)]
    assert [(down.actor, down.epoch, down.cause) for down in downs] == [(VICTIM, 1, tripped.reason)]
    trips = [each for each in seen if isinstance(each, BreakerTripped)]
    scopes = [(each.breaker.name, each.breaker.scope) for each in trips]
    assert scopes == [(name, "global"), (name, "actor")]
    assert seen.index(trips[0]) < seen.index(downs[0])
    assert rig.runtime.members[VICTIM].actor_stopped.is_set()
    assert [ref for ref in pykka.ActorRegistry.get_all() if VICTIM in ref.actor_urn] == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_a_crash_halts_tells_everybody_once_and_leaves_the_others_alive(
    rig: Rig, kind: type[BaseException], way: str
) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")

    WAYS[way](rig, kind("the reason"))

    assert_dead_and_all_else_alive(rig, seen, kind.__name__)
    assert len(rig.log.failures) == 1
    tell(rig.runtime, VICTIM, Event(2))
    rig.until(lambda: rig.runtime.dead_letters[(VICTIM, "Event")] == 1)


def test_a_real_endless_recursion_is_a_crash_like_any_other(rig: Rig) -> None:
    def recurse(self: Scripted, message: Any) -> None:
        recurse(self, message)

    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")
    rig.runtime.spawn(Scripted, VICTIM, recurse)
    tell(rig.runtime, VICTIM, Event(1))

    assert_dead_and_all_else_alive(rig, seen, "RecursionError")


class Mute(ValueError):
    """An error that fails when asked for its text."""

    def __str__(self) -> str:
        raise SystemExit("no comment")


@pytest.mark.parametrize("way", WAYS)
def test_an_error_without_a_readable_text_halts_too(rig: Rig, way: str) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")

    if way == "ask":
        rig.runtime.spawn(Scripted, VICTIM, raiser(Mute()))
        with pytest.raises(ActorCrashed):
            ask(rig, VICTIM, Event(1))
    else:
        WAYS[way](rig, Mute())

    assert_dead_and_all_else_alive(rig, seen, "no text (SystemExit)")


@pytest.mark.parametrize("kind", [OSError, SystemExit])
def test_a_log_that_fails_keeps_nobody_from_hearing_of_the_crash(
    rig: Rig, kind: type[BaseException]
) -> None:
    override(rig.log, failure=raiser(kind("disk full")))
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")

    die_by_ask(rig, ValueError("the reason"))

    assert_dead_and_all_else_alive(rig, seen, "ValueError")


def test_an_error_outside_the_guard_is_a_crash_too(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")
    rig.runtime.spawn(Scripted, VICTIM)
    # Not an envelope: only somebody who holds a ref can send such a thing.
    rig.runtime.members[VICTIM].actor_ref.tell(object())

    assert_dead_and_all_else_alive(rig, seen, "AttributeError in envelope")


def test_a_loop_that_ends_without_a_word_is_a_crash_too(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "bystander", lambda *_: "alive")
    rig.runtime.spawn(Scripted, VICTIM)
    past_the_guard = raiser(ValueError("past the guard"))
    override(rig.runtime.members[VICTIM], on_receive=past_the_guard)
    tell(rig.runtime, VICTIM, Event(1))

    assert_dead_and_all_else_alive(rig, seen, "thread vanished")


def test_two_crashes_are_two_breakers_and_two_reports(rig: Rig) -> None:
    seen = collect(rig)
    for name in ("first", "second"):
        rig.runtime.spawn(Scripted, name, raiser(ValueError(name)))
        tell(rig.runtime, name, Event(1))

    rig.until(lambda: sum(isinstance(each, ActorDown) for each in seen) == 2)
    assert sorted({each.name for each in rig.runtime.board.latched()}) == ["first", "second"]


def test_a_crashed_actor_can_come_back_while_its_breaker_stays_latched(rig: Rig) -> None:
    seen = collect(rig)
    die_by_tell(rig, ValueError("once"))
    rig.until(lambda: any(isinstance(each, ActorDown) for each in seen))

    rig.runtime.spawn(Scripted, VICTIM, lambda self, _: self.epoch)

    assert ask(rig, VICTIM, Event(1)) == 2
    assert breaker(rig, VICTIM) is not None


def test_messages_that_wait_behind_the_fatal_one_are_counted(rig: Rig) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, VICTIM, raiser(ValueError("the first")))

    with rig.hold(VICTIM):
        for number in range(4):
            tell(rig.runtime, VICTIM, Event(number))

    rig.until(lambda: rig.runtime.dead_letters[(VICTIM, "Event")] == 3)
