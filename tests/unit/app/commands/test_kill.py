"""`kill` where the file can't be written: told, signalled, and no success."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

import app.commands.kill
from adapters.control.instances import InstanceLock
from app.commands.kill import kill

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
        arguments = ["--reason", "x", "--data-dir", str(tmp_path / "data")]
        done = CliRunner().invoke(kill, arguments, standalone_mode=False)
    finally:
        lock.release()
        signal.signal(signal.SIGUSR1, before)

    assert done.return_value == 1
    assert heard == [signal.SIGUSR1]
    assert os.strerror(number) in done.output
    assert "the next start is NOT refused" in done.output
