"""An end is confirmed by what the instance or its sentinel left behind, and by nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.control.instances import InstanceLock
from app.commands.ending import await_end, last_end

pytestmark = pytest.mark.req("K1")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "paper"
    (made / "journal").mkdir(parents=True)
    lock = InstanceLock(made)
    lock.acquire("now")
    yield made
    lock.release()


def record(folder: Path, *records: tuple[str, dict[str, object]]) -> None:
    lines = [json.dumps({"type": kind, "data": data}) + "\n" for kind, data in records]
    (folder / "journal" / "000001.jsonl").write_text("".join(lines))


def ended(folder: Path) -> None:
    (folder / "LOCK").unlink()  # nobody holds what is not there


def sentinel(folder: Path, state: str) -> None:
    file = folder / "sentinel.json"
    file.write_text(json.dumps({"state": state, "cancelled": 5}))
    os.utime(file, (4e9, 4e9))


def test_one_that_says_so_itself_has_ended_well(folder: Path) -> None:
    record(folder, ("RunStopped", {"is_confirmed": True}), ("ReconcileFinished", {}))
    ended(folder)

    assert await_end(folder, seconds=0)


@pytest.mark.parametrize(("state", "is_well"), [("clear", True), ("done", True), ("duty", False)])
@pytest.mark.parametrize("last", ["RunStopped", "RunStarted"])
def test_else_its_sentinel_has_to_say_so(
    state: str, is_well: bool, last: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(folder, ("RunStopped", {"is_confirmed": True}), (last, {"is_confirmed": False}))
    ended(folder)
    sentinel(folder, state)

    assert await_end(folder, seconds=0) is is_well
    if not is_well:
        assert "NOT confirmed cancelled; its sentinel says: duty" in capsys.readouterr().err


def test_one_that_goes_on_is_told_with_its_process_and_what_else_stops_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not await_end(folder, seconds=0)

    told = capsys.readouterr().err
    assert f"it still runs as pid {os.getpid()}" in told
    assert f"kill -KILL {os.getpid()}" in told
    assert "its sentinel has said nothing since" in told


@pytest.mark.parametrize("text", ["", "{", '{"type": "RunStarted", "data": {}}', "[]\n\x00"])
def test_a_journal_that_does_not_end_with_an_end_tells_none(text: str, tmp_path: Path) -> None:
    assert last_end(tmp_path) == {}
    (tmp_path / "000001.jsonl").write_text(text)

    assert last_end(tmp_path) == {}
