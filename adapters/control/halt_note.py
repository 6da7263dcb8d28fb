"""A halt that the journal could not be told of: a note that needs no room on the disk.

The note lies ready under another name from the start of a run; when the journal fails it is only
renamed. The next start writes the halt into the journal, which is what removes the note.
"""

from __future__ import annotations

from pathlib import Path

from adapters.control.files import read_json, write_json

READY, NOTE = "halt.ready.json", "halt.json"


class HaltNote:
    """The note in the folder of one mode."""

    def __init__(self, folder: Path) -> None:
        self._ready, self._note = folder / READY, folder / NOTE

    def prepare(self, name: str, reason: str) -> None:
        """Lay the note ready: the breaker that will be open, and why.

        Raises:
            OSError: it can't be written.
        """
        write_json(self._ready, {"name": name, "reason": reason}, is_durable=True)

    def leave(self) -> None:
        """Leave the note for the next start.

        Raises:
            OSError: not even that is possible.
        """
        if self._ready.exists():
            self._ready.replace(self._note)

    def read(self) -> tuple[str, str] | None:
        """Return name and reason of the halt that was left; None if there is none."""
        if not self._note.exists():
            return None
        known = read_json(self._note) or {}
        name, reason = known.get("name"), known.get("reason")
        return str(name or "auditor"), str(reason or "the journal could not be written")

    def remove(self) -> None:
        """Take the note away: the journal has it now."""
        self._note.unlink(missing_ok=True)
