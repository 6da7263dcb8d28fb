"""What `journal backup`, `restore` and `sqlite` answer, and with which code they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.control.instances import InstanceLock
from app.command_line.cli import main
from app.run.recovery import JournalPlace, open_state
from domain.messages.journal import RunStarted
from domain.model.instants import Nanos
from tests.builders.journal import AT_NS, RUN

pytestmark = pytest.mark.req("AUD1")


def made(tmp_path: Path) -> Path:
    journal = tmp_path / "data" / "paper" / "journal"
    place = JournalPlace(
        folder=journal.parent,
        run=RunStarted(str(RUN["mode"]), "embedded", "w", "c", "p", 7),
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: Nanos(AT_NS),
        wall=None,
    )
    open_state(place).close()
    return journal


def call(tmp_path: Path, *arguments: str) -> int:
    folders = (f"--data-dir={tmp_path / 'data'}", f"--log-dir={tmp_path / 'logs'}")
    return main(["journal", *arguments, *folders])


def test_a_backup_is_told_with_what_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path)
    file = tmp_path / "b.tar.zst"

    assert call(tmp_path, "backup", "--env", "paper", "-o", str(file)) == 0
    assert "2 records of paper up to " in capsys.readouterr().out
    assert call(tmp_path, "backup", "--env", "paper", "-o", str(file)) == 2
    assert "give a new name" in capsys.readouterr().err


def test_without_a_journal_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    file = tmp_path / "b.tar.zst"

    assert call(tmp_path, "backup", "-o", str(file)) == 2
    assert call(tmp_path, "backup", "--env", "live", "-o", str(file)) == 2
    assert not file.exists()


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path)

    assert call(tmp_path, "backup", "--env", "paper", "-o", str(tmp_path / "no" / "b")) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("text", [b"", b"no backup"])
def test_what_is_no_backup_is_not_restored(
    text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.tar.zst"
    file.write_bytes(text)

    assert call(tmp_path, "restore", str(file)) == 1
    assert "not restored: " in capsys.readouterr().err
    assert call(tmp_path, "restore", str(tmp_path / "nowhere")) == 1


def test_a_backup_of_another_mode_and_a_running_instance_stop_a_restore(tmp_path: Path) -> None:
    made(tmp_path)
    file = tmp_path / "b.tar.zst"
    assert call(tmp_path, "backup", "--env", "paper", "-o", str(file)) == 0

    assert call(tmp_path, "restore", "--env", "live", str(file)) == 2
    lock = InstanceLock(tmp_path / "data" / "paper")
    lock.acquire("now")
    try:
        assert call(tmp_path, "restore", str(file)) == 5
    finally:
        lock.release()


def test_a_restore_says_where_the_old_journal_is_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path)
    file = tmp_path / "b.tar.zst"
    assert call(tmp_path, "backup", "--env", "paper", "-o", str(file)) == 0
    capsys.readouterr()

    assert call(tmp_path, "restore", str(file)) == 0

    told = capsys.readouterr().out
    assert "the old journal is in " in told
    assert f"python run.py resume --data-dir {tmp_path}/data --reason" in told


def test_tables_are_made_and_brought_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = made(tmp_path)

    assert call(tmp_path, "sqlite", "--env", "paper") == 0
    assert "made of 2 records, up to record 2" in capsys.readouterr().out
    assert call(tmp_path, "sqlite", "--env", "paper") == 0
    assert "brought up to date with 0 records" in capsys.readouterr().out
    assert call(tmp_path, "sqlite", "--env", "paper", "--anew") == 0
    assert "made of 2 records" in capsys.readouterr().out

    [segment] = journal.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"embedded", b"imbedded"))
    assert call(tmp_path, "sqlite", "--env", "paper") == 1
    assert "not made: 00000001.jsonl line 2" in capsys.readouterr().err


def test_without_a_journal_there_are_no_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "sqlite", "--env", "paper") == 2
    assert "nothing to read" in capsys.readouterr().err


def test_a_backup_holds_segments_alone_and_a_restore_brings_no_snapshot(tmp_path: Path) -> None:
    journal, file = made(tmp_path), tmp_path / "b.tar.zst"
    (journal / "snapshot-000000000002.json").write_text("{}", encoding="utf-8")
    assert call(tmp_path, "backup", "--env", "paper", "-o", str(file)) == 0
    assert call(tmp_path, "restore", str(file)) == 0

    assert {each.suffix for each in journal.iterdir()} == {".jsonl"}
