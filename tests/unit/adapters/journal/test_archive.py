"""A backup is whole or it is refused, and nothing in it is used as a path."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from adapters.journal.archive import MANIFEST, unpack_backup, verify_backup, write_backup
from adapters.journal.errors import JournalBroken
from adapters.journal.segments import read_records
from domain.model.errors import JournalError
from tests.builders.journal import LINEAGE, fill, seqs, start

pytestmark = pytest.mark.req("AUD1")
WALL = "2026-11-28T12:00:00Z"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    for number in (1, 2):
        writer = start(folder, number)
        fill(writer, 10 * number)
        writer.close()
    return folder


@pytest.fixture
def backup(journal: Path, tmp_path: Path) -> Path:
    file = tmp_path / "b.tar.zst"
    write_backup(journal, file, "paper", WALL)
    return file


def test_a_backup_says_what_it_holds_and_gives_back_the_same_bytes(
    journal: Path, backup: Path, tmp_path: Path
) -> None:
    facts = unpack_backup(backup, tmp_path / "back")

    assert (facts.mode, facts.lineage, facts.segments, facts.wall) == ("paper", LINEAGE, 2, WALL)
    assert facts.records == len(seqs(journal))
    assert facts == verify_backup(backup)
    for segment in journal.iterdir():
        assert (tmp_path / "back" / segment.name).read_bytes() == segment.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600


def test_of_a_journal_that_is_being_written_it_holds_every_whole_record(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    writer = start(folder)
    fill(writer, 1)
    with (folder / "00000001.jsonl").open("ab") as file:
        file.write(b'{"actor":"audi')

    facts = write_backup(folder, tmp_path / "b.tar.zst", "paper", WALL)

    assert facts.records == 3
    assert unpack_backup(tmp_path / "b.tar.zst", tmp_path / "back").head == facts.head
    writer.abandon()


def test_what_is_there_is_never_overwritten(journal: Path, backup: Path) -> None:
    before = backup.read_bytes()

    with pytest.raises(FileExistsError):
        write_backup(journal, backup, "paper", WALL)

    assert backup.read_bytes() == before


def test_a_broken_journal_is_not_backed_up(journal: Path, tmp_path: Path) -> None:
    segment = journal / "00000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"43000.12", b"43000.13", 1))

    with pytest.raises(JournalBroken):
        write_backup(journal, tmp_path / "b.tar.zst", "paper", WALL)

    assert not (tmp_path / "b.tar.zst").exists()


def members(backup: Path) -> Iterator[tuple[str, bytes]]:
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(backup.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for member in archive.getmembers():
            found = archive.extractfile(member)
            assert found is not None
            yield member.name, found.read()


def packed(file: Path, parts: list[tuple[str, bytes]]) -> Path:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in parts:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    file.write_bytes(zstandard.ZstdCompressor().compress(plain.getvalue()))
    return file


def _changed(parts: list[tuple[str, bytes]], **facts: object) -> list[tuple[str, bytes]]:
    manifest = json.loads(parts[0][1])
    return [(MANIFEST, json.dumps({**manifest, **facts}).encode()), *parts[1:]]


@pytest.mark.parametrize(
    "odd",
    [
        lambda parts: [],
        lambda parts: parts[1:],
        lambda parts: parts[:-1],
        lambda parts: [parts[0], parts[2], parts[1]],
        lambda parts: [parts[0], ("../../evil.jsonl", parts[1][1]), parts[2]],
        lambda parts: [parts[0], (parts[1][0], parts[1][1].replace(b"43000.12", b"1")), parts[2]],
        lambda parts: [*parts[:2], (parts[2][0], parts[2][1].rpartition(b'{"actor')[0])],
        lambda parts: [*parts[:2], (parts[2][0], parts[2][1] + b"half")],
        lambda parts: [(MANIFEST, b"no json"), *parts[1:]],
        lambda parts: [(MANIFEST, b"[]"), *parts[1:]],
        lambda parts: _changed(parts, format=2),
        lambda parts: _changed(parts, records=3),
        lambda parts: _changed(parts, segments=10**9),
        lambda parts: _changed(parts, segments=0),
        lambda parts: _changed(parts, mode=7),
        lambda parts: _changed(parts, head="0" * 64),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_leaves_nothing_outside(
    odd: object, backup: Path, tmp_path: Path
) -> None:
    assert callable(odd)
    file = packed(tmp_path / "odd.tar.zst", odd(list(members(backup))))

    with pytest.raises((JournalBroken, JournalError)):
        verify_backup(file)
    with pytest.raises((JournalBroken, JournalError)):
        unpack_backup(file, tmp_path / "a" / "b" / "back")
    assert list(tmp_path.rglob("evil*")) == []


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_a_backup_that_was_cut_off_is_refused(kept: int, backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:kept])

    with pytest.raises((JournalBroken, JournalError)):
        verify_backup(backup)


def test_a_restored_chain_can_be_written_on(backup: Path, tmp_path: Path) -> None:
    unpack_backup(backup, tmp_path / "back")
    start(tmp_path / "back", 3).close()

    assert seqs(tmp_path / "back") == list(range(1, len(seqs(tmp_path / "back")) + 1))
    scan = read_records(tmp_path / "back")
    assert [record.type for record in scan][-1] == "RunStarted"
