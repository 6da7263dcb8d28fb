"""Between two incarnations: what the old one still says, and what waits for the new one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pykka
import pytest
from attrs import frozen

from actors.kernel.supervision import policy_of
from actors.kernel.timers import Timer
from actors.kernel.topology import ACTORS
from adapters.runtime.threads import LEAST_GAP_NS
from domain.messages.supervision import ActorDown, ActorProven
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, SECOND
from tests.builders.runtime import (
    RIGS,
    Rig,
    ThreadRig,
    VirtualRig,
    ask,
    ask_later,
    breaker,
    collect,
    tell,
)
from tests.fakes.actors import WITNESS, Event, Scripted, heard_by
from tests.fakes.clocks import JumpingClock

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]


@frozen
class Later(Timer):
    """A timer of an actor."""


KEEPS, LOSES = ("canceller", "alerts"), ("feed", "risk_gate", "strategy.breakout", "victim")


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = RIGS[request.param]()
    yield made
    made.close()


def fail(*_: Any) -> None:
    raise ValueError("on purpose")


def numbers(seen: list[Any]) -> list[int]:
    return [each.number for each in seen if isinstance(each, Event)]


def downs(seen: list[Any]) -> list[ActorDown]:
    return [each for each in seen if isinstance(each, ActorDown)]


def flush(rig: Rig, name: str = WITNESS) -> None:
    ask(rig, name, Event(-1))


def kill(rig: Rig, name: str) -> None:
    """Let the actor die of its next message, and see its inbox closed."""
    rig.runtime.spawn(Scripted, name, fail)
    member = rig.runtime.members[name]
    tell(rig.runtime, name, Event(0))
    rig.until(lambda: is_closed(member))


def is_closed(member: Any) -> bool:
    inbox = member.actor_inbox
    return bool(inbox.is_closed)


# What an old incarnation still says.


@pytest.mark.parametrize("way", ["send", "publish"])
def test_what_a_condemned_incarnation_says_is_dropped_and_counted(rig: Rig, way: str) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "victim")
    zombie = rig.runtime.members["victim"]
    zombie.send(WITNESS, Event(1))
    assert rig.runtime.condemn("victim", 1, "hangs", "somewhere")

    if way == "send":
        zombie.send(WITNESS, Event(2))
    else:
        zombie.publish(ActorDown("another", 1, "a lie", "a lie"))
    flush(rig)

    assert numbers(seen) == [1, -1]
    assert [down.actor for down in downs(seen)] == ["victim"]
    kind = "Event" if way == "send" else "ActorDown"
    assert rig.runtime.fenced[("victim", kind)] == 1


def test_what_a_retired_incarnation_says_is_dropped_also_when_its_heir_lives(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "victim")
    old = rig.runtime.members["victim"]
    rig.runtime.retire("victim")
    rig.runtime.spawn(Scripted, "victim")

    old.send(WITNESS, Event(1))
    rig.runtime.members["victim"].send(WITNESS, Event(2))
    flush(rig)

    assert numbers(seen) == [2, -1]
    assert rig.runtime.fenced[("victim", "Event")] == 1


def test_a_zombie_closes_no_breaker_and_its_heir_does(rig: Rig) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, "victim")
    zombie = rig.runtime.members["victim"]
    zombie.trip("drill", "a reason", effect=Effect.BLOCK)
    rig.runtime.condemn("victim", 1, "hangs", "somewhere")
    rig.runtime.spawn(Scripted, "victim")

    zombie.close("drill", "all is well, says a zombie")
    assert breaker(rig, "drill") is not None

    rig.runtime.members["victim"].close("drill", "all is well")
    assert breaker(rig, "drill") is None


def test_a_zombie_proves_nothing(rig: Rig) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, "victim")
    rig.runtime.retire("victim")
    rig.runtime.spawn(Scripted, "victim")
    second = rig.runtime.members["victim"]
    rig.runtime.condemn("victim", 2, "hangs", "somewhere")
    rig.runtime._routes = {**rig.runtime._routes, ActorProven: heard_by(WITNESS)}

    second.prove("back again")

    assert rig.runtime.fenced[("victim", "ActorProven")] == 1


# Mail.


@pytest.mark.parametrize("name", KEEPS)
def test_mail_waits_for_the_next_incarnation_and_comes_once_and_in_order(
    rig: Rig, name: str
) -> None:
    assert policy_of(name).keeps_mail
    collect(rig)
    rig.runtime.spawn(Scripted, name, fail)
    member = rig.runtime.members[name]
    with rig.hold(name):
        for number in range(5):  # the first is fatal; four wait behind it
            tell(rig.runtime, name, Event(number))
    rig.until(lambda: is_closed(member))
    for number in range(5, 9):
        tell(rig.runtime, name, Event(number))

    heir = collect(rig, name)
    tell(rig.runtime, name, Event(9))
    rig.until(lambda: len(heir) == 9)
    assert numbers(heir) == list(range(1, 10))
    assert not rig.runtime.dead_letters

    rig.runtime.retire(name)
    third = collect(rig, name)
    flush(rig, name)
    assert numbers(third) == [-1]


@pytest.mark.parametrize("name", LOSES)
def test_where_old_messages_mislead_they_are_counted_and_never_delivered(
    rig: Rig, name: str
) -> None:
    assert not policy_of(name).keeps_mail
    collect(rig)
    kill(rig, name)
    for number in range(1, 4):
        tell(rig.runtime, name, Event(number))

    heir = collect(rig, name)
    flush(rig, name)

    assert numbers(heir) == [-1]
    assert rig.runtime.dead_letters[(name, "Event")] == 3
    assert rig.runtime.take_kept(name) == []


def test_the_core_rebuilt_from_the_journal_gets_no_old_mail() -> None:
    """Their fold holds it already: a fill delivered twice is a wrong book."""
    for row in ACTORS.values():
        if row.group and row.keeps_mail:
            assert row is ACTORS["auditor"]


@pytest.mark.parametrize("name", ["scheduler", "alerts"])
def test_a_timer_that_waits_in_a_dead_actors_inbox_does_not_ring_for_the_next(
    rig: Rig, name: str
) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, name)
    with rig.hold(name):
        tell(rig.runtime, name, Event(1))
        tell(rig.runtime, name, Later())
        rig.runtime.condemn(name, 1, "hangs", "somewhere")

    heir = collect(rig, name)
    flush(rig, name)

    assert Later() not in heir
    assert numbers(heir) == [1, -1]
    assert rig.runtime.dead_letters[(name, "Later")] == 1


def test_who_asked_a_dying_actor_is_told_and_the_question_is_not_kept(rig: Rig) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, "canceller")
    with rig.hold("canceller"):
        asked = ask_later(rig.runtime, "canceller", Event(1))
        rig.runtime.condemn("canceller", 1, "hangs", "somewhere")

    with pytest.raises(pykka.ActorDeadError, match="died before it could answer"):
        asked.get(timeout=30)
    heir = collect(rig, "canceller")
    flush(rig, "canceller")
    assert numbers(heir) == [-1]


def test_more_mail_than_an_inbox_holds_halts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.runtime.actor_system.CAPACITY", 3)
    collect(rig)
    kill(rig, "alerts")

    for number in range(4):
        tell(rig.runtime, "alerts", Event(number))

    tripped = breaker(rig, "mailbox:alerts")
    assert tripped is not None
    assert (tripped.effect, tripped.is_latched) == (Effect.HALT, True)
    assert rig.runtime.dead_letters[("alerts", "Event")] == 1


# Timers.


@pytest.mark.parametrize("name", [KEEPS[0], LOSES[0]])
def test_timers_of_a_dead_incarnation_never_reach_the_next(rig: Rig, name: str) -> None:
    collect(rig)
    rig.runtime.spawn(Scripted, name)
    first = rig.runtime.members[name]
    first.after_machine(2 * MILLISECOND, Event(1))
    first.after(2 * MILLISECOND, Event(2))
    rig.runtime.retire(name)
    heir = collect(rig, name)

    second = rig.runtime.members[name]
    second.after_machine(4 * MILLISECOND, Event(3))

    rig.until(lambda: bool(numbers(heir)))
    assert numbers(heir) == [3]


@pytest.mark.parametrize("name", KEEPS)
def test_a_timer_that_rings_while_the_actor_is_dead_is_not_kept(rig: Rig, name: str) -> None:
    collect(rig)
    kill(rig, name)

    rig.runtime.ring(name, 1, Event(1))

    assert rig.runtime.dead_letters[(name, "Event")] == 1
    heir = collect(rig, name)
    flush(rig, name)
    assert numbers(heir) == [-1]


# Condemned or retired.


def test_condemning_trips_tells_once_and_fences(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "victim")

    assert rig.runtime.condemn("victim", 1, "hangs for 2000 ms", "here:9")
    assert not rig.runtime.condemn("victim", 1, "hangs for 3000 ms", "here:9")

    flush(rig)
    assert downs(seen) == [ActorDown("victim", 1, "hangs for 2000 ms", "hang here:9")]
    assert breaker(rig, "victim") is not None
    assert not rig.runtime.is_current("victim", 1)


def test_nobody_is_condemned_for_an_epoch_that_is_not_his(rig: Rig) -> None:
    rig.runtime.spawn(Scripted, "victim")

    assert not rig.runtime.condemn("victim", 2, "hangs", "here")
    assert not rig.runtime.condemn("nobody", 1, "hangs", "here")

    assert not rig.runtime.board.open
    assert rig.runtime.is_current("victim", 1)


def test_an_actor_that_crashes_after_it_was_condemned_is_no_second_death(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "victim", fail)
    member = rig.runtime.members["victim"]
    with rig.hold("victim"):
        tell(rig.runtime, "victim", Event(1))
        assert rig.runtime.condemn("victim", 1, "hangs", "here")
    rig.until(lambda: is_closed(member))

    member.post_mortem()
    flush(rig)

    assert [down.cause for down in downs(seen)] == ["hangs"]


def test_retiring_is_silent(rig: Rig) -> None:
    seen = collect(rig)
    rig.runtime.spawn(Scripted, "victim")

    rig.runtime.retire("victim")
    rig.runtime.retire("victim")
    rig.runtime.retire("nobody")

    flush(rig)
    assert downs(seen) == []
    assert not rig.runtime.board.open
    assert not rig.runtime.is_current("victim", 1)
    assert rig.runtime.members["victim"].actor_stopped.is_set()


def test_a_crash_and_a_verdict_at_the_same_moment_are_one_death() -> None:
    rounds = 60
    rig = ThreadRig()
    seen = collect(rig)
    for number in range(rounds):
        epoch = number + 1
        both = threading.Barrier(2)

        def die(_: Any, __: Any, both: threading.Barrier = both) -> None:
            both.wait(5)
            raise ValueError("at the same moment")

        rig.runtime.spawn(Scripted, "victim", die)
        member = rig.runtime.members["victim"]
        tell(rig.runtime, "victim", Event(number))
        both.wait(5)
        rig.runtime.condemn("victim", epoch, "hangs", "here")
        rig.until(partial(is_closed, member))

    rig.until(lambda: len(downs(seen)) >= rounds)
    flush(rig)

    assert sorted(down.epoch for down in downs(seen)) == list(range(1, rounds + 1))
    rig.close()


# What only one of the two runtimes has.


@pytest.mark.parametrize("way", ["retire", "condemn", "crash"])
def test_a_closed_inbox_ends_its_thread(way: str) -> None:
    rig = ThreadRig()
    collect(rig)
    rig.runtime.spawn(Scripted, "victim", fail)
    rig.until(lambda: "victim" in rig.runtime.threads)
    thread = next(t for t in threading.enumerate() if t.ident == rig.runtime.thread_of("victim"))

    if way == "retire":
        rig.runtime.retire("victim")
    elif way == "condemn":
        rig.runtime.condemn("victim", 1, "hangs", "here")
    else:
        tell(rig.runtime, "victim", Event(1))

    thread.join(5)
    assert not thread.is_alive()
    with pytest.raises(pykka.ActorDeadError):
        rig.runtime.members["victim"].actor_ref.tell(Event(2))
    rig.close()


def test_in_virtual_time_an_actor_held_up_is_condemned_after_its_budget() -> None:
    rig = VirtualRig()
    seen = collect(rig)
    worked = collect(rig, "canceller")
    begun_ns = rig.runtime.clock.machine_ns()
    rig.runtime.stall("canceller")
    tell(rig.runtime, "canceller", Event(1))

    rig.until(lambda: bool(downs(seen)))

    held_ns = rig.runtime.clock.machine_ns() - begun_ns
    assert policy_of("canceller").hang_ns < held_ns <= policy_of("canceller").hang_ns + SECOND // 5
    assert worked == []
    rig.runtime.release("canceller")
    while rig.runtime.step():
        pass
    assert worked == []
    heir = collect(rig, "canceller")
    flush(rig, "canceller")
    assert numbers(heir) == [1, -1]
    rig.close()


def test_in_virtual_time_an_actor_released_in_time_goes_on() -> None:
    rig = VirtualRig()
    seen = collect(rig)
    worked = collect(rig, "canceller")
    rig.runtime.stall("canceller")
    tell(rig.runtime, "canceller", Event(1))
    rig.runtime.call_at(
        rig.runtime.clock.machine_ns() + SECOND, lambda: rig.runtime.release("canceller")
    )

    while rig.runtime.step():
        pass

    assert numbers(worked) == [1]
    assert downs(seen) == []
    rig.close()


# A time in which the process did not run.


class Sleeper:
    """A thread rig whose time jumps, and what it was told of that, in order."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.rig = ThreadRig(self.clock)
        self.told: list[Any] = []
        self.rig.runtime.spawn(Scripted, "victim", lambda _, m: self.told.append(m.number))
        self.rig.runtime.on_gap(2 * SECOND, lambda length: self.told.append(("gap", length)))

    @property
    def gaps(self) -> list[int]:
        return [each[1] for each in self.told if isinstance(each, tuple)]

    def ring(self, number: int, delay_ns: int = MILLISECOND) -> None:
        self.rig.runtime.members["victim"].after_machine(delay_ns, Event(number))

    def wait_for(self, number: int) -> None:
        self.rig.until(lambda: number in self.told)


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    made = Sleeper()
    yield made
    made.rig.close()


