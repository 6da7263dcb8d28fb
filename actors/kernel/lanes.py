"""The one inbox policy of both runtimes: control first, then events in order, then market data.

Control overtakes everything and is unbounded. Events are bounded and never dropped: overflow is an
error. Market data keeps the newest message per (kind, key), in the place of the older one, so a
busy product can't starve a quiet one. Which kind goes where is the table in `topology.py`.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from actors.kernel.routes import Lane, Places
from domain.model.errors import MailboxFull

CAPACITY = 10_000
_CONTROL, _EVENT = Lane.CONTROL, Lane.EVENT


class Lanes:
    """Messages waiting for one actor; not thread-safe by itself."""

    __slots__ = ("capacity", "conflated", "control", "events", "market", "places", "waiting")

    def __init__(self, places: Places, capacity: int = CAPACITY) -> None:
        self.control: deque[Any] = deque()
        self.events: deque[Any] = deque()
        self.market: dict[object, Any] = {}
        self.places = places
        self.capacity = capacity
        self.conflated = 0
        self.waiting = 0
        """Messages in all lanes; a count, for a runtime asks at every hop."""

    def push(self, item: Any, body: object) -> None:
        """Add `item`, which carries the message `body`; None: it is pykka's own and urgent.

        Raises:
            MailboxFull: the event lane holds `capacity` messages.
        """
        kind = type(body)
        lane, key_of = self.places[kind]
        if body is None or lane is _CONTROL:
            self.control.append(item)
        elif lane is _EVENT or key_of is None:
            if len(self.events) >= self.capacity:
                raise MailboxFull(f"{self.capacity} messages wait; no place for {kind.__name__}")
            self.events.append(item)
        else:
            key = kind, key_of(body)
            if key in self.market:
                self.conflated += 1
                self.waiting -= 1
            self.market[key] = item
        self.waiting += 1

    def pop(self) -> Any:
        """Take the next message; there must be one."""
        self.waiting -= 1
        if self.control:
            return self.control.popleft()
        if self.events:
            return self.events.popleft()
        return self.market.pop(next(iter(self.market)))

    def __bool__(self) -> bool:
        return self.waiting > 0

    def __len__(self) -> int:
        return self.waiting
