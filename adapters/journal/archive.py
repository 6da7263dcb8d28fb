"""Backups of a journal: its segments in one zstandard-compressed tar, read back once written.

The first member, `backup.json`, says where the chain ends; after it come the segments in order.
Nothing else is accepted: what an archive names is never used as a path.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

import zstandard
from attrs import asdict, frozen

from adapters.journal.errors import JournalBroken
from adapters.journal.scan import Scan, segment_name
from adapters.journal.segments import read_records
from domain.model.errors import JournalError

MANIFEST = "backup.json"
READ_ONLY = "a backup is only read"
FORMAT = 1
_LARGEST_MANIFEST = 1 << 16
_MOST_SEGMENTS = 1_000_000
"""One a start of the trader: more are no journal of ours."""


@frozen(kw_only=True)
class BackupFacts:
    """What a backup holds: of which mode and lineage, and the last record. `wall` is UTC."""

    mode: str
    lineage: str
    segments: int
    records: int
    head: str
    at: str
    wall: str


def write_backup(journal: Path, file: Path, mode: str, wall: str) -> BackupFacts:
    """Write every whole record of `journal` to the new `file`; its writer may go on meanwhile.

    Raises:
        JournalBroken: the chain is broken, or what was written does not read back the same.
        FileExistsError: `file` is there; nothing is ever overwritten.
        OSError: it can't be read or written. No file is left then.
    """
    scan, ends, at = read_records(journal), dict[str, int](), ""
    for record in scan:
        ends[scan.segment], at = scan.bytes_read, record.at
    facts = BackupFacts(
        mode=mode,
        lineage=scan.lineage or "",
        segments=len(ends),
        records=scan.head.seq,
        head=scan.head.hash,
        at=at,
        wall=wall,
    )
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw:
            _write(raw, journal, ends, facts)
            raw.flush()
            os.fsync(raw.fileno())
        verify_backup(file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return facts


def verify_backup(file: Path) -> BackupFacts:
    """Read a backup to its end and check every record; return what it holds.

    Raises:
        JournalBroken: a record is not what its place demands.
        JournalError: the file is no backup, or does not hold what it says.
        OSError: it can't be read.
    """
    with _opened(file) as (facts, archive):
        scan = Scan(_Segments(archive, facts.segments))
        for _ in scan:
            continue
        _check_end(scan, facts)
    return facts


def unpack_backup(file: Path, folder: Path) -> BackupFacts:
    """Write the segments of a backup into the new `folder` and check them there.

    Raises:
        JournalBroken, JournalError, OSError: as `verify_backup`; `folder` may be half there.
    """
    with _opened(file) as (facts, archive):
        folder.mkdir(mode=0o700, parents=True)
        segments = _Segments(archive, facts.segments)
        for name in segments.names():
            with open(folder / name, "xb", opener=_private) as segment:
                segment.writelines(segments.lines(name))
                segment.flush()
                os.fsync(segment.fileno())
    scan = read_records(folder)
    for _ in scan:
        continue
    _check_end(scan, facts)
    return facts


def _write(raw: IO[bytes], journal: Path, ends: dict[str, int], facts: BackupFacts) -> None:
    text = json.dumps({"format": FORMAT, **asdict(facts)}, indent=2).encode()
    with (
        zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        archive.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
        begin = 0
        for name, end in ends.items():
            with open(journal / name, "rb") as segment:
                archive.addfile(_member(name, end - begin), segment)
            begin = end


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


@contextmanager
def _opened(file: Path) -> Iterator[tuple[BackupFacts, tarfile.TarFile]]:
    try:
        with (
            open(file, "rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as packed,
            tarfile.open(fileobj=packed, mode="r|") as archive,
        ):
            yield _facts(archive), archive
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise JournalError(f"{file} is no whole backup of a journal: {error}") from error


def _facts(archive: tarfile.TarFile) -> BackupFacts:
    member = archive.next()
    if member is None or member.name != MANIFEST or member.size > _LARGEST_MANIFEST:
        raise JournalError(f"expected a backup that begins with {MANIFEST}")
    found = archive.extractfile(member)
    try:
        values: dict[str, Any] = json.loads(b"" if found is None else found.read())
        if values.pop("format") != FORMAT:
            raise ValueError(f"expected format {FORMAT}")
        facts = BackupFacts(**values)
        _check_facts(facts)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise JournalError(f"{MANIFEST} of the backup can't be read: {error}") from error
    return facts


def _check_facts(facts: BackupFacts) -> None:
    for name, value in asdict(facts).items():
        wanted = int if name in ("segments", "records") else str
        if type(value) is not wanted:
            raise ValueError(f"{name}: expected {wanted.__name__}, found {value!r:.40}")
    if not 1 <= facts.segments <= min(facts.records, _MOST_SEGMENTS):
        raise ValueError(f"{facts.segments} segments can't hold {facts.records} records")


def _check_end(scan: Scan, facts: BackupFacts) -> None:
    if (scan.head.seq, scan.head.hash, scan.torn) != (facts.records, facts.head, None):
        raise JournalBroken(
            scan.segment,
            scan.line,
            scan.head.seq,
            f"the end of the backup at record {facts.records}",
            f"record {scan.head.seq}" + ("" if scan.torn is None else " and half of another"),
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


class _Segments:
    """The segments of an open archive as a journal's folder: in order, once, to be read only."""

    def __init__(self, archive: tarfile.TarFile, count: int) -> None:
        self._archive = archive
        self._count = count

    def names(self) -> list[str]:
        return [segment_name(number) for number in range(1, self._count + 1)]

    def lines(self, name: str, begin: int = 0) -> Iterator[bytes]:
        del begin  # a pass over an archive has nothing before it
        member = self._archive.next()
        found = None if member is None else self._archive.extractfile(member)
        if member is None or found is None or member.name != name or not member.isreg():
            named = "its end" if member is None else repr(member.name)
            raise JournalError(f"expected {name} in the backup, found {named}")
        yield from found

    def prepare(self) -> NoReturn:
        raise OSError(READ_ONLY)

    def cut(self, name: str, size: int) -> NoReturn:
        raise OSError(READ_ONLY, name, size)

    def create(self, name: str) -> NoReturn:
        raise OSError(READ_ONLY, name)
