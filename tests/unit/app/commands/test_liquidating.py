"""Who is asked to sell, who counts as silent, and who may be ended for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import app.commands.liquidating as liquidating
from adapters.control.files import write_json
from adapters.control.instances import LOCK
from adapters.control.requests import NoReply
from app.commands.liquidating import PATIENCE, NotLiquidated, fence, is_silent, order
from domain.model.instants import SECOND, iso

pytestmark = pytest.mark.req("RB5")


def held(folder: Path, pid: int, started: str, host: str = "") -> Path:
    """Leave the card of somebody who holds the lock of `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / LOCK).touch()
    card = {"pid": pid, "host": host or socket.gethostname(), "started": started}
    write_json(folder / "LOCK.holder", card)
    return folder


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"code": 0, "lines": ["liquidated", "dust: 1"]}, (0, ["liquidated", "dust: 1"])),
        ({"code": "0", "lines": "x"}, (1, [])),
        ({}, (1, [])),
    ],
)
def test_an_answer_is_a_yes_only_if_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], told: object
) -> None:
    monkeypatch.setattr(liquidating, "send_request", lambda *_: answer)
    assert order(tmp_path, "x") == told


def test_no_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise NoReply("nobody")

    monkeypatch.setattr(liquidating, "send_request", silent)
    assert order(tmp_path, "x") is None


def test_one_that_has_just_begun_is_not_silent_and_an_old_one_is(tmp_path: Path) -> None:
    assert not is_silent(tmp_path / "none", 1)
    assert is_silent(held(tmp_path / "old", os.getpid(), "2026-01-05T00:00:00Z"), 1)
    assert is_silent(held(tmp_path / "odd", os.getpid(), "yesterday"), 1)
    now = iso(time.time_ns() - 5 * SECOND)
    assert not is_silent(held(tmp_path / "young", os.getpid(), now), 9)


def test_one_that_goes_on_telling_its_status_is_given_time(tmp_path: Path) -> None:
    folder = held(tmp_path / "paper", os.getpid(), "2026-01-05T00:00:00Z")
    write_json(folder / "status.json", {})

    assert not is_silent(folder, 1)
    assert is_silent(folder, PATIENCE)
    os.utime(folder / "status.json", (0, 0))
    assert is_silent(folder, 1)


@pytest.mark.parametrize("host", ["", "elsewhere"])
def test_only_a_trader_of_this_machine_is_ended(tmp_path: Path, host: str) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        folder = held(tmp_path / "paper", stranger.pid, "2026-01-05T00:00:00Z", host)
        with pytest.raises(NotLiquidated, match="can't be ended from here"):
            fence(folder)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_who_holds_a_lock_and_says_not_who_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NotLiquidated, match="unknown"):
        fence(tmp_path)
