"""What is damaged stops the start; what dies takes the run to an end that says so."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.builders.runs import (
    RESTING,
    call,
    ledger_accounts,
    live_orders,
    paper,
    records,
    segments,
    trader,
    venue_accounts,
    verified,
)


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
        code, stopped = running.stopped()
        assert (code, stopped["reason"]) == (1, "error")
        assert "the venue has ended" in running.log
    with trader(tmp_path) as running:
        assert running.enters()
        running.settle()
        assert running.interrupt()[0] == 0
    assert verified(tmp_path)["ok"] is True
    log = (tmp_path / "logs" / "bulkhead.jsonl").read_text().splitlines()
    assert "CRITICAL" in {json.loads(line)["level"] for line in log}


def test_orders_that_a_lost_run_left_resting_are_cancelled_by_the_next_start(
    tmp_path: Path,
) -> None:
    with trader(tmp_path, "--speed", "60", *RESTING) as running:
        running.ready()
        # A machine that stands still has its entries cancelled, rightly: three that still rest.
        running.wait_until(lambda: len(placed(tmp_path, "OPEN") - ended(tmp_path)) >= 3)
        running.kill()
    left = live_orders(tmp_path)
    assert left
    # One that reached the end of its life just before the kill is open in our books alone.
    believed = placed(tmp_path, "OPEN") - ended(tmp_path)

    with trader(tmp_path, "--speed", "60") as running:
        assert running.enters()
        running.settle()
        assert running.interrupt()[0] == 0

    swept = records(tmp_path, "SweepFinished")
    boots = [each for each in swept if each["reasons"] == ["boot"]]
    assert [each["cancelled"] for each in boots] == [0, len(left | believed)]
    assert not live_orders(tmp_path)
    assert left | believed <= placed(tmp_path, "CANCELLED")
    # A request that was cut off with the process may have become no order at all.
    assert len(ended(tmp_path)) <= len(records(tmp_path, "IntentRaised"))
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    assert records(tmp_path, "DiscrepancyFound") == []
    assert verified(tmp_path)["ok"] is True


def advanced(home: Path, state: str) -> list[dict[str, object]]:
    return [moved for moved in records(home, "OrderAdvanced") if moved["state"] == state]


def placed(home: Path, state: str) -> set[object]:
    """Return the client order ids of what was ever in this state, by our books."""
    return {moved["client_order_id"] for moved in advanced(home, state)}


def ended(home: Path) -> set[object]:
    return {each for state in ("CANCELLED", "VOID") for each in placed(home, state)}


def test_ctrl_c_before_ready_ends_it_too(tmp_path: Path) -> None:
    with trader(tmp_path) as running:
        running.wait_until(lambda: segments(tmp_path))
        code, stopped = running.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    with trader(tmp_path) as running:
        running.ready()
        assert running.interrupt()[0] == 0
    assert verified(tmp_path)["ok"] is True


@pytest.mark.way_out("journal_shortened")
@pytest.mark.req("AUD1", "K1")
def test_a_kill_latch_that_was_cut_off_the_journal_is_missed(tmp_path: Path) -> None:
    with trader(tmp_path) as running:
        running.ready()
        (tmp_path / "data" / "KILL_SWITCH").touch()
        assert running.stopped()[0] == 3
    (tmp_path / "data" / "KILL_SWITCH").unlink()
    segments(tmp_path)[-1].unlink()

    done = call(tmp_path, "audit", "verify")
    assert done.returncode == 1
    assert "the journal of this folder is gone" in done.stdout
    with trader(tmp_path) as running:
        running.ready()
        assert running.interrupt()[0] == 3
    assert call(tmp_path, "resume", "--reason", "seen").returncode == 0
    with trader(tmp_path) as running:
        assert running.enters()
        assert running.interrupt()[0] == 0
