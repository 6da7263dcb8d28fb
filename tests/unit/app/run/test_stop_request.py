"""The first reason to stop counts, but a kill counts more."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.run.stop_request import KILL, StopRequest


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
    assert not request.wait(0)
    assert request.reason is None


def test_who_waits_is_woken_by_another_thread_and_knows_the_reason() -> None:
    request, woken = StopRequest(), list[str | None]()

    def wait() -> None:
        if request.wait(10):
            woken.append(request.reason)

    waiting = threading.Thread(target=wait)
    waiting.start()

    request.ask("signal")
    waiting.join()

    assert woken == ["signal"]
