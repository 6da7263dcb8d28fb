"""`kill` of several, and where the file can't be written: no success that is not confirmed."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import app.command_line.options
import app.commands.kill
from adapters.control.instances import InstanceLock
from adapters.control.kill_switch import read_kill
from adapters.control.registry import FolderLock
from app.command_line.cli import cli

pytestmark = pytest.mark.req("K1")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_without_a_file_the_instance_is_signalled_and_that_is_no_success(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    heard: list[int] = []
    monkeypatch.setattr(app.commands.kill, "write_kill", refuse)
    monkeypatch.setattr(app.commands.kill, "await_end", lambda _, **__: True)
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    lock = InstanceLock(tmp_path / "data" / "paper")
    lock.acquire("now")
    try:
        arguments = ["kill", "--reason", "x", "--data-dir", str(tmp_path / "data")]
        done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    finally:
        lock.release()
        signal.signal(signal.SIGUSR1, before)

    assert done.return_value == 1
    assert heard == [signal.SIGUSR1]
    assert os.strerror(number) in done.output
    assert "the next start is NOT refused" in done.output


@contextmanager
def running(*folders: Path) -> Iterator[None]:
    """Hold what traders on these folders of modes hold."""
    with ExitStack() as undo:
        for folder in folders:
            for lock in (InstanceLock(folder), FolderLock(folder)):
                lock.acquire("now")
                undo.callback(lock.release)
        yield


def killed(monkeypatch: pytest.MonkeyPatch, data: Path, *arguments: str, fails: str = "") -> Result:
    """Give the command; instances end at once, confirmed but for the mode folder `fails`."""
    monkeypatch.setattr(app.commands.kill, "await_end", lambda each, **_: each.name != fails)
    monkeypatch.setattr(app.command_line.options, "ROOT", data.parent)
    command = ["kill", "--reason", "x", "--data-dir", str(data), *arguments]
    return CliRunner().invoke(cli, command, standalone_mode=False)


def test_it_is_a_success_only_if_every_instance_below_the_folder_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    here = (data / "dry-run", data / "worlds" / "generated-7" / "paper")
    with running(*here, data / "tries" / "live"):  # a folder of its own, below the usual one
        assert killed(monkeypatch, data).return_value == 0
        for fails in ("dry-run", "paper", "live"):
            assert killed(monkeypatch, data, fails=fails).return_value == 1
        assert killed(monkeypatch, data, "--env", "paper").return_value == 0
        assert killed(monkeypatch, data, "--env", "live").return_value == 0

    assert read_kill(data) is not None
    assert read_kill(data / "worlds" / "generated-7") is None


def test_the_kill_of_a_world_is_written_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, home = tmp_path / "data", tmp_path / "data" / "worlds" / "generated-7"
    with running(data / "dry-run", home / "paper"):
        done = killed(monkeypatch, data, "--world", "generated-7", fails="dry-run")

    assert done.return_value == 0, done.output
    assert (read_kill(data), read_kill(home) is None) == (None, False)


def test_an_instance_whose_files_are_gone_is_named_and_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, home = tmp_path / "data", tmp_path / "data" / "worlds" / "generated-7"
    with running(data / "paper", home / "paper"):
        home.rename(tmp_path / "moved")
        done = killed(monkeypatch, data)

    assert done.return_value == 1
    assert f"stop it with: kill -TERM {os.getpid()}" in done.output
