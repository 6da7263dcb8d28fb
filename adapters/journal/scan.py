"""Read a journal from its first record to its last and check every one on the way."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from adapters.journal.chain import GENESIS, Head, LineBroken, Record, check_line
from adapters.journal.errors import JournalBroken
from adapters.journal.files import SUFFIX, Folder

CREATED = "JournalCreated"
STARTED = "RunStarted"
REOPENED = "JournalReopened"
RESTORED = "JournalRestored"
_NAME_DIGITS = 8


def segment_name(number: int) -> str:
    """Return the file name of segment `number`, which counts starts from 1."""
    return f"{number:0{_NAME_DIGITS}d}{SUFFIX}"


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

    `segment` and `line` are the place of the last record, `head` its number and hash.
    Nothing is changed on disk, and a writer may be at work: its unfinished line is a torn tail.

    Raises (while iterating):
        JournalBroken: at the first record that is not what its place demands.
        OSError: a segment can't be read.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.names = folder.names()
        self.head = GENESIS
        self.lineage: str | None = None
        self.torn: TornTail | None = None
        self.segment = ""
        self.line = 0
        self.bytes_read = 0

    def __iter__(self) -> Iterator[Record]:
        for number, name in enumerate(self.names, start=1):
            if name != segment_name(number):
                raise JournalBroken(
                    name, 1, self.head.seq + 1, f"the segment {segment_name(number)}", name
                )
            yield from self._segment(name)

    def _segment(self, name: str) -> Iterator[Record]:
        intact = 0
        for line, text in enumerate(self._folder.lines(name), start=1):
            if not text.endswith(b"\n"):
                self._end_torn(name, line, text, intact)
                return
            record = self._check(name, line, text[:-1])
            self.head = Head(record.seq, record.hash)
            self.segment, self.line = name, line
            self.bytes_read += len(text)
            intact += len(text)
            yield record

    def _check(self, name: str, line: int, text: bytes) -> Record:
        seq = self.head.seq + 1
        try:
            record = check_line(text, self.head.hash, seq)
            if line == 1 or seq == 1:
                self._check_first(record)
            if record.type in (CREATED, RESTORED):
                self._begin_lineage(record)
        except LineBroken as broken:
            raise JournalBroken(name, line, seq, broken.expected, broken.found) from None
        return record

    def _check_first(self, record: Record) -> None:
        wanted = (CREATED,) if record.seq == 1 else (STARTED, REOPENED)
        if record.type not in wanted:
            raise LineBroken(f"{wanted[0]} as first record", record.type)

    def _begin_lineage(self, record: Record) -> None:
        self.lineage = record.data.get("lineage")
        if not isinstance(self.lineage, str):
            raise LineBroken("the lineage of the journal", repr(self.lineage))

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
