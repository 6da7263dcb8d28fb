"""What a journal held last, known outside of its folder: whoever shortens it is found out.

A hash chain that lost its newest records or segments at a boundary is whole, and so is one that was
computed anew. Kept beside the locks of this user, by the path of the mode's folder, are the head
that was written last and the highest number that an order has had. Others have seen heads too: the
sentinel, and whoever got the daily sign of life.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import asdict, field, frozen

from adapters.control.accounts import lock_folder
from adapters.control.files import read_json, write_json
from domain.model.wording import counted

KIND = "heads"
FORGOTTEN_AFTER_S = 30 * 86_400.0
"""Age of an anchor whose folder is gone at which it is thrown away."""


@frozen
class JournalAnchor:
    """The last known head of a journal, the world that it told of, and its highest order number.

    What others saw up to `settled_ns` (UTC wall time) was compared, and what differed was told.
    """

    lineage: str
    seq: int
    hash: str
    world: str = ""
    number: int = 0
    settled_ns: int = 0


@frozen
class SeenHead:
    """A head that somebody else has seen: who, when (UTC wall time), of which lineage.

    `lineage` and `hash` may be the beginnings of the whole ones, "" where nobody said.
    """

    source: str
    wall_ns: int
    lineage: str
    seq: int
    hash: str


@frozen
class JournalEnd:
    """What a journal holds: its lineage (None: no record), last record and that one's segment.

    `there` gives hash and place of the records that were asked for, by number; `former` are the
    lineages before a backup was restored.
    """

    lineage: str | None
    seq: int
    segment: str
    there: Mapping[int, tuple[str, str]] = field(factory=dict)
    former: tuple[str, ...] = ()


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
                int(known.get("settled_ns", 0)),
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


def lost(anchor: JournalAnchor | None, world: str, end: JournalEnd) -> str | None:
    """Return a sentence if a journal is not the one that its anchor knows, None if it is.

    `world` is the one that is traded in now ("": not known).
    """
    if anchor is None:
        return None
    if end.lineage is None:
        if world not in ("", anchor.world):
            return None
        return f"the journal of this folder is gone; it had {counted(anchor.seq, 'record')}"
    if anchor.lineage in end.former:
        return None  # restored: what the anchor knew was put aside
    if end.lineage != anchor.lineage:
        return (
            f"the journal of this folder is another one (lineage {end.lineage}) than the one that"
            f" was written here (lineage {anchor.lineage}, {counted(anchor.seq, 'record')})"
        )
    return _differs(anchor.seq, anchor.hash, end)


def differing(seen: Iterable[SeenHead], end: JournalEnd) -> tuple[str, ...]:
    """Return in sentences which heads that others saw are not in the journal they were of."""
    told = []
    for each in seen:
        is_of_it = end.lineage is not None and end.lineage.startswith(each.lineage)
        wrong = _differs(each.seq, each.hash, end) if is_of_it else None
        if wrong is not None:
            told.append(f"{wrong} ({each.source} saw it)")
    return tuple(told)


def _differs(seq: int, digest: str, end: JournalEnd) -> str | None:
    if end.seq < seq:
        where = f" ({end.segment})" if end.segment else ""
        return (
            f"the journal ends at record {end.seq}{where}, it had {seq}: its newest records, "
            "and any halt among them, are lost"
        )
    there, where = end.there.get(seq, ("", ""))
    if digest and not (there and there.startswith(digest)):
        return f"record {seq}{where} of the journal is not the one that was written"
    return None
