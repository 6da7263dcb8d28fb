"""The sentinel knows lineage, number and hash of the newest whole record that it has read."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.journal.segments import read_records
from adapters.sentinel.head_reader import HeadReader
from adapters.sentinel.orders import AT_ONCE, OurOrders
from tests.builders.journal import LINEAGE, fill, start

pytestmark = pytest.mark.req("AUD1")


def test_the_newest_record_of_a_journal_that_grows_is_known(tmp_path: Path) -> None:
    ours = OurOrders(tmp_path)
    for number in (1, 2):
        journal = start(tmp_path, number)
        fill(journal, number)
        journal.close()
        ours.refresh()

        *_, last = read_records(tmp_path)
        assert ours.head.told == {"lineage": LINEAGE, "seq": last.seq, "hash": last.hash}


def test_a_restored_journal_is_known_by_its_new_lineage(tmp_path: Path) -> None:
    journal = start(tmp_path)
    journal.append("JournalRestored", {"lineage": "e" * 32}, at_ns=1)
    journal.close()
    ours = OurOrders(tmp_path)
    ours.refresh()

    assert ours.head.told["lineage"] == "e" * 32


def test_a_long_journal_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = start(tmp_path)
    for number in range(50):
        fill(journal, number)
    journal.close()
    monkeypatch.setattr("adapters.sentinel.orders.AT_ONCE", 1_000)
    ours = OurOrders(tmp_path)
    ours.refresh()

    assert AT_ONCE > 1_000
    assert ours.head.told["seq"] == 52


@pytest.mark.parametrize("line", [b"", b"{}", b"no record", b',"prev":"x","seq":1,"hash":"y"}'])
def test_what_is_no_record_tells_nothing(line: bytes) -> None:
    head = HeadReader()
    head.take(line)

    assert head.told == {}
