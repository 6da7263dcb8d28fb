"""The wire's log: every request and frame, no token, and nothing at all without a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.engine.wire import PREFIX, Request, Response
from adapters.simulator.recordings.recorder import WireRecorder
from domain.model.instants import SECOND


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_stream_is_logged_from_its_beginning_to_its_end_in_order(tmp_path: Path) -> None:
    now_ns = [1_700_000_000 * SECOND + 5]
    recorder = WireRecorder(tmp_path / "wire.jsonl", lambda: now_ns[0])

    first, second = recorder.connected(), recorder.connected()
    now_ns[0] += SECOND
    recorder.sent(first, b'{"channel":"user"}')
    recorder.closed(second)
    recorder.close()

    assert [(line["t"], line.get("conn")) for line in lines(tmp_path / "wire.jsonl")] == [
        ("header", None),
        ("connect", first),
        ("connect", second),
        ("recv", first),
        ("closed", second),
    ]
    assert first != second
    assert '"ts":1700000001.000000005,' in (tmp_path / "wire.jsonl").read_text(encoding="utf-8")


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("message", ['{"jwt":"ey.canary"}', '{"a":1, "jwt" : "ey.canary", "b":2}'])
def test_a_token_is_left_out_and_the_rest_stays(message: str, tmp_path: Path) -> None:
    recorder = WireRecorder(tmp_path / "wire.jsonl", lambda: 0)
    recorder.heard(recorder.connected(), message)
    recorder.close()

    heard = lines(tmp_path / "wire.jsonl")[-1]["data"]

    assert json.loads(heard) == json.loads(message) | {"jwt": ""}


def test_lists_of_products_are_told_from_other_requests_and_only_when_they_came(
    tmp_path: Path,
) -> None:
    recorder = WireRecorder(tmp_path / "wire.jsonl", lambda: 0)
    for path, status in (("/products", 200), ("/market/products", 200), ("/products", 500)):
        recorder.answered(Request("GET", PREFIX + path), Response(status, b"{}"))
    recorder.answered(Request("POST", PREFIX + "/orders", body=b"\xff{}"), None)
    recorder.close()

    _, *asked = lines(tmp_path / "wire.jsonl")

    assert [line["t"] for line in asked] == ["http", "http", "request", "request"]
    assert (asked[-1]["status"], asked[-1]["data"]) == (None, None)
    assert asked[-1]["body"] == "\ufffd{}"


def test_a_log_is_gone_on_with_and_not_written_over(tmp_path: Path) -> None:
    for _ in range(2):
        WireRecorder(tmp_path / "wire.jsonl", lambda: 0).close()

    assert [line["t"] for line in lines(tmp_path / "wire.jsonl")] == ["header", "header"]


def test_without_a_file_nothing_is_written_and_nothing_fails(tmp_path: Path) -> None:
    recorder = WireRecorder(None, lambda: 0)
    name = recorder.connected()
    recorder.heard(name, "{}")
    recorder.sent(name, b"{}")
    recorder.answered(Request("GET", PREFIX), None)
    recorder.closed(name)
    recorder.close()

    assert list(tmp_path.iterdir()) == []
