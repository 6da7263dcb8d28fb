"""The runtime of a backtest: messages in the order of sending, timers at the next instant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import ReplyTo
from adapters.runtime.fifo import FifoRuntime
from adapters.runtime.virtual import VirtualClock
from domain.model.instants import SECOND
from tests.fakes.actors import ROUTES, Event, Urgent
from tests.fakes.log import KeptLog

pytestmark = pytest.mark.req("BT1")
T0 = 1_000 * SECOND


class Listener(Actor):
    """Tells `hear` of every message."""

    def __init__(self, context: ActorContext, hear: Callable[[Actor, Any], None]) -> None:
        super().__init__(context)
        self._hear = hear

    def receive(self, message: Any) -> None:
        self._hear(self, message)


def a_runtime(*punctual: str) -> FifoRuntime:
    log = KeptLog()
    return FifoRuntime(VirtualClock(T0), BreakerBoard(), ROUTES, lambda _: log, punctual)


def test_what_is_sent_first_is_handled_first_whatever_its_lane() -> None:
    runtime, heard = a_runtime(), list[tuple[str, int]]()
    for name in ("a", "b"):
        runtime.spawn(Listener, name, lambda actor, m: heard.append((actor.name, m.number)))

    for number, name in enumerate("abba"):
        runtime.post(ReplyTo(name), Event(number) if number else Urgent(number))
    runtime.run_to(T0)
    runtime.unlist()

    assert heard == [("a", 0), ("b", 1), ("b", 2), ("a", 3)]


def test_a_timer_rings_at_the_first_instant_that_is_not_before_its_own() -> None:
    runtime, rung = a_runtime(), list[int]()

    def hear(actor: Actor, message: Any) -> None:
        if message.number == 0:
            actor.after(SECOND, Event(1))
        else:
            rung.append(actor.clock.market_ns())

    runtime.spawn(Listener, "a", hear)
    runtime.post(ReplyTo("a"), Event(0))
    runtime.run_to(T0)
    runtime.hand_over(T0 + 5 * SECOND)
    assert not rung

    runtime.run_to(T0 + 60 * SECOND)
    runtime.unlist()

    assert rung == [T0 + 60 * SECOND]


def test_timers_of_punctual_actors_are_appointments_and_those_of_others_are_none() -> None:
    runtime, rung = a_runtime("a"), list[tuple[str, int]]()

    def hear(actor: Actor, message: Any) -> None:
        if message.number == 0:
            actor.after(2 * SECOND if actor.name == "a" else SECOND, Event(1))
            actor.after_machine(4 * SECOND, Event(2))
        else:
            rung.append((actor.name, actor.clock.market_ns()))

    for name in ("a", "b"):
        runtime.spawn(Listener, name, hear)
        runtime.post(ReplyTo(name), Event(0))
    runtime.run_to(T0)

    assert runtime.appointment(T0 + 2 * SECOND) is None
    while (due_ns := runtime.appointment(T0 + 9 * SECOND)) is not None:
        runtime.run_to(due_ns)
    runtime.unlist()

    assert [each for each in rung if each[0] == "a"] == [
        ("a", T0 + 2 * SECOND),
        ("a", T0 + 4 * SECOND),
    ]
    assert ("b", T0 + 2 * SECOND) in rung


def test_messages_of_an_instant_come_before_its_timers() -> None:
    runtime, heard = a_runtime(), list[int]()

    def hear(actor: Actor, message: Any) -> None:
        heard.append(message.number)
        if message.number == 0:
            actor.after(SECOND, Event(2))

    runtime.spawn(Listener, "a", hear)
    runtime.post(ReplyTo("a"), Event(0))
    runtime.run_to(T0)
    runtime.post(ReplyTo("a"), Event(1))
    runtime.run_to(T0 + SECOND)
    runtime.unlist()

    assert heard == [0, 1, 2]


def test_who_dies_takes_nobody_along() -> None:
    runtime, heard = a_runtime(), list[int]()

    def hear(actor: Actor, message: Any) -> None:
        if actor.name == "a":
            raise ValueError("bad")
        heard.append(message.number)

    for name in ("a", "b"):
        runtime.spawn(Listener, name, hear)
    for name in ("a", "a", "b"):
        runtime.post(ReplyTo(name), Event(1))
    runtime.run_to(T0)
    runtime.unlist()

    assert heard == [1]
    assert runtime.down() == ("a",)
    assert runtime.step() is False


def test_it_tells_when_timers_fall_due_the_next_first() -> None:
    runtime = a_runtime()
    for seconds in (5, 1, 3):
        runtime.call_at(T0 + seconds * SECOND, lambda: None)

    assert [due_ns for due_ns, _ in runtime.dues()] == [T0 + each * SECOND for each in (1, 3, 5)]
    runtime.run_to(T0 + 3 * SECOND)
    assert [due_ns for due_ns, _ in runtime.dues()] == [T0 + 5 * SECOND]


def test_timers_of_a_time_that_is_passed_over_ring_once_after_it_in_their_order() -> None:
    runtime, rung = a_runtime(), list[tuple[int, int]]()

    def ring(number: int) -> None:
        rung.append((number, runtime.clock.market_ns()))

    for number, after_s in enumerate((3, 1, 2, 9)):
        runtime.call_at(T0 + after_s * SECOND, partial(ring, number))

    runtime.postpone(T0 + 5 * SECOND, T0 + 8 * SECOND, "stays")
    assert runtime.dues() == tuple((T0 + each * SECOND, "") for each in (8, 8, 8, 9))
    runtime.run_to(T0 + 7 * SECOND)
    assert not rung
    runtime.run_to(T0 + 8 * SECOND)
    runtime.run_to(T0 + 9 * SECOND)

    eight, nine = T0 + 8 * SECOND, T0 + 9 * SECOND
    assert rung == [(1, eight), (2, eight), (0, eight), (3, nine)]


def test_timers_of_one_actor_may_stay_where_others_are_passed_over() -> None:
    runtime = a_runtime()
    for name in ("stays", "goes"):
        runtime.spawn(Listener, name, lambda actor, _: actor.after(SECOND, Event(1)))
        runtime.post(ReplyTo(name), Event(0))
    runtime.run_to(T0)

    runtime.postpone(T0 + 5 * SECOND, T0 + 8 * SECOND, "stays")
    assert runtime.dues() == ((T0 + SECOND, "stays"), (T0 + 8 * SECOND, "goes"))
    runtime.unlist()
