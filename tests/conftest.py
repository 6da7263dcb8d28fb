"""What holds for every test: exact arithmetic, reproducible examples, nothing left running."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator

import pykka
import pytest
from hypothesis import HealthCheck, settings

from domain.model.money import install_context

THREADS_MAY_END_WITHIN_S = 5

# Before collection: parametrized values are made with the context that the product has.
install_context()

settings.register_profile(
    "local",
    # Two shared cores make the time of one example meaningless.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# The same examples on every run of CI, and fewer; new ones are looked for elsewhere.
settings.register_profile(
    "ci", settings.get_profile("local"), derandomize=True, database=None, max_examples=60
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let collections pass over the thousands of collected tests, which stay anyway."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _left_over(before: set[threading.Thread]) -> list[str]:
    """Return the names of threads that keep the process alive and were not there `before`."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread not in before and not thread.daemon and thread.is_alive()
    ]


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail the test that leaves actors, or threads that would keep the process alive."""
    before = set(threading.enumerate())
    yield
    patience_ends = time.monotonic() + THREADS_MAY_END_WITHIN_S
    while (left := _left_over(before)) and time.monotonic() < patience_ends:
        threading.Event().wait(0.01)
    actors = [ref.actor_class.__name__ for ref in pykka.ActorRegistry.get_all()]
    pykka.ActorRegistry.stop_all(block=False)
    assert not actors, f"the test left actors running: {', '.join(actors)}"
    assert not left, f"the test left threads running: {', '.join(left)}"
