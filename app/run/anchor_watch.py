"""Keeps the anchor of the journal up to date while a run goes on."""

from __future__ import annotations

from adapters.control.anchor import AnchorFile, JournalAnchor
from adapters.runtime.actor_system import ActorSystem
from app.run.recovery import Opened
from app.run.watches import Watch
from domain.model.instants import SECOND

EVERY_NS = SECOND


class AnchorWatch(Watch):
    """Writes the head of the journal once a second where it has moved, and at the end."""

    def __init__(self, system: ActorSystem, opened: Opened, file: AnchorFile) -> None:
        self._system = system
        self._opened = opened
        self._file = file
        self._written: JournalAnchor | None = None
        self._looked_ns = 0
        self._is_told = False

    def look(self) -> None:
        """Look once a second of machine time."""
        now_ns = self._system.clock.machine_ns()
        if now_ns - self._looked_ns >= EVERY_NS:
            self._looked_ns = now_ns
            self.write()

    def write(self) -> None:
        """Keep what is on disk now; failing to is told once and no reason to stop."""
        anchor = self._opened.anchor()
        if anchor == self._written:
            return
        try:
            self._file.write(anchor)
        except OSError as error:
            if not self._is_told:
                self._system.log_for("guardian").failure("the journal's head is not kept", error)
            self._is_told = True
        else:
            self._written = anchor
