"""Where answers to the test arrive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from actors.kernel.envelope import ReplyTo

ME = ReplyTo("test", 7, 3)
PATIENCE_S = 10.0
T = TypeVar("T")


class Inbox:
    """Collects what is posted; the test waits for it."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._changed = threading.Condition()

    def post(self, reply_to: ReplyTo, message: Any) -> None:
        assert reply_to == ME
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        return [message for message in self.messages if isinstance(message, kind)]

    def wait(
        self, kind: type[T], condition: Callable[[T], object] = lambda _: True, count: int = 1
    ) -> T:
        """Return the `count`-th message of a kind for which the condition holds."""

        def found() -> list[T]:
            return [message for message in self.of(kind) if condition(message)]

        with self._changed:
            came = self._changed.wait_for(lambda: len(found()) >= count, PATIENCE_S)
        assert came, f"no {kind.__name__} among {self.messages}"
        return found()[count - 1]
