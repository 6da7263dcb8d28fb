"""An order is answered by who runs, or written down; what keeps it from that is a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import app.commands.operating
from adapters.control.instances import InstanceLock
from adapters.control.requests import NoReply
from app.command_line.options import Folders
from app.commands.operating import operate, targets
from config.mode import Mode

pytestmark = pytest.mark.req("K1")


def test_meant_is_one_mode_or_all_that_ever_ran(paper: Path) -> None:
    folders = Folders(data=paper.parent)
    (paper.parent / "dry-run").mkdir()
    (paper.parent / "dry-run" / "LOCK").touch()

    assert targets(folders, Mode.PAPER, is_all=False) == (paper,)
    assert targets(folders, Mode.LIVE, is_all=False) == ()
    assert set(targets(folders, None, is_all=True)) == {paper, paper.parent / "dry-run"}


@pytest.mark.parametrize("verb", ["resume", "pause", "unpause"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_no_request_is_told_and_no_success(
    verb: str,
    number: int,
    paper: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(paper / "control"))

    monkeypatch.setattr(app.commands.operating, "send_request", refuse)
    lock = InstanceLock(paper)
    lock.acquire("now")
    try:
        code = operate(Folders(data=paper.parent), (paper,), verb, "books agree")
    finally:
        lock.release()

    told = capsys.readouterr()
    assert (code, told.out) == (1, "")
    assert f"paper: {verb}: nothing was done, what was stays: {paper / 'control'}" in told.err
    assert os.strerror(number) in told.err


def test_no_answer_in_time_is_no_success(
    paper: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(*_: object) -> None:
        raise NoReply("the running instance did not answer")

    monkeypatch.setattr(app.commands.operating, "send_request", silent)
    lock = InstanceLock(paper)
    lock.acquire("now")
    try:
        assert operate(Folders(data=paper.parent), (paper,), "pause", "x") == 1
    finally:
        lock.release()
    assert "did not answer" in capsys.readouterr().err
