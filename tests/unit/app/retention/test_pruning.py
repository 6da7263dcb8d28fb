"""Old logs and minutes go, money records and what is young never do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.control.instances import InstanceLock
from adapters.journal.segments import read_records
from adapters.telemetry.bars import COLUMNS
from app.command_line.options import Folders
from app.retention.pruning import KEPT_NS, SLACK_NS, old_files, old_records, prune
from app.run.recovery import JOURNAL
from config.loading import load
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos, iso
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import write_day
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RET1")

LIMIT = NOW - KEPT_NS


def folders(home: Path) -> Folders:
    return Folders(data=home / "data", log=home / "logs")


def written(path: Path, *, days_ago: int, text: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    at_s = (NOW - days_ago * DAY) / SECOND
    os.utime(path, (at_s, at_s))
    return path


def minutes(path: Path, *days_ago: int, written_days_ago: int = 0) -> Path:
    rows = [",".join(COLUMNS)]
    rows += [f"BTC-USD,{iso(NOW - days * DAY)},1,1,1,1,1" for days in days_ago]
    return written(path, days_ago=written_days_ago, text="\n".join(rows) + "\n")


GOES = (
    "logs/bulkhead.2026-01-01.log",
    "logs/bulkhead.2026-01-01.jsonl",
    "logs/alerts.2026-01-01.jsonl",
    "logs/incidents/1.txt",
    "data/paper/bars/BTC-USD.csv",
    "data/live/bars/BTC-USD.csv",
    "data/paper/books/2026-01-01.csv",
    "data/worlds/generated-7/paper/shadow/run-0001.jsonl",
)
STAYS = (
    "data/live/journal/0001.jsonl",
    "data/live/journal/snapshot-1.json",
    "data/live/certificates/key",
    "data/live/config/2f8a51c09e77b1d4.json",
    "data/evidence.jsonl",
    "data/key.json",
    "data/KILL_SWITCH",
    "data/history/BTC-USD.parquet",
    "data/archive/1/paper/journal/0001.jsonl",
    "logs/acks.jsonl",
    "logs/paper_rehearsal_final_report.md",
)


@pytest.mark.parametrize("name", GOES)
def test_logs_and_minutes_go_after_their_days(name: str, tmp_path: Path) -> None:
    old, young = written(tmp_path / name, days_ago=91), tmp_path / name

    done = prune(folders(tmp_path), LIMIT)

    assert [each.path for each in done.files] == [old]
    assert not old.exists()
    written(young, days_ago=89)
    assert prune(folders(tmp_path), LIMIT).files == ()
    assert young.exists()


@pytest.mark.parametrize("name", STAYS)
def test_what_money_hangs_on_stays_however_old(name: str, tmp_path: Path) -> None:
    kept = written(tmp_path / name, days_ago=4_000)

    assert prune(folders(tmp_path), NOW).files == ()
    assert kept.exists()


def test_of_a_file_that_is_still_written_the_old_minutes_go(tmp_path: Path) -> None:
    path = minutes(tmp_path / "data/live/bars/BTC-USD.csv", 100, 95, 89, 0)

    (found,) = prune(folders(tmp_path), LIMIT).files

    assert found.rows == 2
    assert path.read_text() == minutes(tmp_path / "wanted.csv", 89, 0).read_text()
    assert abs(path.stat().st_mtime_ns - NOW) < MINUTE


def test_a_recorded_market_is_judged_by_its_file(tmp_path: Path) -> None:
    path = minutes(tmp_path / "data/paper/bars/BTC-USD.csv", 1_000, 999)

    assert prune(folders(tmp_path), LIMIT).files == ()
    assert len(path.read_text().splitlines()) == 3


def test_minutes_that_somebody_writes_are_left(tmp_path: Path) -> None:
    minutes(tmp_path / "data/live/bars/BTC-USD.csv", 100, 0)
    lock = InstanceLock(tmp_path / "data" / "live")
    lock.acquire("now")
    try:
        assert prune(folders(tmp_path), LIMIT).files == ()
    finally:
        lock.release()
    assert len(prune(folders(tmp_path), LIMIT).files) == 1


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    elsewhere = written(tmp_path / "elsewhere", days_ago=100)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "bulkhead.1.log").symlink_to(elsewhere)

    assert prune(folders(tmp_path), NOW).files == ()
    assert elsewhere.exists()


def test_looking_removes_nothing(tmp_path: Path) -> None:
    old = written(tmp_path / GOES[0], days_ago=91)

    assert [each.path for each in old_files(folders(tmp_path), LIMIT)] == [old]
    assert old.exists()


def test_what_can_not_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / GOES[0], days_ago=91)

    def refused(_: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refused)
    done = prune(folders(tmp_path), LIMIT)

    assert done.files == ()
    assert "stays: Operation not permitted" in done.failures[0]


def journal_of(home: Path) -> Path:
    """Write a journal of a run of a hundred days ago and one of now; return where it is."""
    folder, config = home / "data" / "paper", load(CONFIG)
    for days in (100, 0):
        write_day(folder, config, NOW - days * DAY, cycles=3, length_ns=MINUTE)
    return folder / JOURNAL


def test_details_of_cycles_go_out_of_a_journal_and_its_files_stay(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    found = list(old_records(folders(tmp_path), LIMIT))

    done = prune(folders(tmp_path), LIMIT)

    assert [(each.kind, each.rows) for each in found] == [("details", 3)]
    assert list(done.files) == found
    assert done.failures == ()
    kinds = [record.type for record in read_records(journal)]
    assert kinds.count("RoundJudged") == 3, "those of now"
    assert kinds.count("RunStopped") == 2
    assert list(old_records(folders(tmp_path), LIMIT)) == []


def test_details_that_are_hardly_too_old_wait_for_a_later_start(tmp_path: Path) -> None:
    journal_of(tmp_path)
    late = Nanos(NOW - 100 * DAY + SLACK_NS - HOUR)

    assert list(old_records(folders(tmp_path), late, SLACK_NS)) == []
    assert prune(folders(tmp_path), late, slack_ns=SLACK_NS).files == ()
    assert len(prune(folders(tmp_path), late + 2 * HOUR, slack_ns=SLACK_NS).files) == 1


def test_where_a_trader_runs_the_journal_stays_as_it_is_unless_it_is_our_own(
    tmp_path: Path,
) -> None:
    journal = journal_of(tmp_path)
    lock = InstanceLock(journal.parent)
    lock.acquire("now")
    try:
        done = prune(folders(tmp_path), LIMIT)
        assert done.files == ()
        assert done.failures == (f"{journal} keeps its details: a trader runs there",)
        assert prune(folders(tmp_path), LIMIT, journal.parent).files != ()
    finally:
        lock.release()


def test_a_journal_that_is_not_whole_keeps_all_and_that_is_told(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    second = journal / "00000002.jsonl"
    second.write_bytes(second.read_bytes().replace(b'"cycle":1', b'"cycle":9', 1))

    done = prune(folders(tmp_path), LIMIT)

    assert done.files == ()
    assert "keeps its details: 00000002.jsonl line" in done.failures[0]


@given(text=st.text(max_size=200), days=st.lists(st.integers(0, 200), max_size=5))
def test_whatever_stands_in_a_file_of_minutes_no_young_row_is_lost(
    text: str, days: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    path = minutes(home / "data/live/bars/BTC-USD.csv", *days, 0)
    with path.open("a", encoding="utf-8", newline="") as out:
        out.write(text)
    os.utime(path, (NOW / SECOND, NOW / SECOND))

    prune(folders(home), Nanos(LIMIT))

    left = path.read_text(encoding="utf-8")
    young = [each for each in days if NOW - each * DAY >= LIMIT]
    assert all(f",{iso(NOW - each * DAY)}," in left for each in young)
