import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.control.instances import (
    HOLDER,
    InstanceLock,
    InstanceRunning,
    choose,
    folders_with_runs,
    holder,
    is_running,
)

ROOT = Path(__file__).parents[4]
HOLD = """
import sys
from pathlib import Path
from adapters.control.instances import InstanceLock, InstanceRunning
lock = InstanceLock(Path(sys.argv[1]))
try:
    lock.acquire("now")
except InstanceRunning:
    sys.exit(5)
print("held", flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.req("SI1")
def test_the_second_start_names_the_holder(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path / "paper")
    lock.acquire("2026-11-24T10:00:00Z")

    with pytest.raises(InstanceRunning, match=f"pid {os.getpid()} on .* 2026-11-24T10:00:00Z"):
        InstanceLock(tmp_path / "paper").acquire("later")

    lock.release()


@pytest.mark.req("SI1")
def test_a_folder_and_a_mode_each_have_their_own_lock(tmp_path: Path) -> None:
    locks = [InstanceLock(tmp_path / name) for name in ("paper", "dry-run")]
    for lock in locks:
        lock.acquire("now")

    assert is_running(tmp_path / "paper")
    assert is_running(tmp_path / "dry-run")
    for lock in locks:
        lock.release()


@pytest.mark.req("SI1")
def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    with start(folder) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_running(folder)
        known = holder(folder)
        assert known is not None
        assert known.pid == process.pid
        process.kill()

    assert not is_running(folder)
    lock = InstanceLock(folder)
    lock.acquire("again")
    lock.release()


@pytest.mark.req("SI1")
def test_of_simultaneous_starts_exactly_one_wins(tmp_path: Path) -> None:
    processes = [start(tmp_path / "paper") for _ in range(8)]
    held = []
    for process in processes:
        assert process.stdout is not None
        held.append(process.stdout.readline())
    for process in processes:
        process.communicate()

    assert held.count("held\n") == 1
    assert sorted(process.returncode for process in processes) == [0] + [5] * 7


def test_looking_does_not_make_a_start_fail(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    first = InstanceLock(folder)
    first.acquire("now")
    first.release()

    for _ in range(50):
        assert not is_running(folder)
        lock = InstanceLock(folder)
        lock.acquire("now")
        assert is_running(folder)
        lock.release()


def test_looking_creates_nothing(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "paper")
    assert choose(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_the_running_mode_is_meant_before_the_newest(tmp_path: Path) -> None:
    old, new = tmp_path / "dry-run", tmp_path / "paper"
    lock = InstanceLock(old)
    lock.acquire("now")
    other = InstanceLock(new)
    other.acquire("now")
    other.release()
    os.utime(old / "LOCK.holder", (1, 1))

    assert choose(tmp_path) == old
    lock.release()
    assert choose(tmp_path) == new


def test_other_folders_are_no_modes(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path / "venue")
    lock.acquire("now")

    assert folders_with_runs(tmp_path) == ()


def a_run(folder: Path, at_s: float) -> None:
    """Leave what a run leaves that wrote its last status at that time."""
    lock = InstanceLock(folder)
    lock.acquire("then")
    lock.release()
    (folder / "status.json").touch()
    os.utime(folder / "status.json", (at_s, at_s))


def test_of_several_homes_the_newest_run_is_meant_or_that_of_a_mode(tmp_path: Path) -> None:
    first, second = tmp_path, tmp_path / "worlds" / "generated-7"
    a_run(first / "paper", 3)
    a_run(second / "paper", 2)
    a_run(second / "dry-run", 1)

    assert choose(first, second) == first / "paper"
    assert choose(second) == second / "paper"
    assert choose(first, second, mode="dry-run") == second / "dry-run"
    assert choose(first, mode="dry-run") is None


def test_where_nothing_of_a_run_is_left_it_is_meant_last(tmp_path: Path) -> None:
    old, reset = tmp_path / "dry-run", tmp_path / "paper"
    a_run(old, 1)
    lock = InstanceLock(reset)
    lock.acquire("now")
    lock.release()

    assert folders_with_runs(tmp_path) == (old, reset)
    (reset / "halt.json").touch()
    assert folders_with_runs(tmp_path) == (reset, old), "a halt waits there for the next start"


@pytest.mark.parametrize("pid", [0, -1, 2**40, 1e999, "7", None, [1]])
def test_a_process_id_that_would_mean_others_is_none(pid: object, tmp_path: Path) -> None:
    (tmp_path / HOLDER).write_text(json.dumps({"pid": pid, "host": "h", "started": "s"}))

    assert holder(tmp_path) is None
