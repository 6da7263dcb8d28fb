"""The sentinel tells what it does, and goes on if it can not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from adapters.sentinel.state import FILE, HEAD, State
from tests.builders.sentinel import House

pytestmark = pytest.mark.req("SUP1")


def told(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / FILE).read_text(encoding="utf-8")))


def test_a_state_is_replaced_and_logged_for_this_user_only(tmp_path: Path) -> None:
    house = House(tmp_path)
    state = State(house.mode, house.log)

    state.tell("watching")
    state.tell("duty", reason="the trader died")

    assert told(house.mode) == house.lines("sentinel.jsonl")[-1]
    assert [line["state"] for line in house.lines("sentinel.jsonl")] == ["watching", "duty"]
    assert (house.says()["pid"], house.says()["reason"]) == (os.getpid(), "the trader died")
    assert stat.S_IMODE((house.log / "sentinel.jsonl").stat().st_mode) == 0o600


def test_the_same_again_is_no_news_and_another_reason_is(tmp_path: Path) -> None:
    house = House(tmp_path)
    state = State(house.mode, house.log)

    for reason in ("no answer", "no answer", "HTTP 500", "no answer"):
        state.tell("waiting", reason=reason)

    reasons = [line["reason"] for line in house.lines("sentinel.jsonl")]
    assert reasons == ["no answer", "HTTP 500", "no answer"]


def test_folders_that_can_not_be_written_are_no_error(tmp_path: Path) -> None:
    in_place = tmp_path / "file"
    in_place.write_text("", encoding="utf-8")
    state = State(in_place, in_place)
    below = State(in_place / "mode", in_place / "log")

    for each in (state, below):
        each.tell("duty", reason="the trader died")
        each.alert("the trader died", "cancelling")
        assert each.is_watched_by_another() is False

    assert in_place.read_text(encoding="utf-8") == ""


def test_what_stands_where_a_file_should_is_no_error(tmp_path: Path) -> None:
    for name in (FILE, "sentinel.jsonl", "alerts.jsonl"):
        (tmp_path / name).mkdir()
    state = State(tmp_path, tmp_path)

    state.tell("duty")
    state.alert("the trader died", "cancelling")

    assert not [each for each in tmp_path.iterdir() if each.name.endswith(".tmp")]


def test_a_reason_that_is_no_text_of_any_encoding_is_no_error(tmp_path: Path) -> None:
    house = House(tmp_path)
    state = State(house.mode, house.log)

    state.tell("waiting", reason="\udcff")
    state.alert("\udcff", "waiting")

    state.tell("clear")
    assert house.says()["state"] == "clear"


def test_an_alert_is_critical_and_says_what_to_do(tmp_path: Path) -> None:
    house = House(tmp_path)

    State(house.mode, house.log).alert("the trader died: …", "cancelling")

    (alert,) = house.lines("alerts.jsonl")
    assert (alert["severity"], alert["code"]) == ("CRITICAL", "SENTINEL")
    assert (alert["what"], alert["done"]) == ("the trader died: …", "cancelling")
    assert alert["command"] == "python run.py status"


@pytest.mark.parametrize(
    ("card", "is_another"),
    [
        ({"pid": 1, "state": "watching"}, True),
        ({"pid": 1, "state": "duty"}, False),
        ({"pid": 1}, False),
        ({"pid": os.getpid(), "state": "watching"}, False),
        ({"state": "watching"}, False),
        ([], False),
    ],
)
def test_another_has_taken_over_once_it_watches(
    card: object, is_another: bool, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text(json.dumps(card), encoding="utf-8")

    assert State(tmp_path, tmp_path).is_watched_by_another() is is_another


@pytest.mark.req("AUD1")
def test_the_head_that_was_seen_stays_beside_every_state(tmp_path: Path) -> None:
    house = House(tmp_path)
    state = State(house.mode, house.log)
    state.tell("watching")
    state.saw({})
    assert HEAD not in told(house.mode)

    seen = {"lineage": "ab", "seq": 7, "hash": "cd"}
    state.saw(seen)
    assert told(house.mode)[HEAD] == seen
    state.tell("ended")

    assert told(house.mode)[HEAD] == seen
    assert [line["state"] for line in house.lines("sentinel.jsonl")] == ["watching", "ended"]
