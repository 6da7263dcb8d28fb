"""The one inbox policy of both runtimes: control first, then events in order, then market data.

Control (lane 0) overtakes everything and is unbounded. Events (lane 1) are bounded and never
dropped: overflow is an error. Market data (lane 2) keeps the newest message per (kind, key), in
the place of the older one, so a busy product can't starve a quiet one.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from domain.model.errors import MailboxFull

CONTROL, EVENT, MARKET = 0, 1, 2
CAPACITY = 10_000


class Lanes:
    """Messages waiting for one actor; not thread-safe by itself."""

    __slots__ = ("capacity", "conflated", "control", "events", "market")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.control: deque[Any] = deque()
        self.events: deque[Any] = deque()
        self.market: dict[object, Any] = {}
        self.capacity = capacity
        self.conflated = 0

    def push(self, item: Any) -> None:
        """Add pykka's envelope `item`.

        Raises:
            MailboxFull: the event lane holds `capacity` messages.
        """
        body = getattr(item.message, "body", None)
        lane = getattr(type(body), "LANE", EVENT)
        if body is None or lane == CONTROL:
            self.control.append(item)
        elif lane == MARKET and item.reply_to is None:
            key = (type(body), body.key)
            self.conflated += key in self.market
            self.market[key] = item
        elif len(self.events) >= self.capacity:
            raise MailboxFull(f"{self.capacity} messages wait; no place for {type(body).__name__}")
        else:
            self.events.append(item)

    def pop(self) -> Any:
        """Take the next message; there must be one."""
        if self.control:
            return self.control.popleft()
        if self.events:
            return self.events.popleft()
        return self.market.pop(next(iter(self.market)))

    def __len__(self) -> int:
        return len(self.control) + len(self.events) + len(self.market)
