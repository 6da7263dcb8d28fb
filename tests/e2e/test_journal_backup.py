"""A backup made beside a running trader, put back after it has ended, trades on after `resume`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.runs import (
    BREAKING_OUT,
    call,
    ledger_accounts,
    records,
    trader,
    venue_accounts,
    verified,
)

FAST = ("--speed", "60", *BREAKING_OUT)


def names_in(home: Path) -> set[str]:
    """Return the orders that the journal knows."""
    return {each["intent"]["client_order_id"] for each in records(home, "IntentRaised")}


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
    before = names_in(tmp_path)

    restored = call(tmp_path, "journal", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert len(list((tmp_path / "data" / "paper").glob("journal.*/*.jsonl"))) == 1

    with trader(tmp_path, *FAST) as running:
        assert "restored" in running.ready()["by"].split(",")
        running.settle()
        resumed = call(tmp_path, "resume", "--reason", "nothing is missing")
        assert resumed.returncode == 0, resumed.stderr
        # An order that did not leave is put on record again under its own name.
        running.wait_until(lambda: names_in(tmp_path) - before)
        running.settle()
        running.interrupt()

    assert before < names_in(tmp_path)
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    assert verified(tmp_path)["ok"] is True
