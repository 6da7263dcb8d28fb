"""What the actors tell the guardian: it is no actor, but the routes of the topology reach it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, assert_never

from attrs import evolve, frozen

from actors.kernel.envelope import Envelope
from domain.messages.control import ReconcileFinished, StatusPublished, SweepFinished
from domain.messages.supervision import BootCompleted, TradingReady

GuardianMessage = BootCompleted | TradingReady | SweepFinished | ReconcileFinished | StatusPublished


@frozen
class Heard:
    """What the messages so far add up to. `published` is the newest status that was asked for."""

    boot: BootCompleted | None = None
    ready: TradingReady | None = None
    swept: frozenset[str] = frozenset()
    reconciled: frozenset[str] = frozenset()
    published: int = 0

    def after(self, message: GuardianMessage) -> Heard:
        """Return what is known after `message`."""
        match message:
            case BootCompleted():
                return evolve(self, boot=message)
            case TradingReady():
                return evolve(self, ready=message)
            case SweepFinished(reasons):
                return evolve(self, swept=self.swept.union(reasons))
            case ReconcileFinished(reason=reason):
                return evolve(self, reconciled=self.reconciled | {reason})
            case StatusPublished(token):
                return evolve(self, published=max(token, self.published))
            case _:
                assert_never(message)


class GuardianInbox:
    """Any thread puts; whoever reads is told what everything put before adds up to."""

    def __init__(self) -> None:
        self._waiting: deque[Any] = deque()
        self._reading = threading.Lock()
        self._heard = Heard()

    def put(self, envelope: Envelope) -> None:
        """Take a message in, from whatever thread; never blocks."""
        self._waiting.append(envelope.body)

    def read(self) -> Heard:
        """Return what is known by now."""
        with self._reading:
            while self._waiting:
                self._heard = self._heard.after(self._waiting.popleft())
            return self._heard
