"""What an actor may rely on, whichever runtime it is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import ReplyTo
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND
from tests.builders.operator import resume_board
from tests.builders.runtime import (
    RIGS,
    Rig,
    ask,
    ask_later,
    breaker,
    collect,
    lanes_of,
    stop,
    tell,
)
from tests.fakes.actors import Event, Price, Rumour, Scripted, Urgent


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = RIGS[request.param]()
    yield made
    made.close()


def test_messages_of_one_lane_are_handled_in_the_order_sent(rig: Rig) -> None:
    seen = collect(rig, "reader")

    for number in range(200):
        tell(rig.runtime, "reader", Event(number))

    rig.until(lambda: len(seen) == 200)
    assert seen == [Event(number) for number in range(200)]


def test_every_senders_messages_keep_their_order_among_those_of_others(rig: Rig) -> None:
    seen = collect(rig, "reader")

    def pass_on(self: Scripted, message: Event) -> None:
        self.send("reader", (self.name, message.number))

    for name in ("one", "two", "three"):
        rig.runtime.spawn(Scripted, name, pass_on)
    for number in range(50):
        for name in ("one", "two", "three"):
            tell(rig.runtime, name, Event(number))

    rig.until(lambda: len(seen) == 150)
    for name in ("one", "two", "three"):
        assert [number for sender, number in seen if sender == name] == list(range(50))


def test_control_overtakes_events_and_events_overtake_market_data(rig: Rig) -> None:
    seen = collect(rig, "reader")

    with rig.hold("reader"):
        for message in (Price("a", 1), Event(1), Event(2), Urgent(1), Urgent(2)):
            tell(rig.runtime, "reader", message)

    rig.until(lambda: len(seen) == 5)
    assert seen == [Urgent(1), Urgent(2), Event(1), Event(2), Price("a", 1)]


def test_market_data_conflates_per_key_and_the_newest_keeps_the_place_of_the_first(
    rig: Rig,
) -> None:
    seen = collect(rig, "reader")

    with rig.hold("reader"):
        for number in range(1, 4):
            tell(rig.runtime, "reader", Price("busy", number))
            tell(rig.runtime, "reader", Price("quiet", 1))

    rig.until(lambda: len(seen) == 2)
    assert seen == [Price("busy", 3), Price("quiet", 1)]
    assert lanes_of(rig, "reader").conflated == 4


@pytest.mark.way_out("mailbox:")
def test_overflow_halts_and_is_counted_while_the_sender_lives(rig: Rig) -> None:
    seen = collect(rig, "slow")
    lanes_of(rig, "slow").capacity = 3
    done: list[int] = []

    def flood(self: Scripted, _: Any) -> None:
        for number in range(5):
            self.send("slow", Event(number))
        done.append(5)

    rig.runtime.spawn(Scripted, "sender", flood)
    with rig.hold("slow"):
        tell(rig.runtime, "sender", Event(0))
        rig.until(lambda: bool(done))

    rig.until(lambda: len(seen) == 3)
    assert seen == [Event(0), Event(1), Event(2)]
    tripped = breaker(rig, "mailbox:slow")
    assert tripped is not None
    assert (tripped.effect, tripped.is_latched) == (Effect.HALT, True)
    assert rig.runtime.dead_letters == {("slow", "Event"): 2}
    assert not rig.runtime.members["sender"].actor_stopped.is_set()

    again = BreakerBoard()  # of the next start, with what the journal has kept
    again.restore((tripped,))
    assert resume_board(again).code == 0
    assert again.open == ()


def test_overflow_of_events_leaves_the_control_lane_open(rig: Rig) -> None:
    seen = collect(rig, "slow")
    lanes_of(rig, "slow").capacity = 1

    with rig.hold("slow"):
        for number in range(3):
            tell(rig.runtime, "slow", Event(number))
            tell(rig.runtime, "slow", Urgent(number))

    rig.until(lambda: len(seen) == 4)
    assert seen == [Urgent(0), Urgent(1), Urgent(2), Event(0)]


@pytest.mark.parametrize("is_machine_time", [False, True], ids=["market", "machine"])
def test_timers_fire_in_order_of_their_time_and_never_early(
    rig: Rig, is_machine_time: bool
) -> None:
    fired: list[tuple[int, int]] = []
    begun: list[int] = []

    def now(self: Scripted) -> int:
        return self.clock.machine_ns() if is_machine_time else self.clock.market_ns()

    def set_timers(self: Scripted) -> None:
        begun.append(now(self))
        for number in (500, 3, 6):  # far apart: a stall of this thread changes no order
            wake = self.after_machine if is_machine_time else self.after
            wake(number * MILLISECOND, Event(number))

    def note(self: Scripted, message: Event) -> None:
        fired.append((message.number, now(self)))

    rig.runtime.spawn(Scripted, "sleeper", note, at_start=set_timers)

    rig.until(lambda: len(fired) == 3)
    assert [number for number, _ in fired] == [3, 6, 500]
    assert all(at_ns - begun[0] >= number * MILLISECOND for number, at_ns in fired)


def test_a_timer_that_is_due_already_fires_at_once(rig: Rig) -> None:
    seen: list[Any] = []

    def look_back(self: Scripted) -> None:
        self.at(self.clock.market_ns() - MILLISECOND, Event(1))

    rig.runtime.spawn(Scripted, "late", lambda _, message: seen.append(message), at_start=look_back)

    rig.until(lambda: seen == [Event(1)])


def test_a_timer_of_a_dead_epoch_never_fires(rig: Rig) -> None:
    seen = collect(rig, "other")

    def set_timer(self: Scripted) -> None:
        self.after(5 * MILLISECOND, Event(self.epoch))
        self.after_machine(6 * MILLISECOND, Event(self.epoch))

    first: list[Any] = []
    second: list[Any] = []
    rig.runtime.spawn(Scripted, "worker", lambda _, m: first.append(m), at_start=set_timer)
    stop(rig, "worker")
    rig.runtime.spawn(Scripted, "worker", lambda _, m: second.append(m))
    rig.runtime.spawn(
        Scripted,
        "clockwork",
        lambda self, m: self.send("other", m),
        at_start=lambda self: self.after(20 * MILLISECOND, Event(0)),
    )

    rig.until(lambda: seen == [Event(0)])
    assert (first, second) == ([], [])


def test_a_timer_for_a_dead_actor_that_did_not_come_back_is_a_dead_letter(rig: Rig) -> None:
    rig.runtime.spawn(
        Scripted, "worker", at_start=lambda self: self.after(5 * MILLISECOND, Event(1))
    )
    stop(rig, "worker")

    rig.until(lambda: rig.runtime.dead_letters[("worker", "Event")] == 1)


def test_a_chain_keeps_its_correlation_and_names_its_cause(rig: Rig) -> None:
    envelopes: dict[str, Any] = {}

    def pass_on(to: str | None) -> Any:
        def script(self: Scripted, message: Any) -> None:
            envelopes[self.name] = self.envelope
            if to is not None:
                self.send(to, message)

        return script

    rig.runtime.spawn(Scripted, "c", pass_on(None))
    rig.runtime.spawn(Scripted, "b", pass_on("c"))
    rig.runtime.spawn(Scripted, "a", pass_on("b"))
    rig.runtime.post(ReplyTo("a"), Event(1))
    rig.until(lambda: len(envelopes) == 3)

    head, middle, tail = (envelopes[name] for name in "abc")
    assert (head.sender, head.epoch, head.causation) == ("outside", 0, 0)
    assert head.correlation == head.sequence
    assert (middle.sender, middle.epoch) == ("a", 1)
    assert (tail.sender, tail.epoch) == ("b", 1)
    assert {middle.correlation, tail.correlation} == {head.sequence}
    assert (middle.causation, tail.causation) == (head.sequence, middle.sequence)
    assert head.sequence < middle.sequence < tail.sequence


def test_an_answer_from_outside_continues_the_chain_that_asked_for_it(rig: Rig) -> None:
    asked: list[tuple[Any, ReplyTo]] = []
    answered: list[Any] = []

    def script(self: Scripted, message: Any) -> None:
        if message == Event(1):
            asked.append((self.envelope, self.reply_to()))
        else:
            answered.append(self.envelope)

    rig.runtime.spawn(Scripted, "a", script)
    tell(rig.runtime, "a", Event(1))
    rig.until(lambda: bool(asked))
    question, reply_to = asked[0]
    rig.runtime.post(reply_to, Event(2))

    rig.until(lambda: bool(answered))
    assert answered[0].correlation == question.correlation
    assert answered[0].causation == question.sequence


def test_what_an_actor_sends_without_a_cause_begins_a_chain(rig: Rig) -> None:
    envelopes: list[Any] = []
    rig.runtime.spawn(Scripted, "reader", lambda self, _: envelopes.append(self.envelope))
    rig.runtime.spawn(Scripted, "writer", at_start=lambda self: self.send("reader", Event(1)))

    rig.until(lambda: bool(envelopes))
    assert envelopes[0].correlation == envelopes[0].sequence
    assert envelopes[0].causation == 0


@pytest.mark.req("SUP1")
def test_a_respawned_actor_keeps_its_address_and_gets_the_next_epoch(rig: Rig) -> None:
    def answer(self: Scripted, _: Any) -> tuple[int, str]:
        return self.epoch, self.actor_urn

    for epoch in (1, 2, 3):
        rig.runtime.spawn(Scripted, "worker", answer)
        assert ask(rig, "worker", Event(1)) == (
            epoch,
            f"urn:actor:worker:{epoch}",
        )
        stop(rig, "worker")

    assert rig.runtime.members["worker"].epoch == 3


def test_the_end_of_an_old_incarnation_leaves_the_new_one_alone(rig: Rig) -> None:
    collect(rig, "worker")
    old = rig.runtime.members["worker"]
    seen = collect(rig, "worker")

    rig.wait_for(old.actor_ref.stop(block=False))
    tell(rig.runtime, "worker", Event(1))

    rig.until(lambda: seen == [Event(1)])
    assert not rig.runtime.members["worker"].actor_stopped.is_set()


def test_a_group_route_reaches_members_that_joined_after_the_first_message(rig: Rig) -> None:
    first = collect(rig, "group.a")
    rig.runtime.announce(Rumour(1))
    second = collect(rig, "group.b")
    rig.runtime.announce(Rumour(2))

    rig.until(lambda: len(first) == 2 and len(second) == 1)
    assert second == [Rumour(2)]


def test_a_message_to_nobody_is_counted(rig: Rig) -> None:
    for number in range(3):
        tell(rig.runtime, "nobody", Event(number))

    assert rig.runtime.dead_letters == {("nobody", "Event"): 3}


def test_a_message_to_a_stopped_actor_is_counted(rig: Rig) -> None:
    collect(rig, "gone")
    stop(rig, "gone")

    tell(rig.runtime, "gone", Event(1))

    assert rig.runtime.dead_letters == {("gone", "Event"): 1}


def test_what_still_waits_when_an_actor_stops_is_counted(rig: Rig) -> None:
    seen = collect(rig, "leaving")

    with rig.hold("leaving"):
        for number in range(3):
            tell(rig.runtime, "leaving", Event(number))
        stopped = rig.runtime.members["leaving"].actor_ref.stop(block=False)

    assert rig.wait_for(stopped)
    rig.until(lambda: rig.runtime.dead_letters[("leaving", "Event")] == 3)
    assert seen == []


def test_who_asked_a_dying_actor_is_told(rig: Rig) -> None:
    def fail(_: Scripted, message: Any) -> None:
        if message == Urgent(1):
            raise ValueError("no more")

    rig.runtime.spawn(Scripted, "dying", fail)
    with rig.hold("dying"):
        answer = ask_later(rig.runtime, "dying", Event(1))
        tell(rig.runtime, "dying", Urgent(1))

    with pytest.raises(pykka.ActorDeadError):
        rig.wait_for(answer)


def test_asking_a_stopped_actor_raises(rig: Rig) -> None:
    collect(rig, "gone")
    stop(rig, "gone")

    with pytest.raises(pykka.ActorDeadError):
        ask(rig, "gone", Event(1))


def test_an_orderly_stop_runs_the_cleanup_and_trips_nothing(rig: Rig) -> None:
    cleaned: list[str] = []
    rig.runtime.spawn(Scripted, "tidy", at_stop=lambda self: cleaned.append(self.name))

    stop(rig, "tidy")

    rig.until(lambda: cleaned == ["tidy"])
    assert rig.runtime.board.open == ()


def test_the_envelope_belongs_to_the_message_being_handled(rig: Rig) -> None:
    outside: list[str] = []

    def look(self: Scripted) -> None:
        try:
            _ = self.envelope
        except RuntimeError as error:
            outside.append(str(error))

    rig.runtime.spawn(Scripted, "curious", at_start=look)

    rig.until(lambda: bool(outside))
    assert outside == ["curious is not handling a message"]
