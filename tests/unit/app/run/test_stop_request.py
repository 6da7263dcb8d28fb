"""The first reason to stop counts, but a kill counts more."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clocks.system import SystemClock
from app.run.stop_request import KILL, StopRequest
from app.run.thread_ports import ThreadDriver
from tests.house.tidy import ROOT

STORM = """
import signal

from adapters.clocks.system import SystemClock
from app.run.stop_request import StopRequest
from app.run.thread_ports import ThreadDriver

request, seen = StopRequest(), []


def handle(*_):
    seen.append(1)
    request.ask("signal")


signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
ThreadDriver(SystemClock()).until(lambda: len(seen) > 3_000, None)
signal.setitimer(signal.ITIMER_REAL, 0)
assert request.reason == "signal"
"""


@pytest.mark.req("K1")
@given(st.lists(st.sampled_from(["signal", "cycles", "duration", KILL]), min_size=1))
def test_the_first_reason_wins_unless_somebody_says_kill(reasons: list[str]) -> None:
    request = StopRequest()
    for reason in reasons:
        request.ask(reason)

    assert request.reason == (KILL if KILL in reasons else reasons[0])
    assert request.is_asked()


def test_nobody_has_asked_before_somebody_asks() -> None:
    request = StopRequest()

    assert not request.is_asked()
    assert request.reason is None


@pytest.mark.req("K1")
def test_a_signal_may_come_at_any_step_of_the_main_thread() -> None:
    """A handler runs between two steps of the thread that it interrupts, wherever that is."""
    driver, request = ThreadDriver(SystemClock()), StopRequest()
    handled: list[str] = []

    def at_each_step(frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes = True
        handled.append(event)
        request.ask("signal")
        return at_each_step

    def main_thread() -> None:
        sys.settrace(at_each_step)
        try:
            request.ask("cycles")
            driver.until(request.is_asked, None)
            driver.until(lambda: request.reason is None, 0)
        finally:
            sys.settrace(None)

    interrupted = threading.Thread(target=main_thread, daemon=True)
    interrupted.start()
    interrupted.join(30)

    assert not interrupted.is_alive(), "it waits for itself"
    assert len(handled) > 100
    assert request.reason == "signal"


@pytest.mark.req("K1")
def test_signals_without_end_end_a_wait() -> None:
    """The real thing: thousands of signals to a main thread that looks whether it may end."""
    done = subprocess.run(
        [sys.executable, "-c", STORM], cwd=ROOT, timeout=120, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
