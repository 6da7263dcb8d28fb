"""Halts that the journal of the next start has to be told of.

One that a journal could not be told of itself is a note that needs no room on the disk: it lies
ready under another name from the start of a run, and when the journal fails it is only renamed.
Those of a journal that is put aside are left for the new one. The next start writes them into its
journal, which is what removes the note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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

    def carry(self, latched: Sequence[Mapping[str, Any]]) -> None:
        """Leave what is latched in a journal that is put aside, each as a journal has it.

        Raises:
            OSError: it can't be written.
        """
        write_json(self._note, {"latched": list(latched)}, is_durable=True)

    def carried(self) -> tuple[Any, ...]:
        """Return what was carried over, as it was given; empty if nothing was."""
        found = (read_json(self._note) or {}).get("latched")
        return tuple(found) if isinstance(found, list) else ()

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
