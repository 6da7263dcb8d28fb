"""One trader a data folder, one order-placer a venue account."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.builders.runs import ROOT, call, command_line, trader
from tests.builders.simulator_process import venue_process
from tests.builders.waiting import wait_for

STARTS = 20
RUNNING = 5


@pytest.mark.req("SI1")
@pytest.mark.timeout(120)
def test_of_twenty_simultaneous_starts_one_runs_and_nineteen_name_it(tmp_path: Path) -> None:
    command = command_line(tmp_path, "--env", "paper", "--no-dashboard")
    pipe = subprocess.PIPE
    starts = [
        subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        for _ in range(STARTS)
    ]
    try:
        wait_for(lambda: sum(start.poll() is not None for start in starts) == STARTS - 1)
        (winner,) = [start for start in starts if start.poll() is None]
        refused = [start for start in starts if start is not winner]
        told = [start.communicate() for start in refused]
        assert winner.stdout is not None
        assert winner.stdout.readline().startswith("READY ")
        winner.send_signal(signal.SIGINT)
        assert winner.wait(20) == 0
    finally:
        for start in starts:
            start.kill()
            start.communicate()

    assert {start.returncode for start in refused} == {RUNNING}
    assert {out for out, _ in told} == {""}
    assert all("another instance holds" in err for _, err in told)
    assert all(f"pid {winner.pid} " in err for _, err in told), told


@pytest.mark.req("SI1")
def test_two_folders_on_one_account_are_two_traders_too_many(tmp_path: Path) -> None:
    with venue_process(tmp_path / "venue") as venue:
        first, second = tmp_path / "first", tmp_path / "second"
        for folder in (first, second):
            folder.mkdir()
        attached = ("--venue-url", venue.session.rest)
        with trader(first, *attached) as running:
            running.ready()

            refused = call(second, "--env", "paper", *attached)

            assert refused.returncode == RUNNING, refused.stderr
            assert f"pid {running.process.pid}" in refused.stderr
            assert str(first) in refused.stderr
            watching = call(second, "--env", "dry-run", *attached, "--cycles", "1")
            assert watching.returncode == 0, watching.stderr  # who only reads disturbs nobody
            running.process.kill()
            running.process.wait(60)

        with trader(second, *attached) as running:
            running.ready()
            wait_for(lambda: running.process.poll() is None, 1)
            assert running.interrupt()[0] == 0