@pytest.mark.req("TIME2")
def test_a_gap_is_told_once_and_before_every_timer_that_it_made_late(sleeper: Sleeper) -> None:
    for number in (1, 2, 3):
        sleeper.ring(number, number * SECOND)
    sleeper.clock.slept_ns += 10 * SECOND
    sleeper.ring(9)  # wakes the timers' thread; its own timer is not late

    for number in (1, 2, 3, 9):
        sleeper.wait_for(number)

    assert isinstance(sleeper.told[0], tuple)
    assert sleeper.told[1:] == [1, 2, 3, 9]
    assert sleeper.gaps[0] > 8 * SECOND


@pytest.mark.req("TIME2")
def test_a_second_gap_is_told_again(sleeper: Sleeper) -> None:
    for number in (1, 2):
        sleeper.ring(number, SECOND)
        sleeper.clock.slept_ns += 10 * SECOND
        sleeper.ring(10 + number)
        sleeper.wait_for(10 + number)

    assert len(sleeper.gaps) == 2


@pytest.mark.req("TIME2")
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_of_the_wall_clock_alone_is_a_gap(sleeper: Sleeper, sign: int) -> None:
    """Asleep with its machine, the monotonic clock stands still."""
    sleeper.clock.wall_only_ns = sign * 10 * SECOND

    for number in (1, 2):
        sleeper.ring(number)
        sleeper.wait_for(number)

    assert len(sleeper.gaps) == 1
    assert sleeper.told[1:] == [1, 2]


@pytest.mark.req("TIME2")
def test_a_timer_a_little_late_is_no_gap(sleeper: Sleeper) -> None:
    sleeper.ring(1, SECOND // 4)
    sleeper.clock.slept_ns += SECOND
    sleeper.ring(2)

    sleeper.wait_for(1)
    sleeper.wait_for(2)

    assert sleeper.gaps == []
    assert LEAST_GAP_NS == SECOND
