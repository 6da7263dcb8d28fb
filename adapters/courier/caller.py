"""A thread that makes one call after the other, so that one that hangs holds up nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
Call = Callable[[], str | None]
"""Returns why it failed, None if it did not."""


class Caller(Generic[T]):
    """Makes one call at a time, each for something of type T; `calling_s` tells how long it has
    been at it.
    """

    def __init__(self, name: str) -> None:
        self._todo: SimpleQueue[tuple[T, Call]] = SimpleQueue()
        self._done: SimpleQueue[tuple[T, str | None]] = SimpleQueue()
        self._begun_s: float | None = None
        threading.Thread(target=self._work, name=name, daemon=True).start()

    @property
    def is_free(self) -> bool:
        """Tell whether it may be given something."""
        return self._begun_s is None

    @property
    def calling_s(self) -> float:
        """Return for how long the present call has lasted, 0 if there is none."""
        begun_s = self._begun_s
        return 0.0 if begun_s is None else time.monotonic() - begun_s

    def give(self, what: T, call: Call) -> None:
        """Have `call` made; only while it is free."""
        self._begun_s = time.monotonic()
        self._todo.put((what, call))

    def result(self) -> tuple[T, str | None] | None:
        """Return what came of the call that was given last, once; None: nothing yet."""
        try:
            found = self._done.get_nowait()
        except Empty:
            return None
        self._begun_s = None
        return found

    def _work(self) -> None:
        while True:
            what, call = self._todo.get()
            try:
                failure = call()
            except Exception as error:  # noqa: BLE001 - a library of others; its words may hold a URL
                failure = f"it failed ({type(error).__name__})"
            self._done.put((what, failure))
