"""`sweep` as it is typed: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import app.commands.sweep
from app.command_line.cli import main
from app.sweep.plan import SweepPlan
from tests.builders.sweeps import SPACE, market, plan, reported, space, words
from tests.fakes.crews import InlineCrew

pytestmark = pytest.mark.req("BT2")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with market and space, whose sweeps are played in this process."""
    market(tmp_path)
    space(tmp_path)
    crewed(monkeypatch)
    return tmp_path


def crewed(monkeypatch: pytest.MonkeyPatch, left: int = 10**9) -> None:
    def inline(made: SweepPlan, _: dict[str, Any]) -> InlineCrew:
        return InlineCrew(made.question, left)

    monkeypatch.setattr(app.commands.sweep, "_crew", inline)


def test_it_shows_writes_and_says_by_its_code_whether_it_was_worth_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words(home, "first", trials=2))
    told = capsys.readouterr()
    as_json = main(words(home, "first", "--json", trials=2))

    found = reported(home, "first")
    assert found["schema"] == 1
    assert code == as_json == (0 if found["is_better"] else 1)
    assert json.loads(capsys.readouterr().out) == found
    assert found["trials"]["asked"] == 4
    assert all(f"--set {each}" in told.out for each in found["best"]["set"])
    assert "Traceback" not in told.err


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = words(home, "cut", "--storage", "sqlite://me:secret@/" + str(home / "own.sqlite"))
    command[-1] = f"sqlite:///{home / 'own.sqlite'}"
    monkeypatch.setattr(sys, "argv", ["run.py", *command, "postgresql://me:secret@host/db"])
    crewed(monkeypatch, left=3)

    assert main(command) == 1

    told = capsys.readouterr()
    assert "stopped after 3 of 20 trials; to go on: python run.py sweep --market" in told.err
    assert "secret" not in told.err
    assert not (home / "cut.json").exists()
    assert (home / "own.sqlite").exists()


def test_one_sweep_runs_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "twice" / "sweeps"
    folder.mkdir(parents=True)
    with FileLock(folder / f"{plan(home).identity}.lock"):
        assert main(words(home, "twice", trials=1)) == 5
    assert "running already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--strategy", "nobody"], "--strategy: expected one of baseline"),
        (["--set", "strategies.breakout.enabled=false"], "no strategy is enabled"),
        (["--set", "strategies.breakout.typo=1"], "unknown key"),
        (["--market", "nowhere.parquet"], "does not exist"),
        (["--to", "2020-01-01T00:00:00Z"], "nothing is left to play"),
        (["--set", "policy.exits.max_hold=24h"], "too short for 2 folds"),
        (["--capital", "0"], "expected an amount above 0"),
        (["--trials", "0"], "0 is not in the range"),
        (["--workers", "2", "--cluster", "tcp://127.0.0.1:9"], "leave it out at a cluster"),
        (["--report", "/no/such/folder/r.json"], "there is no folder"),
        (["--space", "/no/such/space.yaml"], "cannot be read"),
        (["--storage", "postgresql://me:secret@127.0.0.1:9/x"], "Connection refused"),
        (["--storage", "mysql://me:secret@127.0.0.1:9/x"], "driver of mysql"),
    ],
)
def test_what_can_not_be_swept_is_refused_before_the_first_trial(
    more: list[str], why: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(home, "no", *more)) == 2

    told = capsys.readouterr()
    assert why in " ".join(told.err.split())
    assert "secret" not in told.err
    assert not told.out


def test_a_key_out_of_its_range_is_refused_with_its_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space(home, SPACE.replace("[1, 2]", "[1, 900]"))

    assert main(words(home, "no")) == 2
    assert "space.yaml:7: strategies.breakout.stop_loss_pct" in capsys.readouterr().err


def test_missing_packages_are_told_with_the_command_that_installs_them(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app.commands.sweep, "find_spec", lambda name: None)

    assert main(words(home, "no")) == 2
    assert "./scripts/setup research" in capsys.readouterr().err


def test_one_strategy_of_several_is_swept(home: Path) -> None:
    assert main(words(home, "one", "--strategy", "breakout", trials=1)) in (0, 1)
    assert reported(home, "one")["folds"][0]["tried"] == 1
