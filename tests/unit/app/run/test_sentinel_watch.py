"""The trader's side of the sentinel: fed, watched, started anew; entries wait for it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from adapters.processes.sentinel import SentinelProcess
from app.run.watches import SENTINEL, SentinelWatch
from domain.model.breakers import Breaker, Effect
from domain.model.instants import SECOND
from tests.builders.runtime import VirtualRig, breaker
from tests.builders.sentinel import House, SmallVenue, rest_of, small_venue
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

PATIENCE_S = 15.0
STEP_S = 0.25
HEARD_EVERY_S = 4.0
"""Virtual seconds in which a real sentinel, which lives in real time, has to be heard."""


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def venue() -> Iterator[SmallVenue]:
    with small_venue() as made:
        yield made


class Starter:
    """Starts real sentinels, or says that the system has none to give; remembers when."""

    def __init__(self, rig: VirtualRig, told: dict[str, object]) -> None:
        self._rig = rig
        self._told = told
        self.is_refused = False
        self.begun_s: list[float] = []
        self.started: list[SentinelProcess] = []

    def __call__(self) -> SentinelProcess:
        self.begun_s.append(self._rig.runtime.clock.machine_ns() / SECOND)
        if self.is_refused:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        self.started.append(SentinelProcess(self._told))
        return self.started[-1]

    @property
    def newest(self) -> SentinelProcess:
        return self.started[-1]

    def has_started(self, count: int) -> bool:
        """Tell whether that many sentinels have been started."""
        return len(self.started) == count

    def pauses_s(self) -> list[float]:
        """Return the times between the starts."""
        return [b - a for a, b in zip(self.begun_s, self.begun_s[1:], strict=False)]

    def await_beat(self) -> None:
        """Wait until the newest sentinel has said something more."""
        before = self.newest.beats()
        wait_for(lambda: self.newest.beats() > before, PATIENCE_S)

    def stop_newest(self) -> None:
        """Freeze the newest sentinel; what it has said before is heard."""
        os.kill(self.newest.process_id, signal.SIGSTOP)
        before = -1
        while before != (before := self.newest.beats()):
            continue

    def kill_newest(self) -> None:
        os.kill(self.newest.process_id, signal.SIGKILL)
        wait_for(self.newest.has_ended, PATIENCE_S)

    def close(self) -> None:
        for each in self.started:
            if not each.has_ended():
                os.kill(each.process_id, signal.SIGKILL)
                wait_for(each.has_ended, PATIENCE_S)
            each.abandon()


@pytest.fixture
def starter(rig: VirtualRig, house: House, venue: SmallVenue) -> Iterator[Starter]:
    made = Starter(rig, house.told(venue.rest))
    yield made
    made.close()


def later(rig: VirtualRig, seconds: float) -> None:
    """Let that much virtual time pass."""
    is_over: list[bool] = []
    due_ns = rig.runtime.clock.market_ns() + int(seconds * SECOND)
    rig.runtime.call_at(due_ns, lambda: is_over.append(True))
    rig.until(lambda: bool(is_over))


def look_for(rig: VirtualRig, watch: SentinelWatch, seconds: float) -> None:
    for _ in range(int(seconds / STEP_S)):
        later(rig, STEP_S)
        watch.look()


def live_for(rig: VirtualRig, watch: SentinelWatch, starter: Starter, seconds: float) -> None:
    """Look for so long while the sentinel gets on."""
    while seconds > 0:
        look_for(rig, watch, min(HEARD_EVERY_S, seconds))
        starter.await_beat()
        watch.look()
        seconds -= HEARD_EVERY_S


def look_until(
    rig: VirtualRig, watch: SentinelWatch, condition: Callable[[], object], most_s: float = 120
) -> None:
    """Look in virtual time until a condition holds."""
    for _ in range(int(most_s / STEP_S)):
        if condition():
            return
        look_for(rig, watch, STEP_S)
    raise AssertionError("looked in vain")


def get_ready(watch: SentinelWatch, starter: Starter) -> None:
    """Wait for the newest sentinel to watch, and let the guardian see it."""
    wait_for(starter.newest.is_ready, PATIENCE_S)
    watch.look()


def blocked(rig: VirtualRig) -> Breaker | None:
    return breaker(rig, SENTINEL)


def test_entries_are_blocked_until_the_sentinel_watches(rig: VirtualRig, starter: Starter) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    opened = blocked(rig)
    assert opened is not None
    assert (opened.effect, opened.is_latched) == (Effect.BLOCK, False)
    assert "starting" in opened.reason

    get_ready(watch, starter)

    assert blocked(rig) is None
    watch.stop()


def test_a_sentinel_that_dies_blocks_entries_until_the_next_one_watches(
    rig: VirtualRig, starter: Starter
) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)

    starter.kill_newest()
    watch.look()

    opened = blocked(rig)
    assert opened is not None
    assert (opened.effect, "has ended" in opened.reason) == (Effect.BLOCK, True)
    look_until(rig, watch, lambda: len(starter.started) == 2)
    assert blocked(rig) is not None
    get_ready(watch, starter)
    assert blocked(rig) is None
    watch.stop()


def test_a_sentinel_that_gets_on_is_never_replaced(rig: VirtualRig, starter: Starter) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)

    live_for(rig, watch, starter, 30)

    assert (len(starter.started), blocked(rig)) == (1, None)
    watch.stop()


@pytest.mark.way_out("sentinel")
def test_a_sentinel_that_stands_still_blocks_entries_within_five_seconds_and_is_replaced(
    rig: VirtualRig, starter: Starter
) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    starter.stop_newest()
    watch.look()
    frozen = starter.newest

    look_for(rig, watch, 4.5)
    assert blocked(rig) is None
    look_for(rig, watch, 1)

    opened = blocked(rig)
    assert opened is not None
    assert (opened.effect, opened.reason) == (Effect.BLOCK, "the sentinel is silent")
    assert [line.fields["why"] for line in rig.log.of("critical")] == ["the sentinel is silent"]
    assert frozen.has_ended()
    look_until(rig, watch, partial(starter.has_started, 2))
    get_ready(watch, starter)
    assert blocked(rig) is None
    watch.stop()


def test_a_sentinel_that_never_gets_ready_is_replaced(rig: VirtualRig, starter: Starter) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    starter.stop_newest()
    assert starter.newest.beats() == 0

    look_until(rig, watch, partial(starter.has_started, 2))

    opened = blocked(rig)
    assert opened is not None
    assert "starting" in opened.reason
    assert rig.log.of("critical")[0].fields["why"] == "the sentinel does not get ready"
    get_ready(watch, starter)
    assert blocked(rig) is None
    watch.stop()


def test_time_in_which_the_trader_itself_stood_still_is_no_silence_of_the_sentinel(
    rig: VirtualRig, starter: Starter
) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    starter.stop_newest()

    later(rig, 60)
    watch.look()

    assert (len(starter.started), blocked(rig)) == (1, None)
    look_until(rig, watch, partial(starter.has_started, 2))
    watch.stop()


@pytest.mark.req("K1")
def test_an_end_out_of_order_while_there_is_no_sentinel_starts_one_for_the_duty(
    rig: VirtualRig, starter: Starter, house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    starter.kill_newest()
    watch.look()

    watch.stop(is_orderly=False)

    wait_for(starter.newest.has_ended, PATIENCE_S, lambda: str(house.says()))
    assert set(venue.open.values()) == {"foreign"}


def test_a_sentinel_that_stays_away_is_started_after_ever_longer_pauses(
    rig: VirtualRig, starter: Starter
) -> None:
    starter.is_refused = True
    watch = SentinelWatch(rig.runtime, starter)

    look_until(rig, watch, lambda: len(starter.begun_s) == 9)

    assert starter.pauses_s() == [0.5, 1, 2, 4, 8, 16, 30, 30]
    watch.stop()


@pytest.mark.parametrize(("lived_s", "pause_s"), [(61, 0.5), (50, 2)])
def test_pauses_are_short_again_after_a_minute_with_a_sentinel_and_not_before(
    rig: VirtualRig, starter: Starter, lived_s: int, pause_s: float
) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    for number in (2, 3):
        get_ready(watch, starter)
        starter.kill_newest()
        look_until(rig, watch, partial(starter.has_started, number))
    get_ready(watch, starter)

    live_for(rig, watch, starter, lived_s)
    starter.kill_newest()
    watch.look()
    lost_s = rig.runtime.clock.machine_ns() / SECOND
    look_until(rig, watch, lambda: len(starter.started) == 4)

    assert starter.begun_s[3] - lost_s == pause_s
    watch.stop()


def test_a_start_that_the_system_refuses_is_survived_and_told(
    rig: VirtualRig, starter: Starter
) -> None:
    starter.is_refused = True
    watch = SentinelWatch(rig.runtime, starter)
    opened = blocked(rig)
    assert opened is not None
    assert opened.reason == "the sentinel can't be started: Resource temporarily unavailable"

    starter.is_refused = False
    look_until(rig, watch, lambda: starter.started)
    get_ready(watch, starter)

    assert blocked(rig) is None
    watch.stop()


def test_a_sentinel_that_dies_before_it_watches_is_told_each_time(
    rig: VirtualRig, starter: Starter
) -> None:
    watch = SentinelWatch(rig.runtime, starter)

    for number in (1, 2):
        look_until(rig, watch, partial(starter.has_started, number))
        starter.kill_newest()
        watch.look()

    assert [line.fields["why"] for line in rig.log.of("critical")] == [
        "the sentinel process has ended"
    ] * 2
    assert blocked(rig) is not None


def test_stopping_without_a_sentinel_is_no_error(rig: VirtualRig, starter: Starter) -> None:
    starter.is_refused = True
    watch = SentinelWatch(rig.runtime, starter)

    watch.stop()
    watch.stop(is_orderly=False)

    assert blocked(rig) is not None


def two_of_ours(house: House, venue: SmallVenue) -> None:
    house.intends("c-1", "c-2")
    rest_of(venue, ["c-1", "c-2", "foreign"])


def test_after_an_orderly_end_the_sentinel_is_gone_and_has_cancelled_nothing(
    rig: VirtualRig, starter: Starter, house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    look_for(rig, watch, 1)

    watch.stop()

    assert starter.newest.has_ended()
    assert house.state == "ended"
    assert venue.cancels == []


@pytest.mark.req("K1")
def test_after_an_end_out_of_order_the_sentinel_does_its_duty(
    rig: VirtualRig, starter: Starter, house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    look_for(rig, watch, 1)

    watch.stop(is_orderly=False)

    wait_for(starter.newest.has_ended, PATIENCE_S, lambda: str(house.says()))
    assert house.state == "done"
    assert set(venue.open.values()) == {"foreign"}


def test_a_sentinel_that_does_not_listen_delays_no_look_and_is_ended_by_force(
    rig: VirtualRig, starter: Starter
) -> None:
    watch = SentinelWatch(rig.runtime, starter)
    get_ready(watch, starter)
    os.kill(starter.newest.process_id, signal.SIGSTOP)

    for _ in range(70_000):  # more beats than a pipe holds
        starter.newest.beat()
    look_for(rig, watch, 1)
    watch.stop()

    assert starter.newest.has_ended()
