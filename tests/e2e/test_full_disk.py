"""A disk that takes no more byte while a trader runs: it halts, says so, and sends nothing more."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.builders.runs import RESTING, call, records, segments, trader, verified


@pytest.mark.req("AUD1", "X1")
def test_a_disk_without_room_halts_a_running_trader_for_good(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", "60", *RESTING) as running:
        running.ready()
        running.wait_until(lambda: records(tmp_path, "IntentRaised"))
        no_room = (1, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, no_room)
        running.wait_until(lambda: "the journal can't be written" in running.log)
        intended, size = intents(tmp_path), segments(tmp_path)[-1].stat().st_size
        running.wait_until(lambda: (tmp_path / "data" / "paper" / "halt.json").exists())
        code, stopped = running.interrupt()

    assert (code, stopped["reason"]) == (3, "halted")
    assert intents(tmp_path) == intended
    assert segments(tmp_path)[-1].stat().st_size == size
    assert verified(tmp_path)["ok"] is True

    with trader(tmp_path, "--speed", "60", *RESTING) as running:
        assert "auditor" in running.ready()["by"]
        assert running.interrupt()[0] == 3
    told = [each["breaker"] for each in records(tmp_path, "BreakerTripped")]
    assert any(
        each["name"] == "auditor" and "could not be written in the last run" in each["reason"]
        for each in told
    )
    assert call(tmp_path, "resume", "--reason", "there is room again").returncode == 0
    with trader(tmp_path) as running:
        assert running.enters()
        running.settle()
        assert running.interrupt()[0] == 0
    assert verified(tmp_path)["ok"] is True


def intents(home: Path) -> int:
    return len(records(home, "IntentRaised"))
