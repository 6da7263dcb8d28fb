"""What a journal promises, on disk and in memory alike."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from adapters.journal.files import DiskFolder, Folder
from adapters.journal.scan import segment_name
from adapters.journal.segments import open_journal, read_records
from domain.model.errors import JournalError
from tests.builders.journal import AT_NS, LINEAGE, RUN, fill, seqs, start
from tests.fakes.disks import FaultyFolder
from tests.fakes.memory_journal import MemoryFolder


@pytest.fixture(params=["disk", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return DiskFolder(tmp_path / "data" / "journal") if request.param == "disk" else MemoryFolder()


def test_the_first_record_creates_the_lineage_and_the_next_starts_the_run(folder: Folder) -> None:
    start(folder).close()
    first, second = read_records(folder)
    assert (first.type, first.data) == ("JournalCreated", {"lineage": LINEAGE})
    assert (second.type, second.data) == ("RunStarted", RUN)
    assert folder.names() == [segment_name(1)]


def test_a_restart_continues_sequence_and_chain_in_a_new_segment(folder: Folder) -> None:
    first = start(folder)
    fill(first, 1)
    first.close()
    second, recovered = open_journal(folder, RUN, at_ns=AT_NS, lineage="f" * 32)
    fill(second, 2)
    second.close()
    assert (recovered.records, recovered.start, recovered.cut) == (3, 2, None)
    assert second.lineage == recovered.lineage == LINEAGE
    records = list(read_records(folder))
    assert [record.seq for record in records] == [1, 2, 3, 4, 5]
    assert [now.prev for now in records[1:]] == [before.hash for before in records[:-1]]
    assert folder.names() == [segment_name(1), segment_name(2)]


def test_append_returns_number_and_hash_of_its_record(folder: Folder) -> None:
    journal = start(folder)
    head = journal.append("Sample", {"a": 1}, at_ns=AT_NS, durable=True)
    *_, last = read_records(folder)
    assert (head.seq, head.hash) == (last.seq, last.hash)


def test_a_record_holds_all_that_was_said(folder: Folder) -> None:
    journal, _ = open_journal(
        folder, RUN, at_ns=AT_NS, config="c0ffee", wall=lambda: 1_800_000_000_000_000_001
    )
    fill(journal, 7)
    *_, last = read_records(folder)
    assert last.data == {
        "entry": "f-7",
        "price": "43000.12",
        "fees": ["0.01", "0"],
        "note": "größer",
    }
    assert (last.actor, last.epoch, last.config) == ("auditor", 1, "c0ffee")
    assert (last.envelope, last.correlation, last.causation) == (7, 1, 6)
    assert last.wall == "2027-01-15T08:00:00.000000001Z"
    assert last.at_ns == AT_NS + 7


def test_a_virtual_run_writes_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        for number in (1, 2):
            journal = start(tmp_path / name, number)
            fill(journal, number)
            journal.close()
    for segment in (segment_name(1), segment_name(2)):
        assert (tmp_path / "one" / segment).read_bytes() == (
            tmp_path / "two" / segment
        ).read_bytes()


def test_two_new_journals_have_different_random_lineages(tmp_path: Path) -> None:
    names = {open_journal(tmp_path / one, RUN, at_ns=AT_NS)[0].lineage for one in "ab"}
    assert len(names) == 2
    assert all(len(name) == 32 for name in names)


def test_it_can_be_read_while_it_is_written(folder: Folder) -> None:
    journal = start(folder)
    for number in range(5):
        fill(journal, number)
        assert len(seqs(folder)) == 3 + number


def test_many_appends_share_one_sync(folder: Folder) -> None:
    faulty = FaultyFolder(folder)
    journal = start(faulty)
    before = len(faulty.opened[0].calls)
    for number in range(5):
        fill(journal, number)
    journal.sync()
    assert faulty.opened[0].calls[before:] == ["write"] * 5 + ["sync"]


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_failure_of_the_disk_is_final(folder: Folder, call: str, code: int) -> None:
    faulty = FaultyFolder(folder)
    journal = start(faulty)
    fill(journal, 1, durable=True)
    faulty.faults[call] = OSError(code, "the disk says no")
    with pytest.raises(JournalError, match="can't be written"):
        fill(journal, 2, durable=True)
    assert journal.failed
    faulty.faults.clear()
    tried = len(faulty.opened[0].calls)
    with pytest.raises(JournalError, match="failed before"):
        fill(journal, 3)
    with pytest.raises(JournalError, match="failed before"):
        journal.sync()
    journal.close()
    assert faulty.opened[0].calls[tried:] == ["close"]


@pytest.mark.parametrize("call", ["names", "lines", "prepare", "create", "write", "sync"])
def test_a_start_on_a_bad_disk_fails_and_leaves_no_handle(folder: Folder, call: str) -> None:
    start(folder).close()
    faulty = FaultyFolder(folder)
    faulty.faults[call] = OSError(errno.EIO, "the disk says no")
    with pytest.raises(JournalError, match="the disk says no"):
        start(faulty, 2)
    assert all(segment.calls[-1] == "close" for segment in faulty.opened)
    assert len(seqs(folder)) >= 2


def test_the_next_start_goes_on_from_what_is_really_there(folder: Folder) -> None:
    faulty = FaultyFolder(folder)
    journal = start(faulty)
    fill(journal, 1, durable=True)
    faulty.faults["write"] = OSError(errno.ENOSPC, "no space left")
    with pytest.raises(JournalError):
        fill(journal, 2)
    journal.close()
    again, recovered = open_journal(folder, RUN, at_ns=AT_NS)
    assert recovered.records == 3
    assert again.head.seq == 4


def test_data_that_is_not_exact_is_refused_before_anything_is_written(folder: Folder) -> None:
    journal = start(folder)
    head = journal.head
    with pytest.raises(TypeError, match="expected exact JSON data"):
        journal.append("Sample", {"price": 0.1}, at_ns=AT_NS)
    assert journal.head == head
    assert not journal.failed
    fill(journal, 1)
    assert len(seqs(folder)) == 3


def test_a_closed_journal_refuses_and_closing_again_is_harmless(folder: Folder) -> None:
    journal = start(folder)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        fill(journal, 1)


def test_close_makes_everything_durable() -> None:
    folder = MemoryFolder()
    journal = start(folder)
    fill(journal, 1)
    journal.close()
    folder.lose_power()
    assert len(seqs(folder)) == 3


@pytest.mark.req("AUD1")
def test_a_power_cut_never_takes_a_durable_record() -> None:
    for spared in range(0, 900, 7):
        folder = MemoryFolder()
        journal = start(folder)
        fill(journal, 1, durable=True)
        fill(journal, 2)
        fill(journal, 3)
        folder.lose_power(spared)
        _, recovered = open_journal(folder, RUN, at_ns=AT_NS)
        assert 3 <= recovered.records <= 5
        assert seqs(folder) == list(range(1, len(seqs(folder)) + 1))
