"""What the main thread watches: memory, the supervisor, hanging threads, and itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import app.run.watches
from actors.kernel.envelope import ReplyTo
from actors.kernel.supervision import policy_of
from actors.kernel.topology import EXITS, SUPERVISOR
from actors.safety.reconciler import TIME_GAP
from app.run.guardian_inbox import GuardianInbox
from app.run.lifecycle import RunLifecycle
from app.run.ports import Attentive
from app.run.watches import (
    MEBIBYTE,
    MEMORY,
    MemoryGuard,
    ProgressGuard,
    StackWatch,
    SupervisorWatch,
    gap_seen,
    place_of,
)
from domain.messages.supervision import RebuildFinished
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from tests.builders.runtime import ThreadRig, VirtualRig, breaker, collect, tell
from tests.fakes.actors import Event, Scripted, nothing

pytestmark = pytest.mark.req("SUP1")

LIMIT_MB = 100
PATIENCE_S = 10


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


def later(rig: VirtualRig, seconds: float) -> None:
    """Let that much virtual time pass."""
    is_over: list[bool] = []
    rig.runtime.call_at(
        rig.runtime.clock.market_ns() + int(seconds * SECOND), lambda: is_over.append(True)
    )
    rig.until(lambda: bool(is_over))


# Memory.


class Memory:
    """A guard whose process uses what the test says, in percent of the limit."""

    def __init__(self, rig: VirtualRig) -> None:
        self._rig = rig
        self._used: Any = 0
        self._guard = MemoryGuard(rig.runtime, LIMIT_MB, lambda: self._used)

    def uses(self, percent: float) -> bool:
        """Look a second later; tell whether entries are blocked."""
        self._used = percent * MEBIBYTE
        later(self._rig, 1)
        self._guard.look()
        open_one = breaker(self._rig, MEMORY)
        assert open_one is None or (open_one.effect, open_one.is_latched) == (Effect.BLOCK, False)
        return open_one is not None


@pytest.mark.way_out("memory")
def test_entries_are_blocked_from_80_percent_until_below_75(rig: VirtualRig) -> None:
    memory = Memory(rig)

    assert [memory.uses(percent) for percent in (10, 79.9, 80, 79, 75, 74.9, 79.9, 300)] == [
        *(False, False, True),
        *(True, True, False),
        *(False, True),
    ]


def test_a_size_that_is_no_number_blocks_and_releases_nothing(rig: VirtualRig) -> None:
    memory = Memory(rig)
    nan: Any = float("nan")

    guard = MemoryGuard(rig.runtime, LIMIT_MB, lambda: nan)
    later(rig, 1)
    try:
        guard.look()
    except ValueError:
        pytest.fail("a look must not end the guardian")
    assert breaker(rig, MEMORY) is not None
    assert memory.uses(76)


def test_memory_is_looked_at_once_a_second(rig: VirtualRig) -> None:
    looks: list[int] = []

    def size() -> int:
        looks.append(1)
        return 0

    guard = MemoryGuard(rig.runtime, LIMIT_MB, size)
    later(rig, 1)

    for _ in range(20):
        guard.look()
        later(rig, 0.1)

    assert len(looks) == 2


# The supervisor.


class Reviver:
    """Starts the supervisor again with one that dies at its first message."""

    def __init__(self, rig: VirtualRig) -> None:
        self._rig = rig
        self.times: list[int] = []

    def revive_supervisor(self) -> None:
        self.times.append(self._rig.runtime.clock.machine_ns())
        spawn_mortal(self._rig)


def die(*_: Any) -> None:
    raise ValueError("on purpose")


def spawn_mortal(rig: VirtualRig) -> None:
    rig.runtime.spawn(Scripted, SUPERVISOR, die)


def kill_supervisor(rig: VirtualRig) -> int:
    """Let it die and return when."""
    member = rig.runtime.members[SUPERVISOR]
    tell(rig.runtime, SUPERVISOR, Event(1))
    rig.until(member.actor_stopped.is_set)
    return rig.runtime.clock.machine_ns()


def watch_for(rig: VirtualRig, watch: SupervisorWatch, seconds: float) -> None:
    for _ in range(int(seconds * 20)):
        watch.look()
        later(rig, 0.05)


def test_the_supervisor_is_started_again_after_its_pause_and_not_beyond_its_budget(
    rig: VirtualRig,
) -> None:
    budget = policy_of(SUPERVISOR).budget
    reviver = Reviver(rig)
    watch = SupervisorWatch(rig.runtime, reviver.revive_supervisor)
    spawn_mortal(rig)
    watch_for(rig, watch, 1)
    assert reviver.times == []

    died_ns = kill_supervisor(rig)
    watch_for(rig, watch, 1)
    assert (
        budget.first_pause_ns <= reviver.times[0] - died_ns <= budget.first_pause_ns + SECOND // 5
    )

    for _ in range(5):
        kill_supervisor(rig)
        watch_for(rig, watch, 9)

    assert len(reviver.times) == budget.limit


# Threads that hang.


def test_a_thread_that_waits_is_named_by_its_line_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.run.watches, "ROOT", Path(__file__).resolve().parents[4])
    entered, release = threading.Event(), threading.Event()

    def waits_here() -> None:
        entered.set()
        release.wait(PATIENCE_S)

    thread = threading.Thread(target=waits_here, daemon=True)
    thread.start()
    assert entered.wait(PATIENCE_S)
    line = waits_here.__code__.co_firstlineno

    assert place_of(thread.ident) in {
        f"test_watches.py:{line + offset} waits_here" for offset in (1, 2)
    }

    release.set()
    thread.join(PATIENCE_S)


@pytest.mark.parametrize("thread", [None, 1])
def test_a_thread_that_is_gone_stands_nowhere(thread: int | None) -> None:
    assert place_of(thread) == "no thread"


@pytest.mark.supervision
def test_a_thread_without_progress_is_condemned_with_its_place_and_an_idle_one_is_not() -> None:
    rig = ThreadRig()
    collect(rig)
    rig.runtime.spawn(Scripted, "victim")
    rig.runtime.spawn(Scripted, "idle", nothing)
    guard = ProgressGuard(rig.runtime)

    with rig.hold("victim"):

        def is_condemned() -> bool:
            guard.look()
            return breaker(rig, "victim") is not None

        rig.until(is_condemned)

    found = breaker(rig, "victim")
    assert found is not None
    assert "actors.py" in found.reason
    assert found.reason.startswith("hangs for 2")
    assert breaker(rig, "idle") is None
    rig.close()


# The guardian itself, and gaps.


def test_a_guardian_that_falls_silent_leaves_the_stacks_of_all_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.run.watches, "SILENCE_SECONDS", 0.05)
    watch = StackWatch(tmp_path)
    file = tmp_path / "stacks.txt"

    watch.look()

    rig = ThreadRig()
    rig.until(lambda: "test_watches.py" in file.read_text())
    assert "Thread MainThread, most recent call last" in file.read_text()
    rig.close()
    watch.stop()


def test_a_guardian_that_looks_leaves_none(tmp_path: Path) -> None:
    watch = StackWatch(tmp_path)
    watch.look()
    watch.stop()

    assert (tmp_path / "stacks.txt").read_text() == ""


@pytest.mark.req("TIME2")
def test_a_gap_blocks_entries_until_everything_was_asked_anew(rig: VirtualRig) -> None:
    gap_seen(rig.runtime, 7 * SECOND)

    open_one = breaker(rig, TIME_GAP)
    assert open_one is not None
    assert (open_one.effect, open_one.is_latched) == (Effect.BLOCK, False)
    assert open_one.reason == "the process did not run for 7000 ms"


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_a_look_that_finds_no_room_ends_nothing_and_is_made_again(error: Exception) -> None:
    looks: list[str] = []
    errors = [error, error]

    def short() -> None:
        looks.append("short")
        if errors:
            raise errors.pop()

    attentive = Attentive()
    attentive.attend(short)
    attentive.attend(lambda: looks.append("other"))
    for _ in range(3):
        attentive.look()

    assert looks == ["short", "other"] * 3


def test_a_look_that_is_a_bug_is_not_hidden() -> None:
    def bug() -> None:
        raise ValueError("on purpose")

    attentive = Attentive()
    attentive.attend(bug)

    with pytest.raises(ValueError, match="on purpose"):
        attentive.look()


def test_a_rebuild_for_which_there_is_no_thread_is_told_as_a_shortage(rig: VirtualRig) -> None:
    def starve(_: object) -> None:
        raise RuntimeError("can't start new thread")

    heard: list[Any] = []
    rig.runtime.spawn(Scripted, SUPERVISOR, lambda _, message: heard.append(message))
    opened = cast("Any", SimpleNamespace(recorder=SimpleNamespace(has_failed=False)))
    lifecycle = RunLifecycle(rig.runtime, opened, GuardianInbox(), lambda call: call(), 0)
    lifecycle.recipes = {EXITS: starve}

    lifecycle.rebuild((EXITS,), 7, ReplyTo(SUPERVISOR))
    rig.until(lambda: bool(heard))

    assert heard == [RebuildFinished(7, (), "can't start new thread", is_shortage=True)]
