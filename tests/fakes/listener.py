"""A listener of one stream that keeps what it hears."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from adapters.venues.transport.interface import StreamHandle
from tests.fakes.inbox import PATIENCE_S


def subscribing(*channels: str) -> Callable[[StreamHandle], None]:
    """Return what subscribes to these channels of BTC-USD as soon as the stream is open."""

    def subscribe(handle: StreamHandle) -> None:
        for channel in channels:
            message = {"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]}
            handle.send(json.dumps(message))

    return subscribe


class Listener:
    """Keeps every frame, when it came, and why the stream ended."""

    def __init__(
        self,
        on_open: Callable[[StreamHandle], None] = lambda _: None,
        now_ns: Callable[[], int] = lambda: 0,
    ) -> None:
        self.frames: list[bytes] = []
        self.heard_ns: list[int] = []
        self.reasons: list[str] = []
        self.opened_count = 0
        self.is_closed = threading.Event()
        self._on_open, self._now_ns = on_open, now_ns

    def opened(self, handle: StreamHandle) -> None:
        self.opened_count += 1
        self._on_open(handle)

    def heard(self, data: bytes) -> None:
        self.heard_ns.append(self._now_ns())
        self.frames.append(data)

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)
        self.is_closed.set()

    def reason(self) -> str:
        """Wait for the end and return why it came; it must come once."""
        assert self.is_closed.wait(PATIENCE_S), "the stream did not end"
        (reason,) = self.reasons
        return reason
