"""Waiting for a condition, with a patience that only a failure uses up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""Far more than a busy machine with two slow cores needs."""
LOOK_EVERY_S = 0.005


def wait_for(
    condition: Callable[[], object], seconds: float = PATIENCE_S, told: Callable[[], str] = str
) -> None:
    """Wait for a condition; `told` says in a failure how far it came.

    Raises:
        AssertionError: it has not come true within `seconds`.
    """
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"waited in vain: {told()}"
        threading.Event().wait(LOOK_EVERY_S)
