"""Emptying old records of a journal while nobody writes it: their data go, their hashes stay.

In this order, so that a crash at any place leaves a journal that is whole: the new bytes of each
segment are written beside it, a record of the chain names their SHA-256, and only then do they take
the segment's place. Without such a record no reader takes a segment that holds emptied records.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import asdict, evolve, frozen

from adapters.journal.chain import LineBroken, emptied
from adapters.journal.files import DiskFolder, sync_folder
from adapters.journal.scan import REMOVED
from adapters.journal.segments import open_journal, read_records
from adapters.journal.snapshots import snapshots_in
from domain.messages.journal import DetailsRemoved, JournalReopened
from domain.model.instants import parse_iso
from domain.system.details import DETAILS

STAGED = ".emptied"
WHY = "old details of cycles are removed"
_TAIL = re.compile(rb'"type":"([A-Za-z]+)"(?:,"wall":"([^"]+)")?,"hash":"[0-9a-f]{64}"\}\n$')
_TAIL_BYTES = 256
_DETAILS = frozenset(name.encode() for name in DETAILS)
_EMPTIED = b'"emptied":true'


@frozen(kw_only=True)
class OldDetails:
    """Details in a segment that are too old: how many records, and by how much it gets smaller."""

    segment: Path
    records: int
    size: int


def old_details(journal: Path, before_ns: int) -> Iterator[OldDetails]:
    """Yield the segments with details from before `before_ns` (UTC wall time).

    The newest segment is left out, and so is the last record of each. A record of a run in virtual
    time is as old as the last change of its file.

    Raises:
        OSError: a segment can't be read.
    """
    for name in DiskFolder(journal).names()[:-1]:
        found = OldDetails(segment=journal / name, records=0, size=0)
        for old, new in _lines(journal / name, before_ns):
            if old is not new:
                saved = len(old) - len(new)
                found = evolve(found, records=found.records + 1, size=found.size + saved)
        if found.records:
            yield found


def empty_details(journal: Path, before_ns: int, wall: Callable[[], int]) -> tuple[OldDetails, ...]:
    """Empty what `old_details` yields, and return it; nobody else may write the journal meanwhile.

    `wall` gives UTC nanoseconds for the records that say so. Snapshots of the journal go: they are
    of the bytes before.

    Raises:
        JournalError: the chain is broken, or can't be written; nothing was emptied.
        OSError: a segment can't be read or replaced; the journal is whole.
    """
    found = tuple(old_details(journal, before_ns))
    if not found:
        return ()
    try:
        told = [_staged(each, before_ns) for each in found]
        _vouch(journal, told, wall)
        for each in found:
            _beside(each.segment).replace(each.segment)
        sync_folder(journal)
        for file in snapshots_in(journal):
            file.unlink(missing_ok=True)
    finally:
        for each in found:
            _beside(each.segment).unlink(missing_ok=True)
    return found


def _lines(segment: Path, before_ns: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield each line as it is and as it shall be; of a segment that is young, nothing."""
    is_old_file = segment.stat().st_mtime_ns < before_ns
    waiting = b""
    for line in DiskFolder(segment.parent).lines(segment.name):
        if waiting:
            is_due = _is_due(waiting, before_ns, is_old_file=is_old_file)
            yield waiting, _emptied(waiting) if is_due else waiting
        elif not _is_old(line, before_ns, is_old_file=is_old_file):
            return
        waiting = line
    yield waiting, waiting


def _emptied(line: bytes) -> bytes:
    try:
        return emptied(line)
    except LineBroken:
        return line  # whoever checks the chain says what is wrong with it


def _is_due(line: bytes, before_ns: int, *, is_old_file: bool) -> bool:
    tail = _TAIL.search(line, max(0, len(line) - _TAIL_BYTES))
    if tail is None or tail[1] not in _DETAILS or _EMPTIED in line:
        return False
    return _is_old(line, before_ns, is_old_file=is_old_file)


def _is_old(line: bytes, before_ns: int, *, is_old_file: bool) -> bool:
    tail = _TAIL.search(line, max(0, len(line) - _TAIL_BYTES))
    if tail is None or tail[2] is None:
        return tail is not None and is_old_file
    try:
        return parse_iso(tail[2].decode("latin-1")) < before_ns
    except ValueError:
        return False


def _staged(old: OldDetails, before_ns: int) -> DetailsRemoved:
    """Write what shall take the place of a segment beside it; return what names it."""
    digest, file = hashlib.sha256(), _beside(old.segment)
    file.unlink(missing_ok=True)  # of a start that was cut off
    with open(file, "xb", opener=_private) as stream:
        for _, line in _lines(old.segment, before_ns):
            stream.write(line)
            digest.update(line)
        stream.flush()
        os.fsync(stream.fileno())
    known = old.segment.stat()
    os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns))  # it is as old as it was
    return DetailsRemoved(old.segment.name, old.records, digest.hexdigest())


def _vouch(journal: Path, told: list[DetailsRemoved], wall: Callable[[], int]) -> None:
    """Check the whole journal, and write into it, durably, what its segments shall be."""
    scan, at_ns = read_records(journal), 0
    for record in scan:
        at_ns = max(at_ns, record.at_ns)
    opening = asdict(JournalReopened(WHY))
    writer, _ = open_journal(journal, opening, at_ns=at_ns, wall=wall, read=scan, is_same_run=True)
    try:
        for each in told:
            writer.append(REMOVED, asdict(each), at_ns=at_ns)
    finally:
        writer.close()


def _beside(segment: Path) -> Path:
    return segment.with_name(segment.name + STAGED)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
