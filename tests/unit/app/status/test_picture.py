"""What only somebody outside can tell of an instance stands beside what it says of itself."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from adapters.control.files import write_json
from adapters.control.instances import STATUS
from adapters.control.key_note import KeyNote
from app.command_line.options import Folders
from app.status.head import head
from app.status.members import Members
from app.status.picture import newest_alerts, take
from app.status.signs import InstanceState
from domain.model.instants import DAY, Nanos
from tests.builders.status import DOCUMENT, POSITION

PAUSE = {"name": "pause", "scope": "global", "effect": "BLOCK", "reason": "speech"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "data/paper/journal").mkdir(parents=True)
    (tmp_path / "data/paper/LOCK").touch()
    return Folders(data=tmp_path / "data", log=tmp_path / "logs")


def journal(folders: Folders, number: int, *records: dict[str, object]) -> None:
    lines = "\n".join(json.dumps(each) for each in records)
    (folders.data / f"paper/journal/{number}.jsonl").write_text(lines + "\n")


@pytest.mark.req("PROT1")
def test_of_a_stopped_trader_nobody_watches_a_lot_and_what_was_ordered_since_is_there(
    folders: Folders,
) -> None:
    missing = {**POSITION, "protected_at": "missing at the venue"}
    waits = {**POSITION, "protected_at": "exit actor and venue"}
    document = {**DOCUMENT, "positions": [POSITION, missing, waits], "breakers": []}
    write_json(folders.data / "paper" / STATUS, document)
    journal(folders, 1, {"type": "RunStopped", "wall": "w", "data": {"reason": "signal"}})
    journal(
        folders,
        2,
        {"type": "BreakerTripped", "data": {"breaker": PAUSE}},
        {"type": "RunStopped", "data": {"reason": "operator"}},
    )

    picture = take(folders, folders.data / "paper")

    assert picture.signs.state is InstanceState.STOPPED
    assert (picture.document["state"], picture.document["ended_by"]) == ("stopped", "signal")
    assert [each["protected_at"] for each in picture.document["positions"]] == [
        "nobody",
        "missing at the venue",
        "venue",
    ]
    assert [each["name"] for each in picture.document["breakers"]] == ["pause"]


def test_a_status_that_is_not_there_is_a_picture_without_the_runs_own_part(
    folders: Folders,
) -> None:
    picture = take(folders, folders.data / "paper")

    assert not picture.is_readable
    assert picture.document["mode"] == "paper"


@pytest.mark.req("SEC2")
@pytest.mark.parametrize(("days", "words"), [(10, None), (84, "84 days old"), (95, "past the")])
def test_a_key_that_is_due_is_told(folders: Folders, days: int, words: str | None) -> None:
    KeyNote(folders.data).write("k", Nanos(time.time_ns() - days * DAY))
    write_json(folders.data / "paper" / STATUS, DOCUMENT)

    picture = take(folders, folders.data / "paper")

    found = picture.document
    lines = [each.text for each in head(Members(found), picture.signs)]
    assert (found["key_age"] is None) is (words is None)
    assert words is None or any(words in line and "secrets rotated" in line for line in lines)


def test_without_a_log_there_are_no_alerts(folders: Folders) -> None:
    assert newest_alerts(folders.log, "default") == []
