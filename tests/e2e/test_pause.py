"""`pause` and `unpause` as an operator gives them: to what runs, and to what runs next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.runs import BREAKING_OUT, call, entries, records, trader


@pytest.mark.req("K1")
def test_a_pause_keeps_entries_out_over_a_restart_until_unpause(tmp_path: Path) -> None:
    with trader(tmp_path, *BREAKING_OUT, "--set=policy.loop.interval_seconds=1") as running:
        running.ready()
        paused = call(tmp_path, "pause", "--reason", "news at two")
        assert paused.returncode == 0, paused.stderr
        assert "paused: no new entries" in paused.stdout
        begun = entries(tmp_path)
        cycles = len(records(tmp_path, "RoundJudged"))
        running.wait_until(lambda: len(records(tmp_path, "RoundJudged")) >= cycles + 2)
        assert entries(tmp_path) == begun
        assert running.interrupt()[0] in {0, 1}

    with trader(tmp_path) as running:
        assert "pause" in running.ready()["by"]
        assert "news at two" in running.log
        assert f'unpause --data-dir {tmp_path}/data --reason "..."' in running.log
        resumed = call(tmp_path, "resume", "--reason", "no halt")
        assert "nothing is latched" in resumed.stdout
        ended = call(tmp_path, "unpause", "--reason", "news are out")
        assert ended.returncode == 0, ended.stderr
        assert "not paused any more" in ended.stdout
        running.interrupt()
    assert [each["verb"] for each in records(tmp_path, "OperatorActed")] == ["pause", "unpause"]


def test_a_pause_while_nothing_runs_is_for_the_next_start(tmp_path: Path) -> None:
    refused = call(tmp_path, "pause", "--reason", "too early")
    assert refused.returncode == 1
    assert "nothing ever ran" in refused.stderr
    virtual = ("--env", "paper", "--speed", "max", "--cycles", "2")
    assert call(tmp_path, *virtual).returncode == 0

    assert "also in the next start" in call(tmp_path, "pause", "--reason", "news").stdout
    shown = call(tmp_path, "status").stdout
    assert "pause: no entries" in shown
    assert "news" in shown
    assert "pause" in call(tmp_path, *virtual).stdout.partition("by=")[2].split()[0]
    assert "not paused any more" in call(tmp_path, "unpause", "--reason", "over").stdout
    assert "pause: no entries" not in call(tmp_path, "status").stdout
    assert "entries=on" in call(tmp_path, *virtual).stdout
    assert "nothing is paused" in call(tmp_path, "unpause", "--reason", "again").stdout
