"""Trading, frozen, stopped and died are told apart by what an instance leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.control.files import write_json
from adapters.control.instances import HOLDER, STATUS, InstanceLock
from app.status.members import Members
from app.status.signs import FROZEN_AFTER_NS, STARTING_NS, InstanceState, Signs, look
from domain.model.instants import SECOND, iso, parse_iso

STARTED = parse_iso("2026-11-28T21:00:00Z")
NOW = STARTED + 60 * SECOND


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "paper"
    (made / "journal").mkdir(parents=True)
    (made / "LOCK").touch()
    return made


@pytest.fixture
def running(folder: Path) -> Iterator[Path]:
    lock = InstanceLock(folder)
    lock.acquire(iso(STARTED))
    yield folder
    lock.release()


def seen(folder: Path, *, age_ns: int = 0, now_ns: int = NOW, **members: Any) -> Signs:
    """Publish a picture of that age, let no other file be newer, and look."""
    taken_ns = now_ns - age_ns
    document = {"mode": "paper", "wall_time": iso(taken_ns), **members}
    write_json(folder / STATUS, document)
    for file in folder.rglob("*"):
        os.utime(file, ns=(taken_ns, taken_ns))
    return look(folder, Members(document), now_ns)


def test_a_process_that_is_suspended_is_frozen_however_new_its_picture_is(running: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        card = {"pid": child.pid, "host": "here", "started": iso(STARTED)}
        write_json(running / HOLDER, card)

        signs = seen(running)
        child.kill()

    assert (signs.state, signs.is_suspended) == (InstanceState.FROZEN, True)


def ended(folder: Path, segment: str, kind: str, reason: str) -> None:
    record = {"type": kind, "wall": "2026-11-28T21:00:30Z", "data": {"reason": reason}}
    (folder / "journal" / segment).write_text(json.dumps(record) + "\n")


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ({}, InstanceState.TRADING),
        ({"halted": True}, InstanceState.HALTED),
        (
            {"breakers": [{"name": "boot", "scope": "global", "state": "BLOCK"}]},
            InstanceState.BLOCKED,
        ),
        (
            {"breakers": [{"name": "x", "scope": "product:A-B", "state": "BLOCK"}]},
            InstanceState.TRADING,
        ),
        (
            {"breakers": [{"name": "drawdown", "scope": "global", "state": "OK"}]},
            InstanceState.TRADING,
        ),
    ],
)
def test_an_instance_that_speaks_is_as_it_says(
    running: Path, members: dict[str, Any], state: InstanceState
) -> None:
    signs = seen(running, age_ns=SECOND, **members)

    assert (signs.state, signs.age_ns) == (state, SECOND)
    assert signs.who is not None


@pytest.mark.parametrize("members", [{}, {"halted": True}])
def test_one_that_has_said_nothing_for_long_is_frozen(
    running: Path, members: dict[str, Any]
) -> None:
    assert seen(running, age_ns=FROZEN_AFTER_NS, **members).state is not InstanceState.FROZEN

    signs = seen(running, age_ns=12 * SECOND, **members)

    assert (signs.state, signs.silent_ns) == (InstanceState.FROZEN, 12 * SECOND)


def test_a_picture_of_the_run_before_is_no_sign_of_this_one(running: Path) -> None:
    assert seen(running, age_ns=70 * SECOND, now_ns=NOW).state is InstanceState.FROZEN
    assert seen(running, age_ns=SECOND, now_ns=STARTED).state is InstanceState.STARTING
    assert seen(running, age_ns=STARTING_NS, now_ns=STARTED).state is InstanceState.STARTING


def test_without_a_lock_and_without_an_end_it_died(folder: Path) -> None:
    ended(folder, "1.jsonl", "RunStopped", "signal")
    ended(folder, "2.jsonl", "RunStarted", "")

    signs = seen(folder, age_ns=30 * SECOND)

    assert (signs.state, signs.last_ns) == (InstanceState.DIED, NOW - 30 * SECOND)


def test_an_end_of_its_own_says_when_and_by_what(folder: Path) -> None:
    ended(folder, "1.jsonl", "RunStopped", "duration")

    signs = seen(folder)

    assert (signs.state, signs.reason) == (InstanceState.STOPPED, "duration")
    assert signs.ended_ns == parse_iso("2026-11-28T21:00:30Z")


@pytest.mark.parametrize(("before", "state"), [("RunStopped", "stopped"), ("RunStarted", "died")])
def test_a_resume_while_nothing_runs_is_no_end_of_the_run(
    folder: Path, before: str, state: str
) -> None:
    ended(folder, "1.jsonl", before, "kill")
    ended(folder, "2.jsonl", "RunStopped", "operator")

    assert seen(folder).state == state


def test_of_one_that_is_silent_its_sentinel_is_asked(folder: Path) -> None:
    told = {"state": "clear", "cancelled": 3}
    write_json(folder / "sentinel.json", told)

    assert seen(folder).sentinel == "clear (cancelled 3)"


def test_a_picture_without_a_time_is_as_old_as_its_file(running: Path) -> None:
    write_json(running / STATUS, {"mode": "paper"})
    taken_ns = NOW - 2 * SECOND
    os.utime(running / STATUS, ns=(taken_ns, taken_ns))

    assert look(running, Members({"mode": "paper"}), NOW).age_ns == 2 * SECOND


@pytest.mark.parametrize(("told", "state"), [("watching", "unknown"), ("duty", "frozen")])
def test_one_that_its_sentinel_still_hears_is_not_called_frozen(
    running: Path, told: str, state: str
) -> None:
    write_json(running / "sentinel.json", {"state": told, "pid": os.getpid()})

    assert seen(running, age_ns=12 * SECOND).state == state


def test_a_sentinel_that_is_gone_hears_nobody(running: Path) -> None:
    write_json(running / "sentinel.json", {"state": "watching", "pid": 2**22 + 1})

    assert seen(running, age_ns=12 * SECOND).state is InstanceState.FROZEN


def test_without_a_document_nothing_is_known_of_one_that_runs(running: Path) -> None:
    write_json(running / STATUS, {})
    os.utime(running / STATUS, ns=(NOW, NOW))

    assert look(running, Members(None), NOW).state is InstanceState.UNKNOWN
