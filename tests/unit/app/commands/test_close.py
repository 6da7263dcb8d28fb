"""`close` asks the running instance: nothing else sells."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import app.commands.operating
from adapters.control.instances import InstanceLock
from adapters.control.requests import NoReply
from app.command_line.cli import cli

pytestmark = pytest.mark.req("X6")


def closed(data: Path, reason: str = "sold by hand") -> Result:
    arguments = ["close", "eth-usd", "--reason", reason, "--data-dir", str(data)]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


@pytest.fixture
def running(tmp_path: Path) -> Any:
    lock = InstanceLock(tmp_path / "paper")
    lock.acquire("now")
    yield tmp_path
    lock.release()


@pytest.mark.parametrize("code", [0, 1])
def test_the_answer_of_the_instance_is_told_with_its_code(
    running: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked: list[object] = []

    def answer(folder: Path, verb: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        asked.append((folder.name, verb, dict(payload)))
        return {"code": code, "lines": ["what came of it"]}

    monkeypatch.setattr(app.commands.operating, "send_request", answer)
    done = closed(running)

    assert done.return_value == code
    assert "paper: what came of it" in done.output
    assert asked == [("paper", "close", {"reason": "sold by hand", "subject": "ETH-USD"})]


def test_no_answer_is_no_success(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> dict[str, Any]:
        raise NoReply("nobody answered")

    monkeypatch.setattr(app.commands.operating, "send_request", silent)
    done = closed(running)

    assert done.return_value == 1
    assert "nobody answered" in done.output


def test_a_request_that_cannot_be_written_is_told_with_what_to_do(
    running: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(running))

    monkeypatch.setattr(app.commands.operating, "send_request", refuse)
    done = closed(running)

    assert done.return_value == 1
    assert "nothing was done" in done.output


def test_a_reason_has_to_say_something(running: Path) -> None:
    done = closed(running, " \t")

    assert isinstance(done.exception, click.UsageError)
    assert "say why" in str(done.exception)


def test_where_nothing_runs_it_says_what_to_do(tmp_path: Path) -> None:
    done = closed(tmp_path)

    assert done.return_value == 1
    assert "start it first" in done.output
