"""What only one of the two runtimes promises: repeatability, clocks that differ, real threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, Nanos
from tests.builders.messages import NOW
from tests.builders.operator import resume_board
from tests.builders.runtime import ThreadRig, VirtualRig, ask, breaker, collect, tell, trace_hash
from tests.fakes.actors import Event, Rumour, Scripted
from tests.fakes.clocks import FastClock, HandClock, TimerlessClock

ROOT = Path(__file__).parents[2]
SEED = 7
KNOWN_TRACE = "7ff4afacc4799faa0a87598b1a18fb7a371a2a2b8811231cfec1ccd173169d13"


@pytest.fixture
def hand() -> Iterator[tuple[ThreadRig, HandClock]]:
    clock = HandClock()
    rig = ThreadRig(clock)
    yield rig, clock
    rig.close()


def in_another_process(hash_seed: str) -> str:
    code = f"from tests.builders.runtime import trace_hash; print(trace_hash({SEED}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_the_same_seed_gives_the_same_trace_in_every_process() -> None:
    assert {in_another_process(hash_seed) for hash_seed in ("0", "1")} == {trace_hash(SEED)}


def test_different_seeds_give_different_traces() -> None:
    assert len({trace_hash(seed) for seed in range(10)}) == 10


def test_the_trace_is_the_one_known_so_a_change_of_pykka_or_ours_is_noticed() -> None:
    assert trace_hash(SEED) == KNOWN_TRACE


def test_two_virtual_worlds_in_one_process_do_not_mix() -> None:
    one, two = VirtualRig(), VirtualRig()
    seen_one, seen_two = collect(one, "reader"), collect(two, "reader")

    assert ask(one, "reader", Event(1)) == 1
    assert ask(two, "reader", Event(2)) == 1
    assert (seen_one, seen_two) == ([Event(1)], [Event(2)])
    one.close()
    two.close()


def has(seen: list[Any], count: int) -> bool:
    return len(seen) == count


def test_virtual_time_jumps_to_the_next_instant_and_all_that_is_due_then_races() -> None:
    orders = set()
    for seed in range(60):
        rig = VirtualRig(seed)
        seen = collect(rig, "reader")
        for name in ("a", "b", "c"):
            rig.runtime.spawn(
                Scripted,
                name,
                lambda self, _: self.send("reader", self.name),
                at_start=lambda self: self.after(3_600_000 * MILLISECOND, Event(1)),
            )
        rig.until(partial(has, seen, 3))
        assert rig.runtime.clock.market_ns() == NOW + 3_600_000 * MILLISECOND
        orders.add(tuple(seen))
        rig.close()

    assert len(orders) == 6


def test_a_market_timer_waits_for_a_market_clock_that_slips(
    hand: tuple[ThreadRig, HandClock],
) -> None:
    rig, clock = hand
    fired: list[Any] = []

    def set_timers(self: Scripted) -> None:
        self.after(2 * MILLISECOND, "market")
        self.after_machine(20 * MILLISECOND, "machine")

    rig.runtime.spawn(Scripted, "sleeper", lambda _, m: fired.append(m), at_start=set_timers)
    rig.until(lambda: bool(fired))
    assert fired == ["machine"]

    clock.now_ns = Nanos(NOW + 2 * MILLISECOND)

    rig.until(lambda: fired == ["machine", "market"])


def test_a_market_timer_is_as_fast_as_the_market() -> None:
    rig = ThreadRig(FastClock(), speed=FastClock.SPEED)
    fired: list[tuple[int, int]] = []
    begun: list[tuple[int, int]] = []

    def now(self: Scripted) -> tuple[int, int]:
        return self.clock.market_ns(), self.clock.machine_ns()

    def set_timer(self: Scripted) -> None:
        begun.append(now(self))
        self.after(10_000 * MILLISECOND, Event(1))

    rig.runtime.spawn(
        Scripted, "sleeper", lambda self, _: fired.append(now(self)), at_start=set_timer
    )
    rig.until(lambda: bool(fired))

    market, machine = (after - before for after, before in zip(fired[0], begun[0], strict=True))
    assert market >= 10_000 * MILLISECOND
    assert machine < 5_000 * MILLISECOND
    rig.close()


@pytest.mark.supervision
@pytest.mark.way_out("timers")
@pytest.mark.req("SUP1")
def test_the_death_of_the_timers_halts_until_a_person_resumes() -> None:
    clock = TimerlessClock()
    rig = ThreadRig(clock)
    clock.is_broken = True
    rig.runtime.spawn(Scripted, "sleeper", at_start=lambda self: self.after(1, Event(1)))

    rig.until(lambda: breaker(rig, "timers") is not None and bool(rig.log.failures))
    tripped = breaker(rig, "timers")
    assert tripped is not None
    assert (tripped.effect, tripped.is_latched) == (Effect.HALT, True)
    rig.close()

    again = ThreadRig()  # the next start, with what the journal has kept
    again.runtime.board.restore((tripped,))
    assert resume_board(again.runtime.board).code == 0
    assert again.runtime.board.open == ()
    again.close()


def test_actors_that_join_while_others_publish_are_all_heard_from_then_on() -> None:
    rig = ThreadRig()
    interval = sys.getswitchinterval()
    is_over = threading.Event()

    def publish(self: Scripted, message: Event) -> None:
        self.publish(Rumour(message.number))
        if not is_over.is_set():
            self.send(self.name, message)

    sys.setswitchinterval(1e-6)
    try:
        rig.runtime.spawn(Scripted, "speaker", publish)
        tell(rig.runtime, "speaker", Event(1))
        heard = [collect(rig, f"group.{number:02}") for number in range(40)]
        is_over.set()
    finally:
        sys.setswitchinterval(interval)
    rig.runtime.announce(Rumour(2))

    rig.until(lambda: all(Rumour(2) in seen for seen in heard))
    assert rig.runtime.board.open == ()
    rig.close()


def test_no_dead_letter_is_lost_to_a_race() -> None:
    rig = ThreadRig()
    interval = sys.getswitchinterval()

    def flood() -> None:
        for number in range(2_000):
            tell(rig.runtime, "nobody", Event(number))

    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert rig.runtime.dead_letters[("nobody", "Event")] == 8_000
    rig.close()


@pytest.mark.supervision
def test_stopping_names_the_actor_that_hangs_and_stops_the_rest() -> None:
    rig = ThreadRig()
    collect(rig, "stuck")
    collect(rig, "well")

    with rig.hold("stuck"):
        assert rig.runtime.stop(("stuck", "well"), 50 * MILLISECOND) == ("stuck",)
        assert rig.runtime.members["well"].actor_stopped.is_set()

    rig.until(rig.runtime.members["stuck"].actor_stopped.is_set)
    rig.close()
