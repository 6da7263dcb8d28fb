"""An alert is open until a person notes it or what it is about is over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.telemetry.acks import Ack, AckFile, alert_id
from app.status.alert_states import FILE, AlertState, count_open, read_book

pytestmark = pytest.mark.req("AL1")

ALERT: dict[str, Any] = {
    "at": "2026-11-28T21:40:33.5Z",
    "world": "default",
    "mode": "paper",
    "severity": "WARNING",
    "code": "BREAKER:staleness",
    "what": "x",
    "topic": "breaker staleness (global)",
}
END = {**ALERT, "at": "2026-11-28T21:40:34Z", "severity": "INFO", "code": "RESOLVED"}


def written(log: Path, *lines: dict[str, Any]) -> list[AlertState]:
    (log / FILE).write_text("".join(json.dumps(each) + "\n" for each in lines))
    book = read_book(log)
    return [book.state_of(each) for each in lines]


def test_it_is_open_until_its_end_and_open_again_when_it_comes_again(tmp_path: Path) -> None:
    again = {**ALERT, "at": "2026-11-28T21:50:00Z"}

    assert written(tmp_path, ALERT) == [AlertState.OPEN]
    assert written(tmp_path, ALERT, END) == [AlertState.RESOLVED, AlertState.NEWS]
    assert written(tmp_path, ALERT, END, again)[2] is AlertState.OPEN
    assert count_open(tmp_path, "default") == 1


@pytest.mark.parametrize(
    "change", [{"topic": "other"}, {"world": "w"}, {"mode": "live"}, {"at": "x"}, {"topic": ["x"]}]
)
def test_the_end_of_something_else_ends_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    assert written(tmp_path, ALERT, {**END, **change})[0] is AlertState.OPEN


def test_what_a_person_noted_is_acknowledged(tmp_path: Path) -> None:
    AckFile(tmp_path).add(alert_id(ALERT), Ack("2026-11-28T21:41:00Z", "seen"))

    assert written(tmp_path, ALERT, END)[0] is AlertState.ACKNOWLEDGED


def test_a_line_of_before_topics_can_only_be_noted(tmp_path: Path) -> None:
    old = {name: value for name, value in ALERT.items() if name not in ("topic", "mode")}

    assert written(tmp_path, old, {**END, "topic": ""}) == [AlertState.OPEN, AlertState.NEWS]


def test_a_severity_that_nobody_knows_is_open(tmp_path: Path) -> None:
    assert written(tmp_path, {**ALERT, "severity": None}) == [AlertState.OPEN]


def test_where_notes_can_not_be_read_nothing_is_called_noted(tmp_path: Path) -> None:
    (tmp_path / "acks.jsonl").mkdir()

    assert written(tmp_path, ALERT) == [AlertState.OPEN]
    assert count_open(tmp_path, "default") == 1
