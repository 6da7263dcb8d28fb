"""Trials are kept whole and in order; whoever else writes there is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sweep.records import TrialRecord
from app.sweep.store import StorageUnusable, TrialStore, shown_url, sqlite_url
from tests.unit.app.sweep.test_records import KEY, a_space, answered, record

pytestmark = pytest.mark.req("BT2")
SPACE = a_space()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrialStore]:
    opened = TrialStore(sqlite_url(tmp_path / "trials.sqlite"), "sweep-1", "a market")
    yield opened
    opened.close()


def test_what_is_kept_comes_back_in_order_by_fold(store: TrialStore, tmp_path: Path) -> None:
    trials = [record(answered(pnl_pct=0.1 * number), number) for number in range(3)]
    for each in trials:
        store.add(1, each, SPACE)
    store.add(2, record(answered(trades=0)), SPACE)

    again = TrialStore(sqlite_url(tmp_path / "trials.sqlite"), "sweep-1", "a market")

    assert again.records(1) == trials
    assert again.records(2) == [record(answered(trades=0))]
    assert again.records(3) == []
    again.close()


def test_a_second_writer_is_noticed(store: TrialStore) -> None:
    store.add(1, record(answered()), SPACE)

    with pytest.raises(StorageUnusable, match="somebody else writes"):
        store.add(1, record(answered()), SPACE)
    assert len(store.records(1)) == 1


def test_trials_of_other_sweeps_on_the_market_are_counted(
    store: TrialStore, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "trials.sqlite")
    for sweep, market in (("sweep-2", "a market"), ("sweep-3", "another market")):
        other = TrialStore(url, sweep, market)
        other.add(1, record(answered()), SPACE)
        other.close()
    store.add(1, record(answered()), SPACE)

    assert store.elsewhere() == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "--storage"),
        ("sqlite:////no/such/folder/x.sqlite", "--storage sqlite:"),
        ("postgresql://me:secret@127.0.0.1:9/x", "Connection refused"),
        ("mysql://me:secret@127.0.0.1:9/x", "driver of mysql is not installed"),
        ("oracle9://x", "--storage oracle9"),
    ],
)
def test_a_storage_that_can_not_be_opened_is_said_without_its_password(url: str, why: str) -> None:
    with pytest.raises(StorageUnusable) as found:
        TrialStore(url, "s", "m")

    assert why in str(found.value)
    assert "secret" not in str(found.value)


def test_a_password_is_never_shown() -> None:
    assert shown_url("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    assert "secret" not in shown_url("postgresql://me:secret@host:port/db")


def test_a_record_has_the_keys_of_its_space(store: TrialStore) -> None:
    store.add(1, TrialRecord(number=0, indices={KEY: 2}, value=1.5), SPACE)

    assert store.records(1)[0].indices == {KEY: 2}
