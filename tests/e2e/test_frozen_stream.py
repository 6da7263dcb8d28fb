"""A level-2 stream that stands still while heartbeats go on, at the speed of life and at sixty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from domain.model.instants import SECOND, parse_iso
from tests.builders.runs import Running, segments, trader, was_slow
from tests.builders.simulator import fault

TOLD_WITHIN_S = 6
"""Entries are refused from 5 s of age on by the quote itself; who looks does so once a second."""


def freeze(running: Running, seconds: int) -> int:
    """Let the embedded venue freeze its books from now on; return since when, as market time."""
    log = (running.home / "logs" / "bulkhead.jsonl").read_text(encoding="utf-8")
    (line,) = (each for each in log.splitlines() if "the embedded venue listens" in each)
    told = json.loads(line)["data"]
    answer = requests.post(
        told["rest"] + "/bulkhead/faults",
        json=fault("freeze_stream", for_=f"{seconds}s"),
        headers={"Authorization": f"Bearer {Path(told['admin']).read_text().strip()}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return int(parse_iso(answer.json()["fault"]["begins"]))


def stalenesses(home: Path) -> list[int]:
    """Return when a stale price was told, as market time."""
    found: list[dict[str, Any]] = []
    for segment in segments(home):
        lines = segment.read_bytes().split(b"\n")[:-1]
        found += [json.loads(line) for line in lines if b"STALENESS" in line]
    return [int(parse_iso(each["at"])) for each in found if each["type"] == "AlertRaised"]


@pytest.mark.req("ST1")
@pytest.mark.parametrize("speed", [1, 60])
def test_frozen_books_are_stale_within_seconds_of_market_time(tmp_path: Path, speed: int) -> None:
    with trader(tmp_path, "--speed", str(speed)) as running:
        running.ready()
        frozen_ns = freeze(running, 20 * speed)
        running.wait_until(lambda: any(at > frozen_ns for at in stalenesses(tmp_path)))
        assert running.interrupt()[0] == 0

    late_s = (min(at for at in stalenesses(tmp_path) if at > frozen_ns) - frozen_ns) / SECOND
    assert late_s <= TOLD_WITHIN_S or was_slow(tmp_path)
