"""The disk side of the journal: modes, short writes, full disks."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from adapters.journal.files import DiskFolder
from adapters.journal.segments import open_journal, read_records
from domain.model.errors import JournalError
from tests.builders.journal import AT_NS, RUN, fill, seqs, start

ROOT = Path(__file__).parents[4]


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "paper" / "journal"
    start(folder).close()
    assert [
        one.stat().st_mode & 0o777 for one in (folder.parent.parent, folder.parent, folder)
    ] == [0o700] * 3
    assert [one.stat().st_mode & 0o777 for one in folder.iterdir()] == [0o600]


def test_reading_a_folder_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert seqs(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()


def test_files_that_are_no_segments_are_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"something else")
    start(tmp_path).close()
    assert len(seqs(tmp_path)) == 2


def test_a_torn_tail_is_cut_on_disk(tmp_path: Path) -> None:
    start(tmp_path).close()
    segment = tmp_path / "00000001.jsonl"
    whole = segment.read_bytes()
    segment.write_bytes(whole + b'{"torn')
    _, recovered = open_journal(tmp_path, RUN, at_ns=AT_NS)
    assert segment.read_bytes() == whole
    assert recovered.cut is not None
    assert [record.type for record in read_records(tmp_path)][-2:] == ["RunStarted", "TailCut"]


def test_an_existing_segment_is_never_written_over(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    folder.create("00000001.jsonl").close()
    with pytest.raises(FileExistsError):
        folder.create("00000001.jsonl")


FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from domain.model.errors import JournalError
from tests.builders.journal import fill, start

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = start(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
written = 0
try:
    while True:
        fill(journal, written, durable=True)
        written += 1
except JournalError as error:
    print(written, journal.failed, error)
"""


@pytest.mark.req("AUD1")
def test_a_full_disk_ends_the_journal_and_the_next_start_cuts_the_rest(tmp_path: Path) -> None:
    script = textwrap.dedent(FILLS_THE_DISK)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    written, failed, text = done.stdout.split(maxsplit=2)
    assert failed == "True"
    assert "can't be written" in text
    assert (tmp_path / "00000001.jsonl").stat().st_size == 5000
    journal, recovered = open_journal(tmp_path, RUN, at_ns=AT_NS)
    assert recovered.records == 2 + int(written)
    assert recovered.cut is not None
    fill(journal, 1, durable=True)
    assert len(seqs(tmp_path)) == recovered.records + 3


def test_a_folder_that_is_a_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(JournalError, match="can't be opened"):
        start(tmp_path / "journal")
