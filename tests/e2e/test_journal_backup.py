"""A backup made beside a running trader, put back after it has ended, trades on after `resume`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.runs import (
    EAGER,
    call,
    ledger_accounts,
    records,
    trader,
    venue_accounts,
    verified,
)

FAST = ("--speed", "60", *EAGER)


@pytest.mark.req("AUD1", "BOOT1", "X1", "SUP1")
def test_a_journal_that_is_restored_blocks_entries_until_a_person_resumes(tmp_path: Path) -> None:
    file = tmp_path / "journal.tar.zst"
    with trader(tmp_path, *FAST) as running:
        running.ready()
        running.wait_until(lambda: records(tmp_path, "FillBooked"))
        beside = call(tmp_path, "journal", "backup", "-o", str(tmp_path / "beside.tar.zst"))
        assert beside.returncode == 0, beside.stderr
        assert (
            call(tmp_path, "journal", "restore", str(tmp_path / "beside.tar.zst")).returncode == 5
        )
        running.interrupt()
    assert call(tmp_path, "journal", "backup", "-o", str(file)).returncode == 0
    before = {each["intent"]["client_order_id"] for each in records(tmp_path, "IntentRaised")}

    restored = call(tmp_path, "journal", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert len(list((tmp_path / "data" / "paper").glob("journal.*/*.jsonl"))) == 1

    with trader(tmp_path, *FAST) as running:
        assert "restored" in running.ready()["by"].split(",")
        running.settle()
        resumed = call(tmp_path, "resume", "--reason", "nothing is missing")
        assert resumed.returncode == 0, resumed.stderr
        running.wait_until(lambda: len(records(tmp_path, "IntentRaised")) > len(before))
        running.settle()
        running.interrupt()

    after = {each["intent"]["client_order_id"] for each in records(tmp_path, "IntentRaised")}
    assert before < after
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    assert verified(tmp_path)["ok"] is True
