"""What is damaged stops the start; what dies takes the run to an end that says so."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.builders_runs import call, paper, records, segments, trader, verified


@pytest.mark.req("AUD1")
def test_one_changed_digit_stops_the_next_start(tmp_path: Path) -> None:
    paper(tmp_path, "--speed", "max", "--duration", "3m")
    [segment] = segments(tmp_path)
    lines = segment.read_bytes().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines, 1) if b'"StatementTaken"' in line)
    forged = lines[number - 1].replace(b'"10000"', b'"10001"', 1)
    assert forged != lines[number - 1]
    lines[number - 1] = forged
    segment.write_bytes(b"".join(lines))
    before = segment.read_bytes()

    done = call(tmp_path, "audit", "verify")
    assert done.returncode == 1
    assert f"{segment.name} line {number} (record {number})" in done.stdout
    for speed in ("1", "max"):
        refused = call(tmp_path, "--env", "paper", "--speed", speed, "--duration", "3m")
        assert (refused.returncode, refused.stdout) == (4, "")
        assert f"line {number}" in refused.stderr

    assert segments(tmp_path) == [segment]
    assert segment.read_bytes() == before


@pytest.mark.req("AUD1")
def test_a_torn_last_line_is_cut_and_told(tmp_path: Path) -> None:
    paper(tmp_path, "--speed", "max", "--duration", "3m")
    with segments(tmp_path)[0].open("ab") as file:
        file.write(b'{"actor":"audi')

    paper(tmp_path, "--speed", "max", "--duration", "3m")

    assert [cut["size"] for cut in records(tmp_path, "TailCut")] == [14]
    assert verified(tmp_path)["ok"] is True


def test_the_death_of_the_venue_ends_the_run_and_is_said(tmp_path: Path) -> None:
    with trader(tmp_path) as running:
        running.ready()
        os.kill(running.venue_pid(), signal.SIGKILL)
        code, stopped = running.stopped(15.0)
        assert (code, stopped["reason"]) == (1, "error")
        assert "the venue has ended" in running.log
    with trader(tmp_path) as running:
        assert running.ready()["entries"] == "on"
        assert running.interrupt()[0] == 0
    assert verified(tmp_path)["ok"] is True
    log = (tmp_path / "logs" / "bulkhead.jsonl").read_text().splitlines()
    assert "CRITICAL" in {json.loads(line)["level"] for line in log}
