"""Claims about calls at instants of machine time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from adapters.venues.transport.deadlines import Timers
from domain.model.instants import MILLISECOND, SECOND
from tests.fakes.inbox import PATIENCE_S
from tests.fakes.log import KeptLog


@pytest.fixture
def log() -> KeptLog:
    return KeptLog()


@pytest.fixture
def timers(log: KeptLog) -> Iterator[Timers]:
    made = Timers(time.monotonic_ns, log)
    yield made
    made.close()


def test_calls_come_in_the_order_of_their_instants_and_not_early(timers: Timers) -> None:
    begun_ns = time.monotonic_ns()
    called: list[tuple[int, int]] = []
    done = threading.Event()

    def call(delay_ns: int) -> None:
        called.append((delay_ns, time.monotonic_ns()))

    for delay_ns in (60 * MILLISECOND, 20 * MILLISECOND, -5, 40 * MILLISECOND):
        timers.after(delay_ns, partial(call, delay_ns))
    timers.after(61 * MILLISECOND, done.set)
    assert done.wait(PATIENCE_S)
    assert [delay for delay, _ in called] == sorted(delay for delay, _ in called)
    assert all(at_ns >= begun_ns + delay for delay, at_ns in called)


def test_a_cancelled_call_does_not_come_and_holds_nobody_up(timers: Timers) -> None:
    called: list[str] = []
    done = threading.Event()
    timers.after(MILLISECOND, lambda: called.append("no")).cancel()
    timers.after(60 * SECOND, lambda: called.append("no")).cancel()
    timers.after(20 * MILLISECOND, done.set)
    assert done.wait(PATIENCE_S)
    assert called == []


def test_a_call_that_fails_is_logged_and_the_next_ones_come(timers: Timers, log: KeptLog) -> None:
    def fail() -> None:
        raise RuntimeError("canary")

    done = threading.Event()
    timers.after(0, fail)
    timers.after(MILLISECOND, done.set)
    assert done.wait(PATIENCE_S)
    assert any("RuntimeError" in repr(line) for line in log.lines)


def test_after_close_nothing_comes(timers: Timers) -> None:
    called: list[str] = []
    timers.after(20 * MILLISECOND, lambda: called.append("late"))
    timers.close()
    timers.after(0, lambda: called.append("later"))
    assert not timers._thread.is_alive()
    assert called == []


def test_a_call_may_close_the_timers(timers: Timers) -> None:
    done = threading.Event()
    timers.after(MILLISECOND, done.set)
    timers.after(0, timers.close)
    timers._thread.join(PATIENCE_S)
    assert not timers._thread.is_alive()
