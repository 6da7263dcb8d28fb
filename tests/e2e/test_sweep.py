"""A sweep as a process: the same whoever plays it, and no trial lost or counted twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.command_line.options import ROOT
from tests.builders.postgres import finished_there, postgres
from tests.builders.sweeps import SPACE, TRIALS, begun, children, finished, market, reported, space
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.xdist_group("sweep"), pytest.mark.req("BT2")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with market, space, and the report `one` of a sweep by one worker."""
    folder = tmp_path_factory.mktemp("sweep")
    market(folder)
    space(folder, SPACE.replace("folds: 2", "folds: 1"))
    done = begun(folder, "one", "--workers", "1")
    said = done.communicate(timeout=300)
    assert done.returncode in (0, 1), said
    found = reported(folder, "one")
    assert found["trials"]["asked"] == TRIALS
    assert found["best"] is not None
    return folder


def text(home: Path, name: str) -> str:
    return (home / f"{name}.json").read_text(encoding="utf-8")


def test_two_workers_find_what_one_finds_and_a_killed_one_loses_nothing(home: Path) -> None:
    running = begun(home, "two", "--workers", "2")
    wait_for(lambda: len(children(running.pid)) == 2, seconds=120)
    os.kill(children(running.pid)[0], signal.SIGKILL)
    _, errors = running.communicate(timeout=300)

    assert "has ended with -9" in errors
    assert text(home, "two") == text(home, "one")
    assert len(finished(home, "two")) == len(set(finished(home, "two"))) == TRIALS


def test_trials_in_a_postgresql_server_are_the_same_and_a_killed_worker_loses_none(
    home: Path,
) -> None:
    with postgres() as url:
        running = begun(home, "server", "--workers", "2", "--storage", url)
        wait_for(lambda: len(children(running.pid)) == 2, seconds=120)
        os.kill(children(running.pid)[0], signal.SIGKILL)
        out, errors = running.communicate(timeout=300)
        there = finished_there(url)

    assert "has ended with -9" in errors
    assert "Traceback" not in out + errors
    assert text(home, "server") == text(home, "one")
    assert there == list(range(TRIALS))
    assert finished(home, "server") == []  # nothing was kept beside


def test_a_sweep_that_was_stopped_and_then_killed_goes_on_where_it_was(home: Path) -> None:
    stopped = begun(home, "again", "--workers", "1")
    wait_for(lambda: len(finished(home, "again")) >= 2, seconds=120)
    stopped.send_signal(signal.SIGINT)
    out, errors = stopped.communicate(timeout=60)
    kept = len(finished(home, "again"))

    killed = begun(home, "again", "--workers", "1")
    wait_for(lambda: len(finished(home, "again")) >= kept + 2, seconds=120)
    killed.kill()
    killed.communicate(timeout=60)
    more = len(finished(home, "again"))
    last = begun(home, "again", "--workers", "1")
    last.communicate(timeout=300)

    assert stopped.returncode == 1
    assert "to go on: python run.py sweep --market" in errors
    assert "Traceback" not in out + errors
    assert 2 <= kept < more < TRIALS
    assert text(home, "again") == text(home, "one")
    assert [number for _, number in finished(home, "again")] == list(range(TRIALS))


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[Any]]]]:
    """Start a Dask scheduler and two workers; yield its address, and all three of them."""
    file = folder / "scheduler.json"
    known = ["--scheduler-file", str(file), "--no-dashboard"]
    started = [_module("dask_scheduler", *known, "--host", "127.0.0.1", "--port", "0")]
    try:
        wait_for(lambda: file.exists() and file.read_text().strip().endswith("}"), seconds=60)
        worker = [*known, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder)]
        started += [_module("dask_worker", *worker) for _ in range(2)]
        yield json.loads(file.read_text())["address"], started
    finally:
        for each in started:
            each.kill()
        for each in started:
            each.wait(timeout=60)


def _module(name: str, *more: str) -> subprocess.Popen[Any]:
    command = [sys.executable, "-m", f"distributed.cli.{name}", *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_cluster_of_two_finds_the_same_though_one_of_them_is_killed(
    home: Path, tmp_path: Path
) -> None:
    with cluster(tmp_path) as (address, (scheduler, worker, _)):
        running = begun(home, "cluster", "--cluster", address)
        wait_for(lambda: len(finished(home, "cluster")) >= 2, seconds=120)
        worker.kill()
        _, errors = running.communicate(timeout=300)
        last = begun(home, "lost", "--cluster", address)
        wait_for(lambda: bool(finished(home, "lost")), seconds=120)
        scheduler.kill()
        out, said = last.communicate(timeout=120)

    assert "Traceback" not in errors + out + said
    assert last.returncode == 1
    assert "the scheduler has gone" in said
    assert text(home, "cluster") == text(home, "one")
    assert len(finished(home, "cluster")) == TRIALS
