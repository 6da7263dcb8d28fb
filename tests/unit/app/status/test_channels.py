"""A status says where alerts go, how to have them sent, and which channel takes none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.courier.state import FILE
from app.status.channels import channel_lines, channel_rows
from app.status.lines import WARN, fitted
from app.status.members import Members
from app.status.signs import InstanceState
from domain.model.instants import SECOND, iso
from tests.builders.courier import DEAD_PID
from tests.builders.status import TAKEN, some_signs

pytestmark = pytest.mark.req("AL1")

CHANNEL: dict[str, Any] = {"label": "https://x.example", "waiting": 0, "failing_since": None}


def said(told: object) -> list[tuple[str, str]]:
    lines = channel_lines(Members({"alert_channels": told}), some_signs(InstanceState.TRADING))
    return [(each.text.strip(), each.style) for each in fitted(lines, 80)]


def text(told: object) -> str:
    return " ".join(" ".join(words for words, _ in said(told)).split())


def test_without_a_channel_it_says_how() -> None:
    assert "set BULKHEAD_ALERT_URLS" in text({"channels": []})
    assert "python run.py alerts test" in text({"channels": []})


def test_channels_are_counted_and_named() -> None:
    told = {"channels": [CHANNEL, {**CHANNEL, "label": "tgram://..."}]}

    assert text(told) == "alerts go to: 2 channels (https://x.example, tgram://...)"


def test_one_that_takes_nothing_for_a_minute_is_told_and_not_before() -> None:
    now_ns = TAKEN + 3 * SECOND
    row = {**CHANNEL, "failure": "HTTP 500", "waiting": 2}

    young, old = (
        {"channels": [{**row, "failing_since": iso(now_ns - seconds * SECOND)}]}
        for seconds in (59, 60)
    )

    assert "HTTP 500" not in text(young)
    assert "https://x.example has taken none for" in text(old)
    assert text(old).endswith(": HTTP 500; 2 alerts wait")
    assert WARN in [style for _, style in said(old)]


def test_a_heartbeat_without_answer_and_bad_addresses_are_told() -> None:
    told = {"channels": [CHANNEL], "heartbeat_failure": "HTTP 404", "problems": ["one is none"]}

    assert "the heartbeat URL does not answer: HTTP 404" in text(told)
    assert "one is none" in text(told)


@pytest.mark.parametrize("told", [None, 5, {"channels": 5}, {"channels": [5]}])
def test_nonsense_is_no_error(told: object) -> None:
    said(told)


def test_what_a_dead_courier_said_is_not_repeated(tmp_path: Path) -> None:
    state = {"pid": DEAD_PID, "channels": [CHANNEL]}
    (tmp_path / FILE).write_text(json.dumps(state))
    assert channel_rows(tmp_path, is_up=True) == {"channels": [], "problems": []}
    assert channel_rows(tmp_path, is_up=False) is None

    (tmp_path / FILE).write_text(json.dumps({**state, "pid": os.getpid()}))
    rows = channel_rows(tmp_path, is_up=False)

    assert rows is not None
    assert rows["channels"] == [CHANNEL]
