"""What the guardian waits for, told by the projector."""

from __future__ import annotations

from typing import Any

from domain.messages.control import ReconcileFinished, SweepFinished
from domain.messages.supervision import BootCompleted, TradingReady


class LifecycleEvents:
    """The last of each kind; written by one thread, read by the guardian."""

    def __init__(self) -> None:
        self.boot: BootCompleted | None = None
        self.ready: TradingReady | None = None
        self.swept: set[str] = set()
        self.reconciled: dict[str, ReconcileFinished] = {}

    def reach(self, message: Any) -> None:
        """Take note of `message`."""
        match message:
            case BootCompleted():
                self.boot = message
            case TradingReady():
                self.ready = message
            case SweepFinished(reasons):
                self.swept.update(reasons)
            case ReconcileFinished(reason=reason):
                self.reconciled[reason] = message
