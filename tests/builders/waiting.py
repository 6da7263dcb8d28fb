"""Waiting for a condition, with a patience that only a failure uses up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""Far more than a busy machine with two slow cores needs."""
LOOK_EVERY_S = 0.005
LOOKS_APART, MOST_APART_S = 3, 1.0
"""After a look comes a wait of three times its length, at most a second: looking may be a command,
and those who are waited for need the machine.
"""


def wait_for(
    condition: Callable[[], object], seconds: float = PATIENCE_S, told: Callable[[], str] = str
) -> None:
    """Wait for a condition; `told` says in a failure how far it came.

    Raises:
        AssertionError: it has not come true within `seconds`.
    """
    begun = time.monotonic()
    ends = begun + seconds
    while not condition():
        now = time.monotonic()
        assert now < ends, f"waited in vain: {told()}"
        apart_s = min((now - begun) * LOOKS_APART, MOST_APART_S)
        threading.Event().wait(max(apart_s, LOOK_EVERY_S))
        begun = time.monotonic()
