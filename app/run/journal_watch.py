"""Has the journal failed? Then its halt is left beside it, for the next start to find."""

from __future__ import annotations

from actors.kernel.topology import AUDITOR
from adapters.control.halt_note import HaltNote
from adapters.journal.recorder import Recorder
from adapters.runtime.actor_system import ActorSystem
from app.run.watches import Watch

REASON = "the journal could not be written in the last run"


class JournalWatch(Watch):
    """A run whose journal fails halts, and that halt can't be written into it."""

    def __init__(self, system: ActorSystem, journal: Recorder, note: HaltNote) -> None:
        """Lay the note ready while there is room.

        Raises:
            OSError: there is none.
        """
        self._system = system
        self._journal = journal
        self._note = note
        self._is_left = False
        note.prepare(AUDITOR, REASON)

    def look(self) -> None:
        """Leave the note once the journal has failed."""
        if self._is_left or not self._journal.has_failed:
            return
        self._is_left = True
        try:
            self._note.leave()
        except OSError as error:
            self._system.log_for("guardian").failure("the halt is not kept", error)
