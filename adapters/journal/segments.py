"""The journal on disk: one segment a start, appended to by one writer, verified at every open.

The writer belongs to one thread. That only one process writes is the business of the instance lock.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.journal.chain import Head, Record, body, seal
from adapters.journal.files import DiskFolder, Folder, SegmentFile
from adapters.journal.scan import CREATED, REOPENED, STARTED, Scan, TornTail, segment_name
from domain.model.errors import JournalError
from domain.model.instants import iso

TAIL_CUT = "TailCut"
_LINEAGE_BYTES = 16
_FENCE_SECONDS = 0.2


@frozen
class FoundJournal:
    """What an open found. `cut` is the unfinished last line that was removed, if there was one.

    `start` counts the starts of the lineage from 1 and includes this one; `records` is how many
    complete records were there before.
    """

    lineage: str
    start: int
    records: int
    cut: TornTail | None


class SegmentWriter:
    """Appends records to the newest segment. After the first failed write or sync it is dead.

    A record is durable once `append(durable=True)` or a later `sync` has returned.
    """

    def __init__(
        self,
        file: SegmentFile,
        head: Head,
        *,
        lineage: str,
        config: str | None = None,
        wall: Callable[[], int] | None = None,
    ) -> None:
        self._file = file
        self._config = config
        self._wall = wall
        self._is_open = True
        self._writing = threading.Lock()
        self.head = self.durable = head
        self.lineage = lineage
        self.failed = False

    def append(
        self,
        kind: str,
        data: Mapping[str, Any],
        *,
        at_ns: int,
        actor: str | None = None,
        epoch: int | None = None,
        envelope: int | None = None,
        correlation: int | None = None,
        causation: int | None = None,
        durable: bool = False,
    ) -> Head:
        """Append a record of market time `at_ns` and return its number and hash.

        Raises:
            JournalError: it can't be written; final, every later call raises too.
            TypeError: `data` is not exact JSON data; nothing was written.
        """
        record = body(
            self.head,
            kind,
            data,
            at=iso(at_ns),
            wall=None if self._wall is None else iso(self._wall()),
            actor=actor,
            epoch=epoch,
            envelope=envelope,
            correlation=correlation,
            causation=causation,
            config=self._config,
        )
        line, digest = seal(record)
        self._do(self._file.write, line)
        self.head = Head(record.seq, digest)
        if durable:
            self.sync()
        return self.head

    def sync(self) -> None:
        """Make everything appended so far durable; one call serves any number of records.

        Raises:
            JournalError: it failed; final, every later call raises too.
        """
        head = self.head
        self._do(self._file.sync)
        self.durable = head

    def close(self) -> None:
        """Make everything durable and end; closing twice, or after a failure, is harmless.

        Raises:
            JournalError: the last sync failed.
        """
        try:
            if self._is_open and not self.failed:
                self.sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """End without a sync, as after a failure; twice is harmless."""
        if self._is_open:
            self._is_open = False
            self._file.close()

    def fence(self) -> bool:
        """End it from another thread than the writer's: whoever still holds it can't write.

        False: a write or sync is under way and does not come back, so what is on disk is not
        known. The journal has failed then.
        """
        if not self._writing.acquire(timeout=_FENCE_SECONDS):
            self.failed = True
            return False
        try:
            if self._is_open and not self.failed:
                self._file.sync()
            self.abandon()
        except OSError:
            self.failed = True
        finally:
            self._writing.release()
        return not self.failed

    def _do(self, action: Callable[..., None], *args: bytes) -> None:
        with self._writing:
            self._do_alone(action, *args)

    def _do_alone(self, action: Callable[..., None], *args: bytes) -> None:
        if self.failed or not self._is_open:
            state = "failed before" if self.failed else "is closed"
            raise JournalError(f"expected a journal that can be written, but it {state}")
        try:
            action(*args)
        except OSError as error:
            self.failed = True
            raise JournalError(
                f"the journal can't be written: {error}. Nothing is sent any more; "
                "make room or repair the disk, then start again"
            ) from error


def open_journal(
    folder: Path | Folder,
    run: Mapping[str, Any],
    *,
    at_ns: int,
    config: str | None = None,
    lineage: str | None = None,
    wall: Callable[[], int] | None = None,
    visit: Callable[[Record], object] | None = None,
    read: Scan | None = None,
    is_same_run: bool = False,
) -> tuple[SegmentWriter, FoundJournal]:
    """Verify the whole chain, cut an unfinished tail, open a new segment that begins with `run`.

    `is_same_run`: the segment goes on within a run, and `run` is what a `JournalReopened` holds.
    `visit` sees every old record in order. `read` is a pass that has come to the end of this very
    folder: it is not read again then, and nobody visits. `lineage`
    (32 hex digits) is used only if the journal is new; without it 128 random bits are. `wall` gives
    UTC nanoseconds; without it records hold none.

    Raises:
        JournalBroken: the chain is broken before its tail; nothing was changed.
        JournalError: the folder can't be read or written.
    """
    place = DiskFolder(folder) if isinstance(folder, Path) else folder
    try:
        scan = _verify(place, visit) if read is None else read
        journal = _new_segment(place, scan, lineage, config=config, wall=wall)
    except OSError as error:
        raise JournalError(f"the journal can't be opened: {error}") from error
    try:
        _write_opening(journal, scan, run, at_ns, REOPENED if is_same_run else STARTED)
    except BaseException:
        journal.abandon()
        raise
    start = len(scan.names) + 1
    return journal, FoundJournal(journal.lineage, start, scan.head.seq, scan.torn)


def _write_opening(
    journal: SegmentWriter, scan: Scan, run: Mapping[str, Any], at_ns: int, kind: str
) -> None:
    if scan.lineage is None:
        journal.append(CREATED, {"lineage": journal.lineage}, at_ns=at_ns)
    journal.append(kind, run, at_ns=at_ns)
    if scan.torn is not None:
        journal.append(TAIL_CUT, {"size": scan.torn.size}, at_ns=at_ns)
    journal.sync()


def _verify(place: Folder, visit: Callable[[Record], object] | None) -> Scan:
    scan = Scan(place)
    for record in scan:
        if visit is not None:
            visit(record)
    return scan


def _new_segment(
    place: Folder,
    scan: Scan,
    lineage: str | None,
    *,
    config: str | None,
    wall: Callable[[], int] | None,
) -> SegmentWriter:
    place.prepare()
    if scan.torn is not None:
        place.cut(scan.torn.segment, scan.torn.intact)
    file = place.create(segment_name(len(scan.names) + 1))
    name = scan.lineage or lineage or secrets.token_hex(_LINEAGE_BYTES)
    return SegmentWriter(file, scan.head, lineage=name, config=config, wall=wall)


def read_records(folder: Path | Folder, wanted: Collection[int] = ()) -> Scan:
    """Return a pass over the records, which checks each; a torn tail is reported, not cut.

    Of the `wanted` numbers the places are told. A writer may be at work. Iterating raises
    JournalBroken at the first bad record.
    """
    return Scan(DiskFolder(folder) if isinstance(folder, Path) else folder, wanted)
