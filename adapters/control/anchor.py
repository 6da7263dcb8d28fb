"""What a journal held last, known outside of its folder: whoever shortens it is found out.

A hash chain that lost its newest records or segments at a boundary is whole. Kept beside the locks
of this user, by the path of the mode's folder, are the head that was written last and the highest
number that an order has had.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from attrs import asdict, frozen

from adapters.control.accounts import lock_folder
from adapters.control.files import read_json, write_json
from domain.model.wording import counted

KIND = "heads"
FORGOTTEN_AFTER_S = 30 * 86_400.0
"""Age of an anchor whose folder is gone at which it is thrown away."""


@frozen
class JournalAnchor:
    """The last known head of a journal, the world that it told of, and its highest order number."""

    lineage: str
    seq: int
    hash: str
    world: str = ""
    number: int = 0


class AnchorFile:
    """The anchor of the journal in one mode's folder."""

    def __init__(self, folder: Path, registry: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._registry = registry or lock_folder(KIND)
        name = hashlib.sha256(str(self._folder).encode()).hexdigest()[:32]
        self._file = self._registry / f"{name}.json"

    def read(self) -> JournalAnchor | None:
        """Return what is known; None if nothing is, or it can't be read."""
        known = read_json(self._file) or {}
        try:
            return JournalAnchor(
                str(known["lineage"]),
                int(known["seq"]),
                str(known["hash"]),
                str(known["world"]),
                int(known["number"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    def damage(self) -> str | None:
        """Return a sentence if something is known that can't be read, None otherwise."""
        if self.read() is not None or not self._file.exists():
            return None
        return (
            f"what is known of this journal outside of its folder can't be read ({self._file}): "
            "whether it was shortened is not known"
        )

    def write(self, anchor: JournalAnchor) -> None:
        """Keep `anchor` from now on.

        Raises:
            OSError: it could not be written; the one before still stands.
        """
        write_json(self._file, {**asdict(anchor), "folder": str(self._folder)})

    def move_to(self, folder: Path) -> None:
        """Follow a journal that is put aside: the new one of this folder begins with nothing.

        Raises:
            OSError: it could not be written; nothing is forgotten then.
        """
        known = self.read()
        if known is not None:
            AnchorFile(folder, self._registry).write(known)
        self._file.unlink(missing_ok=True)

    def prune(self, now_s: float) -> None:
        """Forget the anchors of folders that have been gone for long; UTC wall seconds."""
        for file in self._registry.glob("*.json"):
            folder = (read_json(file) or {}).get("folder")
            try:
                is_old = now_s - os.stat(file).st_mtime > FORGOTTEN_AFTER_S
            except OSError:
                continue
            if is_old and not (isinstance(folder, str) and Path(folder).exists()):
                file.unlink(missing_ok=True)


def lost(
    anchor: JournalAnchor | None, lineage: str | None, world: str, seq: int, hash_there: str | None
) -> str | None:
    """Return a sentence if a journal holds less than its anchor knows, None if it does not.

    `lineage` is None where no record is left; `world` is the one that is traded in now ("": not
    known). `seq` is that of its last record, `hash_there` the hash of the one the anchor names.
    """
    if anchor is None:
        return None
    if lineage is None:
        if world not in ("", anchor.world):
            return None
        return f"the journal of this folder is gone; it had {counted(anchor.seq, 'record')}"
    if lineage != anchor.lineage:
        return None
    if seq < anchor.seq:
        return (
            f"the journal ends at record {seq}, it had {anchor.seq}: its newest records, "
            "and any halt among them, are lost"
        )
    if hash_there != anchor.hash:
        return f"record {anchor.seq} of the journal is not the one that was written"
    return None
