"""From a journal on disk to the state that it tells: from the newest snapshot that fits, or whole.

A snapshot is never trusted over the journal. The bytes before it have to be those that were checked
when it was made, and a record after it has to name it; where anything is wrong, all is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from attrs import frozen

from adapters.journal.codec import Codec, CodecError
from adapters.journal.errors import JournalBroken
from adapters.journal.files import DiskFolder
from adapters.journal.position import Position, checked, spots_before
from adapters.journal.scan import Scan, Spot
from adapters.journal.snapshots import (
    Snapshot,
    SnapshotOutdated,
    SnapshotUnusable,
    read_snapshot,
    snapshots_in,
)
from domain.messages.catalogue import CATALOGUE
from domain.messages.journal import SnapshotTaken
from domain.system.fold_state import FoldState
from domain.system.recovery import JournalFold

ROOT = Path(__file__).resolve().parents[2]
FOLDS = ("domain", "adapters/journal")
"""Where the code stands that makes the state: another version of it makes another one."""
CODEC = Codec(CATALOGUE)
STATE = FoldState.__name__
STATES = Codec({STATE: FoldState}, {})
Unused = tuple[tuple[Path, SnapshotUnusable], ...]


@frozen
class Folded:
    """The state of a journal, and the finished pass over it.

    `used` is the snapshot that it began with, `begun` the number of that one's last record;
    `unused` are snapshots that could not be used, with why.
    """

    fold: JournalFold
    scan: Scan
    used: Path | None = None
    begun: int = 0
    unused: Unused = ()


def fold_journal(folder: Path, quote_currency: str, wanted: Collection[int] = ()) -> Folded:
    """Check the journal in `folder` and fold it; of the `wanted` records the places are found.

    `quote_currency` is that of new books; "" takes what a snapshot has.

    Raises:
        JournalBroken: the chain is broken.
        CodecError: a record is no message of this program.
        OSError: the journal can't be read.
    """
    unused: list[tuple[Path, SnapshotUnusable]] = []
    for file in snapshots_in(folder):
        try:
            return _from_snapshot(folder, file, quote_currency, wanted, tuple(unused))
        except SnapshotUnusable as error:
            unused.append((file, _told(error)))
    scan, fold = Scan(DiskFolder(folder), wanted), JournalFold(quote_currency)
    for record in scan:
        fold.take(record.at_ns, CODEC.decode(record.type, record.data))
    return Folded(fold, scan, unused=tuple(unused))


def _from_snapshot(
    folder: Path, file: Path, quote_currency: str, wanted: Collection[int], unused: Unused
) -> Folded:
    snapshot = read_snapshot(file, fold_version())
    position = _checked(folder, snapshot)
    fold = _state_of(snapshot, quote_currency)
    scan = Scan(DiskFolder(folder), wanted, position)
    head, is_named = position.head, False
    told = SnapshotTaken(head.seq, head.hash, snapshot.digest)
    try:
        for record in scan:
            message = CODEC.decode(record.type, record.data)
            is_named = is_named or message == told
            fold.take(record.at_ns, message)
    except (JournalBroken, CodecError) as error:
        raise SnapshotUnusable(f"what follows it is broken: {error}") from error
    if not is_named:
        raise SnapshotUnusable("no record of the journal names it")
    for seq, digest, segment, line in spots_before(folder, position, frozenset(wanted)):
        scan.spots[seq] = Spot(seq, digest, segment, line)
    return Folded(fold, scan, file, head.seq, unused)


def _checked(folder: Path, snapshot: Snapshot) -> Position:
    try:
        position = checked(folder, snapshot.position)
    except OSError as error:
        raise SnapshotUnusable(f"the journal before it can't be read: {error}") from error
    if position is None:
        raise SnapshotUnusable("the journal before it is not the one that it was made of")
    return position


def _state_of(snapshot: Snapshot, quote_currency: str) -> JournalFold:
    try:
        state: FoldState = STATES.decode_json(STATE, snapshot.state)
    except CodecError as error:
        raise SnapshotUnusable(f"its state can't be read: {error}") from error
    if quote_currency not in ("", state.quote_currency):
        raise SnapshotOutdated(f"its books are in {state.quote_currency}")
    return JournalFold.after(state)


def _told(error: SnapshotUnusable) -> SnapshotUnusable:
    """Return the error without its traceback, whose frames hold the whole snapshot in memory."""
    return type(error)(*error.args)


@cache
def fold_version() -> str:
    """Return the SHA-256 over the sources of everything that makes a state of records."""
    digest = hashlib.sha256()
    for name, content in _sources():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[tuple[str, bytes]]:
    files = sorted(file for folder in FOLDS for file in (ROOT / folder).rglob("*.py"))
    for file in files:
        yield file.relative_to(ROOT).as_posix(), file.read_bytes()
