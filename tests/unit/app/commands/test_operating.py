"""An order is answered by who runs, or written down; what keeps it from that is a sentence."""

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


# Commands that only who runs can carry out.

ASKING = (
    ("adopt", "eth-usd", "0.010", "--cost", "34.50", "--stop", "3200"),
    ("close", "eth-usd"),
    ("release", "lot-1"),
)
each_asking = pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])


def asking(words: tuple[str, ...], data: Path, reason: str = "by hand") -> Result:
    typed = [*words, "--reason", reason, "--data-dir", str(data)]
    return CliRunner().invoke(cli, typed, standalone_mode=False)


@pytest.mark.req("REC1", "X6")
@each_asking
@pytest.mark.parametrize("code", [0, 1])
def test_the_answer_of_the_instance_is_told_with_its_code(
    running: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: tuple[str, ...]
) -> None:
    verbs: list[str] = []

    def answer(_: Path, verb: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        verbs.append(verb)
        assert payload["reason"] == "by hand"
        return {"code": code, "lines": ["what came of it"]}

    monkeypatch.setattr(app.commands.operating, "send_request", answer)
    done = asking(words, running)

    assert done.return_value == code
    assert "paper: what came of it" in done.output
    assert verbs == [words[0]]


@pytest.mark.req("REC1", "X6")
@each_asking
def test_no_answer_is_no_success(
    running: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def silent(*_: object) -> dict[str, Any]:
        raise NoReply("nobody answered")

    monkeypatch.setattr(app.commands.operating, "send_request", silent)
    done = asking(words, running)

    assert done.return_value == 1
    assert "nobody answered" in done.output


@pytest.mark.req("REC1", "X6")
@each_asking
def test_what_cannot_be_asked_is_told_with_what_to_do(
    running: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(running))

    monkeypatch.setattr(app.commands.operating, "send_request", refuse)
    done = asking(words, running)

    assert done.return_value == 1
    assert "nothing was done" in done.output


@pytest.mark.req("REC1", "X6")
@each_asking
def test_a_reason_has_to_say_something(running: Path, words: tuple[str, ...]) -> None:
    done = asking(words, running, " \t")

    assert isinstance(done.exception, click.UsageError)
    assert "say why" in str(done.exception)


@pytest.mark.req("REC1", "X6")
@each_asking
def test_where_nothing_runs_it_says_what_to_do(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = asking(words, tmp_path)

    assert done.return_value == 1
    assert "start it first" in done.output
