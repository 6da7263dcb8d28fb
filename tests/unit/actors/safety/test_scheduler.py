"""Slots do not drift, none is fired twice, and the end of a run ends the cycles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.safety.scheduler import BAR_GRACE_NS, SETTLE_NS, Schedule, Scheduler
from domain.messages.control import StopRequested
from domain.messages.decisions import CycleDue, RoundJudged
from domain.messages.supervision import ActorProven, TradingReady
from domain.model.instants import SECOND, Nanos
from tests.builders.harness import Harness, deliver, of_kind

INTERVAL_NS = 60 * SECOND
READY = TradingReady("none")


def judged(cycle: int) -> RoundJudged:
    return RoundJudged(cycle, Nanos(0), (), (), ())


class Scene:
    def __init__(
        self,
        *,
        jitter: float = 0.0,
        draw: float = 0.0,
        limit: int | None = None,
        last_cycle: int = 0,
        epoch: int = 1,
        has_begun: bool = True,
    ) -> None:
        self.harness, self.ended, self.has_begun = Harness(), list[str](), has_begun
        schedule = Schedule(INTERVAL_NS, jitter, limit)
        self.actor = self.harness.start(
            Scheduler,
            "scheduler",
            schedule,
            lambda: draw,
            self.ended.append,
            last_cycle=last_cycle,
            may_begin=lambda: self.has_begun,
            epoch=epoch,
        )

    def wait(self, by_ns: int) -> list[CycleDue]:
        return of_kind(self.harness.pass_time(self.actor, by_ns), CycleDue)

    def slot_ns(self) -> int:
        now_ns = self.harness.clock.market_ns()
        return (now_ns - BAR_GRACE_NS) // INTERVAL_NS * INTERVAL_NS + BAR_GRACE_NS


@pytest.mark.req("SCH1")
def test_the_first_cycle_comes_a_moment_after_ready_and_never_before() -> None:
    scene = Scene()
    assert scene.wait(10 * INTERVAL_NS) == []

    slot_ns = scene.slot_ns()
    deliver(scene.actor, READY)
    (due,) = scene.wait(SETTLE_NS)

    assert (due.cycle, due.slot_ns, due.next_ns) == (1, slot_ns, slot_ns + INTERVAL_NS)


@pytest.mark.req("SCH1")
@pytest.mark.parametrize("epoch", [1, 2])
def test_no_cycle_comes_before_people_were_told_that_trading_begins(epoch: int) -> None:
    scene = Scene(has_begun=False, epoch=epoch)
    deliver(scene.actor, READY)
    assert scene.wait(3 * INTERVAL_NS) == []

    scene.has_begun = True
    (due,) = scene.wait(SETTLE_NS)

    assert due.cycle == 1


@pytest.mark.req("SCH1")
@given(jitter=st.floats(0, 0.9), draw=st.floats(0, 0.99))
def test_slots_stay_on_their_grid_whatever_the_jitter(jitter: float, draw: float) -> None:
    scene = Scene(jitter=jitter, draw=draw)
    slot_ns = scene.slot_ns()
    deliver(scene.actor, READY)

    dues = scene.wait(10 * INTERVAL_NS)

    assert len(dues) >= 9
    assert [due.cycle for due in dues] == list(range(1, len(dues) + 1))
    for number, due in enumerate(dues):
        assert due.slot_ns == slot_ns + number * INTERVAL_NS
        assert 0 <= due.next_ns - due.slot_ns - INTERVAL_NS <= jitter * INTERVAL_NS


@pytest.mark.req("SCH1")
def test_ready_again_after_a_restart_of_the_feed_changes_nothing() -> None:
    scene = Scene()
    deliver(scene.actor, READY)
    scene.wait(SETTLE_NS)
    deliver(scene.actor, READY)

    assert len(scene.wait(3 * INTERVAL_NS)) == 3


@pytest.mark.req("SCH1")
def test_slots_that_were_slept_through_are_skipped_not_made_up_for() -> None:
    scene = Scene()
    deliver(scene.actor, READY)
    (first,) = scene.wait(SETTLE_NS)
    scene.harness.clock.move(5 * INTERVAL_NS)

    (late,) = scene.wait(0)

    assert late.cycle == 2
    assert late.slot_ns == first.slot_ns + INTERVAL_NS
    assert late.next_ns > scene.harness.clock.market_ns()


def test_the_last_cycle_ends_the_run_once_when_it_is_judged() -> None:
    scene = Scene(limit=2)
    deliver(scene.actor, READY)
    scene.wait(SETTLE_NS)
    deliver(scene.actor, judged(1))
    assert scene.ended == []

    deliver(scene.actor, judged(2))
    assert scene.ended == ["cycles"]

    deliver(scene.actor, judged(3))
    assert scene.ended == ["cycles"]
    assert scene.wait(5 * INTERVAL_NS) == []


def test_a_stop_ends_the_cycles() -> None:
    scene = Scene()
    deliver(scene.actor, READY, StopRequested("signal"))

    assert scene.wait(5 * INTERVAL_NS) == []


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_goes_on_with_the_next_slot_and_proves_its_timers() -> None:
    scene = Scene(last_cycle=7, epoch=2)
    slot_ns = scene.slot_ns()
    deliver(scene.actor, READY)

    assert scene.wait(SETTLE_NS) == []
    assert len(scene.harness.bodies(ActorProven)) == 1
    (due,) = scene.wait(INTERVAL_NS)
    assert (due.cycle, due.slot_ns) == (8, slot_ns + INTERVAL_NS)


@pytest.mark.req("OB1")
@pytest.mark.parametrize("speed", [1, 60])
def test_a_cycle_that_comes_late_is_timed_from_when_it_was_due(speed: int) -> None:
    scene = Scene()
    deliver(scene.actor, READY)
    scene.wait(SETTLE_NS)
    clock, (timer,) = scene.harness.clock, scene.harness.timers
    due_ns, set_ns = timer.due_ns, clock.market_ns()
    late_ns = 3 * SECOND  # of machine time
    clock.market = due_ns + speed * late_ns
    clock.machine += (clock.market - set_ns) // speed

    (due,) = of_kind(deliver(scene.actor, timer.body), CycleDue)

    assert due.watch is not None
    assert due.watch.times == ()
    assert abs(clock.machine_ns() - due.watch.at_ns - late_ns) <= 1


@pytest.mark.req("OB1")
def test_a_cycle_in_time_and_the_first_of_all_are_timed_from_now() -> None:
    scene = Scene()
    deliver(scene.actor, READY)

    for due in (*scene.wait(SETTLE_NS), *scene.wait(INTERVAL_NS)):
        assert due.watch is not None
        assert due.watch.at_ns <= scene.harness.clock.machine_ns()
        assert due.cycle != 1 or due.watch.at_ns <= scene.harness.clock.machine_ns()
