"""`run.py rehearsal`: how a rehearsal stands, as it is typed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app.command_line.cli import main
from app.command_line.options import Folders
from app.rehearsal.starting import trade_options
from config.mode import Mode
from domain.model.instants import DAY
from tests.builders.rehearsal_folder import write_rehearsal
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")


def typed(home: Path, *words: str) -> int:
    folders = (f"--data-dir={home / 'data'}", f"--log-dir={home / 'logs'}")
    return main(["rehearsal", *words, *folders])


def rehearsed(home: Path, *, but: str = "") -> None:
    folders = Folders(config=CONFIG, data=home / "data", log=home / "logs", is_data_given=True)
    options = trade_options((), folders)
    begun_ns = time.time_ns() - DAY
    mode_folder = folders.of_mode(Mode.PAPER)
    write_rehearsal(mode_folder, options.config, begun_ns, but=but, venue="embedded")


@pytest.mark.parametrize("word", ["status", "report"])
def test_where_none_was_begun_it_says_how_to_begin_one(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, word) == 1

    said = capsys.readouterr().err
    assert "python run.py rehearse --data-dir" in said
    assert "--speed max` begins a drill" in said
    assert not (tmp_path / "logs").exists()


def test_go_is_0_and_says_what_it_is_worth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(tmp_path)

    assert typed(tmp_path, "report") == 0

    said = capsys.readouterr().out
    assert said.startswith("GO: 1,440 of 1,440 cycles in 1 d at speed 1, 1 run\n")
    assert "certificate: none, because it was on the embedded venue" in said


def test_no_go_is_1_and_names_what_is_not_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(tmp_path, but="sentinel")

    assert typed(tmp_path, "report", "--json") == 1

    said = capsys.readouterr()
    assert said.err == "NO-GO; not met: coverage\n"
    assert json.loads(said.out)["verdict"] == "NO-GO"


def test_status_judges_nothing_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(tmp_path, but="sentinel")

    assert typed(tmp_path, "status") == 0

    said = capsys.readouterr().out
    assert "no trader runs" in said
    assert "not met so far: coverage" in said
    assert not (tmp_path / "logs").exists()
    assert typed(tmp_path, "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["running"] is False


@pytest.mark.parametrize("word", ["status", "report"])
def test_a_damaged_journal_is_said_and_nothing_is_judged(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(tmp_path)
    (segment,) = (tmp_path / "data" / "paper" / "journal").glob("*.jsonl")
    text = segment.read_bytes()
    segment.write_bytes(text.replace(b'"cycle":7,', b'"cycle":8,', 1))

    assert typed(tmp_path, word) == 1

    assert capsys.readouterr().err.startswith("nothing judged: ")
