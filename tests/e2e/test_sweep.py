"""A sweep as a process: the same whoever plays it, and no trial lost or counted twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.command_line.options import ROOT
from tests.builders.sweeps import TRIALS, begun, finished, market, reported, space
from tests.builders.waiting import wait_for

pytestmark = pytest.mark.req("BT2")
FOLDS = 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with market, space, and the report `one` of a sweep by one worker."""
    folder = tmp_path_factory.mktemp("sweep")
    market(folder)
    space(folder)
    done = begun(folder, "one", "--workers", "1")
    said = done.communicate(timeout=300)
    assert done.returncode in (0, 1), said
    assert reported(folder, "one")["trials"]["asked"] == FOLDS * TRIALS
    return folder


def text(home: Path, name: str) -> str:
    return (home / f"{name}.json").read_text(encoding="utf-8")


def children(pid: int) -> list[int]:
    """Return the children of a process that play, and no helper of multiprocessing."""
    found = []
    for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        line = Path(f"/proc/{each}/cmdline").read_bytes()
        if b"spawn_main" in line:
            found.append(int(each))
    return found


def test_two_workers_find_what_one_finds_and_a_killed_one_loses_nothing(home: Path) -> None:
    running = begun(home, "two", "--workers", "2")
    wait_for(lambda: len(children(running.pid)) == 2, seconds=120)
    os.kill(children(running.pid)[0], signal.SIGKILL)
    _, errors = running.communicate(timeout=300)

    assert "has ended with -9" in errors
    assert text(home, "two") == text(home, "one")
    assert len(finished(home, "two")) == len(set(finished(home, "two"))) == FOLDS * TRIALS


def test_a_killed_sweep_goes_on_where_it_was(home: Path) -> None:
    running = begun(home, "killed", "--workers", "1")
    wait_for(lambda: len(finished(home, "killed")) >= 3, seconds=120)
    running.kill()
    running.communicate(timeout=60)
    kept = len(finished(home, "killed"))

    again = begun(home, "killed", "--workers", "1")
    again.communicate(timeout=300)

    assert 3 <= kept < FOLDS * TRIALS
    assert text(home, "killed") == text(home, "one")
    counted = Counter(study for study, _ in finished(home, "killed"))
    assert sorted(counted.values()) == [TRIALS] * FOLDS


def test_ctrl_c_says_how_to_go_on_and_more_trials_may_follow(home: Path) -> None:
    running = begun(home, "stopped", "--workers", "1", trials=TRIALS + 2)
    wait_for(lambda: len(finished(home, "stopped")) >= 2, seconds=120)
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "to go on: python run.py sweep --market" in errors
    assert "Traceback" not in out + errors
    assert not (home / "stopped.json").exists()
