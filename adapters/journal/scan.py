"""Read a journal from its first record to its last and check every one on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256

from attrs import frozen

from adapters.journal.chain import Head, LineBroken, Record, check_line
from adapters.journal.errors import JournalBroken
from adapters.journal.files import SUFFIX, Folder
from adapters.journal.position import BEGINNING, Position, SegmentBytes
from domain.system.details import DETAILS

CREATED = "JournalCreated"
STARTED = "RunStarted"
REOPENED = "JournalReopened"
RESTORED = "JournalRestored"
REMOVED = "DetailsRemoved"
_NAME_DIGITS = 8


def segment_name(number: int) -> str:
    """Return the file name of segment `number`, which counts starts from 1."""
    return f"{number:0{_NAME_DIGITS}d}{SUFFIX}"


@frozen
class Spot:
    """Where a record stands: its number and hash, its segment and line (from 1)."""

    seq: int
    hash: str
    segment: str
    line: int


@frozen
class TornTail:
    """The end of the last segment that lacks its line end: a write was interrupted.

    `intact` and `size` are the bytes before it and in it.
    """

    segment: str
    line: int
    intact: int
    size: int


class Scan:
    """One pass over a journal; iterate once, then ask where it ended.

    `segment` and `line` are the place of the last record, `head` its number and hash; `spots` are
    the places of those records whose numbers are `wanted`, as far as they are there. Records whose
    details were removed are counted in `emptied`, by segment, and not told: nothing vouches for
    such a line but a record of the chain that names the bytes of the whole segment.
    Nothing is changed on disk, and a writer may be at work: its unfinished line is a torn tail.

    Raises (while iterating):
        JournalBroken: at the first record that is not what its place demands.
        OSError: a segment can't be read.
    """

    def __init__(
        self, folder: Folder, wanted: Collection[int] = (), after: Position = BEGINNING
    ) -> None:
        """Begin `after` a position whose bytes were checked; records before it are not seen."""
        self._folder = folder
        self._wanted = frozenset(wanted)
        self.spots: dict[int, Spot] = {}
        self.names = folder.names()
        self.head = after.head
        self.lineage = after.lineage
        self.former = after.former
        """Lineages before a backup was restored, oldest first."""
        self.torn: TornTail | None = None
        self.emptied: dict[str, int] = {}
        self._vouched: set[tuple[str, str]] = set()
        *self._parts, last = after.parts or (SegmentBytes("", 0, ""),)
        self.segment = last.segment
        self.line = after.line
        self.bytes_read = sum(part.size for part in after.parts)
        self._size, self._running = last.size, after.running

    @property
    def end(self) -> Spot:
        """The last record so far."""
        return Spot(self.head.seq, self.head.hash, self.segment, self.line)

    @property
    def position(self) -> Position:
        """Where another pass can go on."""
        parts = (*self._parts, self._part()) if self.segment else ()
        running = None if self._running is None else self._running.copy()
        return Position(self.head, self.lineage, self.former, parts, self.line, running)

    def __iter__(self) -> Iterator[Record]:
        for number, name in enumerate(self.names, start=1):
            if name != segment_name(number):
                raise JournalBroken(
                    name, 1, self.head.seq + 1, f"the segment {segment_name(number)}", name
                )
            if number > len(self._parts):
                yield from self._segment(name)
        self._check_emptied()

    def _segment(self, name: str) -> Iterator[Record]:
        if name != self.segment:
            self._begin_segment(name)
        begun = self.line + 1
        for line, text in enumerate(self._folder.lines(name, self._size), start=begun):
            if not text.endswith(b"\n"):
                self._end_torn(name, line, text, self._size)
                return
            record = self._check(name, line, text[:-1])
            self.head = Head(record.seq, record.hash)
            self.line = line
            if record.seq in self._wanted:
                self.spots[record.seq] = self.end
            self._running.update(text)
            self.bytes_read += len(text)
            self._size += len(text)
            if record.is_emptied:
                self.emptied[name] = self.emptied.get(name, 0) + 1
                continue
            if record.type == REMOVED:
                self._vouched.add((str(record.data.get("segment")), str(record.data.get("digest"))))
            yield record

    def _begin_segment(self, name: str) -> None:
        if self.segment:
            self._parts.append(self._part())
        self.segment, self.line, self._size = name, 0, 0
        self._running = sha256()

    def _part(self) -> SegmentBytes:
        return SegmentBytes(self.segment, self._size, self._running.hexdigest())

    def _check(self, name: str, line: int, text: bytes) -> Record:
        seq = self.head.seq + 1
        try:
            record = check_line(text, self.head.hash, seq)
            if line == 1 or seq == 1:
                self._check_first(record)
            if record.is_emptied and record.type not in DETAILS:
                raise LineBroken("a record with its data", f"an emptied {record.type}")
            if record.type in (CREATED, RESTORED):
                self._begin_lineage(record)
        except LineBroken as broken:
            raise JournalBroken(name, line, seq, broken.expected, broken.found) from None
        return record

    def _check_first(self, record: Record) -> None:
        wanted = (CREATED,) if record.seq == 1 else (STARTED, REOPENED)
        if record.type not in wanted:
            raise LineBroken(f"{wanted[0]} as first record", record.type)

    def _check_emptied(self) -> None:
        """Refuse a segment without all of its data whose bytes no record of the chain names."""
        for part in self.position.parts:
            if part.segment in self.emptied and (part.segment, part.digest) not in self._vouched:
                raise JournalBroken(
                    part.segment,
                    1,
                    self.head.seq,
                    f"a {REMOVED} that names its bytes, since records in it were emptied",
                    "none",
                )

    def _begin_lineage(self, record: Record) -> None:
        lineage = record.data.get("lineage")
        if not isinstance(lineage, str):
            raise LineBroken("the lineage of the journal", repr(lineage))
        if self.lineage is not None:
            self.former += (self.lineage,)
        self.lineage = lineage

    def _end_torn(self, name: str, line: int, text: bytes, intact: int) -> None:
        """Accept an unfinished last line, but not a finished one whose line end was overwritten."""
        seq = self.head.seq + 1
        if name != self.names[-1]:
            raise JournalBroken(name, line, seq, "a line end before the next segment", "none")
        try:
            check_line(text[:-1], self.head.hash, seq)
        except LineBroken:
            self.torn = TornTail(name, line, intact, len(text))
        else:
            raise JournalBroken(name, line, seq, "a line end", f"the byte 0x{text[-1]:02x}")
