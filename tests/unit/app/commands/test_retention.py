"""`retention` tells what is kept and what is old, and removes what is older than a date."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from app.command_line.cli import main
from app.configuration.history import keep
from config.loading import load
from domain.model.instants import DAY, MINUTE, SECOND, iso
from tests.builders.rehearsal_folder import write_day
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RET1")

Said = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a log of 10, of 80 and of 100 days ago, and an old journal."""
    for days, name in ((10, "bulkhead.3.log"), (80, "bulkhead.2.log"), (100, "bulkhead.1.log")):
        _written(tmp_path / "logs" / name, days)
    _written(tmp_path / "data/live/journal/0001.jsonl", 1_000)
    return tmp_path


def _written(path: Path, days: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x" * 1_000_000)
    at_s = time.time() - days * DAY / SECOND
    os.utime(path, (at_s, at_s))


def run(home: Path, *words: str) -> int:
    place = ("--data-dir", str(home / "data"), "--log-dir", str(home / "logs"))
    return main(["retention", *words, *place])


def logs(home: Path) -> list[str]:
    return sorted(each.name for each in (home / "logs").iterdir())


def test_it_tells_what_is_old_and_removes_nothing(home: Path, capsys: Said) -> None:
    assert run(home) == 0

    told = capsys.readouterr().out
    assert f"kept until you delete it: {home}/data/live/journal, 1.0 MB" in told
    assert f"old: {home}/logs/bulkhead.1.log, 1.0 MB" in told
    assert "the next start removes 1 file from before" in told
    assert len(logs(home)) == 3


def test_what_is_older_than_a_date_goes_now(home: Path, capsys: Said) -> None:
    day = iso(time.time_ns() - 50 * DAY)[:10]

    assert run(home, "--delete-before", day, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["removed"], told["kept_days"]) == (True, 90)
    assert len(told["files"]) == 2
    assert logs(home) == ["bulkhead.3.log"]
    assert (home / "data/live/journal/0001.jsonl").exists()


def test_a_date_to_come_is_a_slip_of_the_hand(home: Path, capsys: Said) -> None:
    assert run(home, "--delete-before", iso(time.time_ns() + 2 * DAY)[:10]) == 2
    assert "still to come" in capsys.readouterr().err
    assert len(logs(home)) == 3


def test_what_stays_is_told_and_ends_with_1(
    home: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refused)

    assert run(home, "--delete-before", iso(time.time_ns())[:10]) == 1
    assert "stays: Operation not permitted" in capsys.readouterr().err


@pytest.fixture
def traded(tmp_path: Path) -> Path:
    """A home with a journal of a run of a hundred days ago, and one of now."""
    folder, config = tmp_path / "data" / "paper", load(CONFIG)
    for days in (100, 0):
        begun_ns = time.time_ns() - days * DAY
        write_day(folder, config, begun_ns, cycles=3, length_ns=MINUTE)
        keep(folder, config, CONFIG, (), iso(begun_ns))
    return tmp_path


def test_old_details_of_cycles_go_and_the_journal_stays_whole(traded: Path, capsys: Said) -> None:
    day, place = iso(time.time_ns() - 50 * DAY)[:10], ("--data-dir", str(traded / "data"))
    assert run(traded) == 0
    assert "old: 3 detailed records of" in capsys.readouterr().out

    assert run(traded, "--delete-before", day) == 0

    assert "removed 0 files and 3 detailed records from before" in capsys.readouterr().out
    assert main(["audit", "verify", *place]) == 0
    told = capsys.readouterr().out
    assert "chain    whole: 15 records in 3 segments" in told
    assert "details  of 3 records were removed as old; their hashes are in the chain" in told


def test_a_run_without_its_details_is_not_played_again_and_it_says_why(
    traded: Path, capsys: Said
) -> None:
    place = ("--data-dir", str(traded / "data"))
    run(traded, "--delete-before", iso(time.time_ns() - 50 * DAY)[:10])
    capsys.readouterr()

    assert main(["replay", "1", *place]) == 1
    assert "no replay: the details of run 1 were removed as old" in capsys.readouterr().err
    assert main(["replay", "2", *place]) == 1
    assert "never came to a decision" in capsys.readouterr().err
