"""The service and the container: as far as the tools are here they start, stop and are verified."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.control.accounts import lock_folder
from app.run.guardian import EXIT_HALTED
from tests.builders.runs import ROOT, command_line, words

UNIT = ROOT / "deploy" / "bulkhead.service"
ENTRYPOINT = ROOT / "deploy" / "entrypoint"
SECONDS = 120
READ_ONLY = """
set -e
for each in "$HOME_OF_TEST" "$LOCKS"; do mount --bind "$each" "$each"; done
mount --bind / / 2>/dev/null
mount -o remount,bind,ro /
exec "$@"
"""
"""A container in small: a root that nobody writes to, with the folders of the run above it."""


def service() -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=False)
    parser.read(UNIT, encoding="utf-8")
    return parser["Service"]


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed here")
    text = UNIT.read_text(encoding="utf-8")
    text = text.replace("/usr/local/lib/bulkhead/.venv/bin/python", sys.executable)
    text = text.replace("/usr/local/lib/bulkhead", str(ROOT)).replace("User=bulkhead", "User=root")
    unit = tmp_path / UNIT.name
    unit.write_text(text, encoding="utf-8")

    done = subprocess.run([tool, "verify", str(unit)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert UNIT.name not in done.stderr, done.stderr


@pytest.mark.req("M1")
def test_what_needs_a_person_is_not_started_again_and_the_sentinel_is_left_alone() -> None:
    unit = service()

    assert unit["restart"] == "on-failure"
    assert set(unit["restartpreventexitstatus"].split()) == {"2", "3", "4", "5"}
    assert unit["killmode"] == "process"
    assert unit["protectsystem"] == "strict"


def test_the_command_of_the_unit_is_one_that_the_program_knows() -> None:
    _, script, *arguments = service()["execstart"].split()

    assert Path(script).name == "run.py"
    done = subprocess.run(
        [sys.executable, "run.py", *arguments, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_image_runs_as_a_user_of_its_own_and_holds_no_secret_or_data() -> None:
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {line[1:] for line in allowed if line.startswith("!")}

    assert image.index("USER bulkhead") > image.index("COPY . .")
    assert "**" in allowed
    assert not copied & {"data", "logs", ".git", ".venv", "tests"}
    assert all((ROOT / name).exists() for name in copied)


@contextmanager
def contained(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the entry point as the first process of a place of its own; yield it and its pid."""
    unshare = shutil.which("unshare")
    wall = [str(unshare), "--fork", "--kill-child", "--pid", "--mount", "--mount-proc"]
    if unshare is None or subprocess.run([*wall, "true"], check=False).returncode:
        pytest.skip("this user may not make process namespaces")
    run = command_line(home, "--env", "paper", "--no-dashboard", *arguments)
    room = {**os.environ, "HOME_OF_TEST": str(home), "LOCKS": str(lock_folder().parent)}
    process = subprocess.Popen(
        [*wall, "sh", "-c", READ_ONLY, "sh", str(ENTRYPOINT), *run],
        cwd=ROOT, env=room, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("READY"), first
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield process, int(children.read_text(encoding="ascii").split()[0])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [(signal.SIGTERM, 0, "signal"), (signal.SIGUSR1, EXIT_HALTED, "kill")],
)
def test_a_container_with_a_read_only_root_starts_hands_signals_on_and_ends_as_the_trader(
    tmp_path: Path, number: int, code: int, reason: str
) -> None:
    with contained(tmp_path) as (process, first):
        os.kill(first, number)
        told, _ = process.communicate(timeout=SECONDS)

    assert words(told.splitlines()[-1])["reason"] == reason
    assert process.returncode == code


def test_a_container_can_tell_whether_it_is_well(tmp_path: Path) -> None:
    def asked() -> int:
        script = str(ROOT / "deploy" / "healthy.py")
        asking = [sys.executable, script, str(tmp_path / "data")]
        return subprocess.run(asking, capture_output=True, check=False).returncode

    assert asked() == 1

    with contained(tmp_path) as (process, first):
        assert asked() == 0
        os.kill(first, signal.SIGTERM)
        process.communicate(timeout=SECONDS)

    os.utime(tmp_path / "data" / "state.json", (0, 0))
    assert asked() == 1


@pytest.mark.req("BOOT1")
def test_a_container_that_was_killed_recovers_at_its_next_start(tmp_path: Path) -> None:
    with contained(tmp_path) as (process, first):
        os.kill(first, signal.SIGKILL)  # and everything in it with it, the sentinel too
        process.communicate(timeout=SECONDS)

    with contained(tmp_path):  # READY, or this fails
        pass
