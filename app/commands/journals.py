"""Reading the journal of a mode for a command: which folder, decoded records, a progress bar."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from attrs import frozen

from adapters.control.instances import MODES, choose
from adapters.journal.chain import Record
from adapters.journal.codec import Codec, CodecError
from adapters.journal.errors import JournalBroken
from adapters.journal.files import SUFFIX
from adapters.journal.scan import Scan
from adapters.journal.segments import read_records
from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from config.mode import Mode
from domain.messages.catalogue import CATALOGUE

JOURNAL = "journal"
_STEP = 5_000
"""Records between two movements of a progress bar."""


@frozen
class JournalPass:
    """One pass over a journal: its folder, and the scan that tells afterwards where it ended."""

    folder: Path
    scan: Scan

    def __iter__(self) -> Iterator[tuple[Record, object]]:
        """Yield each record with its message.

        Raises:
            JournalBroken: at the first record that is not what its place demands.
            OSError: a segment can't be read.
        """
        codec = Codec(CATALOGUE)
        for record in self.scan:
            try:
                message = codec.decode(record.type, record.data)
            except CodecError as error:
                raise JournalBroken(
                    self.scan.segment,
                    self.scan.line,
                    record.seq,
                    "a message of this program",
                    str(error),
                ) from None
            yield record, message

    @property
    def size(self) -> int:
        """Return the bytes of all segments."""
        return sum((self.folder / name).stat().st_size for name in self.scan.names)


def decoded(
    folder: Path, *, may_be_empty: bool = False, wanted: Collection[int] = ()
) -> JournalPass:
    """Return a pass over the journal in `folder`; it keeps the places of the `wanted` numbers.

    Raises:
        FileNotFoundError: it holds no segment, unless it may be empty.
        OSError: it can't be read.
    """
    scan = read_records(folder, wanted)
    if not scan.names and not may_be_empty:
        raise FileNotFoundError(f"expected a journal's {SUFFIX} segments in {folder}, found none")
    return JournalPass(folder, scan)


def journal_of(folders: Folders, mode: Mode | None) -> Path:
    """Return the journal folder of what runs or ran last, of the world and mode that are named.

    Raises:
        FileNotFoundError: there is none, or several and none is the newest.
    """
    if chosen := choose(*folders.homes, mode=None if mode is None else mode.value):
        return chosen / JOURNAL
    if mode is not None:
        return folders.of_mode(mode) / JOURNAL
    there = [home / each / JOURNAL for home in folders.homes for each in MODES]
    kept = [each for each in there if read_records(each).names]
    if len(kept) == 1:
        return kept[0]
    if kept:
        raise FileNotFoundError(f"{len(kept)} modes in {folders.data} have one; name it with --env")
    raise FileNotFoundError(
        f"expected a journal in {folders.home}, found none; give --data-dir or PATH"
    )


def with_progress(records: JournalPass, what: str) -> Iterator[tuple[Record, object]]:
    """Pass the records on; where a person watches, show how far the pass has come."""
    with progress_bar(what, records.size) as moved:
        for count, pair in enumerate(records):
            if count % _STEP == 0:
                moved(records.scan.bytes_read)
            yield pair
