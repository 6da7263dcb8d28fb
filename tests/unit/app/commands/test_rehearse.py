"""`run.py rehearse`: what it refuses before anything is begun, and what is over already."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from adapters.control.instances import InstanceLock
from app.command_line.cli import main
from app.command_line.options import Folders
from app.rehearsal.drilling import Drilling
from app.rehearsal.rehearsal import Rehearsal
from app.rehearsal.running import RehearsedRun
from app.rehearsal.starting import trade_options
from app.rehearsal.state import FOLDER
from config.mode import Mode
from domain.model.instants import DAY, iso
from tests.builders.rehearsal_folder import write_rehearsal
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")


def typed(home: Path, *words: str) -> int:
    folders = (f"--data-dir={home / 'data'}", f"--log-dir={home / 'logs'}")
    return main(["rehearse", *words, *folders])


def rehearsed(home: Path) -> None:
    folders = Folders(config=CONFIG, data=home / "data", log=home / "logs", is_data_given=True)
    config = trade_options((), folders).config
    begun_ns = time.time_ns() - DAY
    write_rehearsal(folders.of_mode(Mode.PAPER), config, begun_ns, venue="embedded")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--speed", "99"), "expected 1 to 60, or max"),
        (("--hours", "0"), "expected 0.1 to 336 hours, was '0'"),
        (("--hours", "nan"), "expected 0.1 to 336 hours"),
        (("--hours", "1e9999999"), "expected 0.1 to 336 hours"),
        (("--hours", "a day"), "expected 0.1 to 336 hours"),
        (("--venue", "kraken"), "embedded"),
        (("--venue", "coinbase", "--speed", "max"), "speed"),
        (("--set", "policy.caps.total_pct=99"), "total_pct"),
        (("--market", "/no/such/candles.csv"), "there is no file"),
        (("--shadow", "/no/such/config"), "config"),
    ],
)
def test_what_the_trader_would_refuse_is_refused_before_anything_is_begun(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, *words) == 2

    assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_one_with_other_options_is_not_mixed_with_what_stands_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(tmp_path)

    for words in (("--seed", "9"), ("--hours", "2")):
        assert typed(tmp_path, *words) == 2
        assert "--anew" in capsys.readouterr().err
    assert (tmp_path / "data" / "paper" / FOLDER).is_dir()


def test_once_the_program_has_changed_nothing_is_run_and_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed(tmp_path)
    monkeypatch.setattr(Drilling, "play", lambda *_: pytest.fail("it was begun"))
    monkeypatch.setattr(Rehearsal, "change", "a -> b")

    typed(tmp_path)

    assert "have changed since it was begun: a -> b; another one:" in capsys.readouterr().err


def test_a_trader_that_is_no_part_of_it_is_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drilling, "play", lambda *_: pytest.fail("it was begun"))
    lock = InstanceLock(tmp_path / "data" / "paper")
    lock.acquire(iso(time.time_ns() - DAY))
    try:
        assert typed(tmp_path, "--hours", "1") == 5
    finally:
        lock.release()

    assert "no part of the rehearsal" in capsys.readouterr().err


def test_one_that_is_over_is_judged_again_and_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed(tmp_path)
    monkeypatch.setattr(Drilling, "play", lambda *_: [])
    monkeypatch.setattr(RehearsedRun, "start", lambda *_: pytest.fail("it ran"))

    assert typed(tmp_path) == 0

    assert capsys.readouterr().out.startswith("GO: 1,440 of 1,440 cycles")
