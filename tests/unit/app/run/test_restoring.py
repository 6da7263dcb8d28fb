"""A restored journal goes on under a lineage of its own and blocks entries; the old one is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.kernel.envelope import Envelope
from adapters.control import anchor as anchors
from adapters.control import registry
from adapters.control.anchor import AnchorFile
from adapters.control.halt_note import HaltNote
from adapters.control.instances import InstanceLock, InstanceRunning
from adapters.journal.archive import write_backup
from app.commands.audit import check
from app.run.recovery import JOURNAL, JournalPlace, Opened, open_state
from app.run.restoring import RESTORED, STAGING, restore
from domain.messages.decisions import OrderApproved
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import Effect
from domain.model.errors import JournalError
from domain.model.instants import Nanos
from domain.model.orders import OrderIntent
from domain.orders.identity import client_order_id
from tests.builders.messages import NOW, a_breaker, approved

pytestmark = pytest.mark.req("AUD1", "X1", "BOOT1")


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep locks and anchors of these tests in a folder of their own."""

    def folder(kind: str = "accounts") -> Path:
        found = tmp_path / "state" / kind
        found.mkdir(parents=True, exist_ok=True)
        return found

    monkeypatch.setattr(anchors, "lock_folder", folder)
    monkeypatch.setattr(registry, "lock_folder", folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "paper"


def run(folder: Path, *bodies: object) -> Opened:
    """Write `bodies` in a run of its own, with an intent of the journal's lineage, and its head."""
    place = JournalPlace(
        folder=folder,
        run=RunStarted("paper", "embedded", "w", "c", "p", 1),
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: Nanos(NOW),
        wall=None,
        anchor_file=AnchorFile(folder),
    )
    opened = open_state(place)
    number = opened.recovered.next_number
    order = approved(approval=number)
    name = client_order_id(opened.recovered.lineage, number)
    intent = OrderIntent(number, name, order, None)
    for body in (OrderApproved(order), IntentRaised(intent), *bodies):
        opened.recorder.append(Envelope(1, body, "test", 0, 1, 0, Nanos(NOW)))
    opened.recorder.commit(())
    AnchorFile(folder).write(opened.anchor())
    opened.close()
    return opened


def backed_up(folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "b.tar.zst"
    write_backup(folder / JOURNAL, file, "paper", "2026-11-28T12:00:00Z")
    return file


def test_it_goes_on_under_another_lineage_and_knows_where_the_former_one_ended(
    folder: Path, tmp_path: Path
) -> None:
    before = run(folder).recovered
    file = backed_up(folder, tmp_path)
    run(folder)

    done = restore(file, folder)
    after = run(folder).recovered

    assert after.lineage == done.lineage != before.lineage
    assert after.former == ((before.lineage, 1),)
    assert [each.name for each in after.latched()] == [RESTORED]
    assert after.latched()[0].effect is Effect.BLOCK
    verified = check(folder / JOURNAL)
    assert verified.problems == ()
    assert verified.scan.lineage == done.lineage


def test_the_old_journal_is_put_aside_however_often_and_nothing_is_lost(
    folder: Path, tmp_path: Path
) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    run(folder)
    old = {each.name: each.read_bytes() for each in (folder / JOURNAL).iterdir()}

    first, second = restore(file, folder), restore(file, folder)

    assert first.aside is not None
    assert second.aside is not None
    assert first.aside != second.aside
    assert {each.name: each.read_bytes() for each in first.aside.iterdir()} == old
    assert not (folder / STAGING).exists()


def test_a_halt_of_the_old_journal_outlives_it(folder: Path, tmp_path: Path) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    run(folder, BreakerTripped(a_breaker(Effect.KILL, name="kill", is_latched=True)))

    done = restore(file, folder)

    assert done.halts == ("kill",)
    assert {each.name for each in run(folder).recovered.latched()} == {"kill", RESTORED}


def test_a_halt_that_the_old_journal_could_not_be_told_of_outlives_it_too(
    folder: Path, tmp_path: Path
) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    note = HaltNote(folder)
    note.prepare("auditor", "the disk is full")
    note.leave()

    done = restore(file, folder)

    assert done.halts == ("auditor",)
    assert {each.name for each in run(folder).recovered.latched()} == {"auditor", RESTORED}


def test_an_old_journal_that_can_not_be_read_is_put_aside_all_the_same(
    folder: Path, tmp_path: Path
) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    segment = folder / JOURNAL / "00000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"seq", b"sea", 1))

    done = restore(file, folder)

    assert done.halts is None
    assert check(folder / JOURNAL).problems == ()


def test_into_a_folder_without_a_journal_it_is_restored_too(folder: Path, tmp_path: Path) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    other = tmp_path / "elsewhere" / "paper"

    assert restore(file, other).aside is None
    assert check(other / JOURNAL).problems == ()


def test_while_an_instance_runs_nothing_is_touched(folder: Path, tmp_path: Path) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    before = sorted(each.name for each in folder.iterdir())
    lock = InstanceLock(folder)
    lock.acquire("now")
    try:
        with pytest.raises(InstanceRunning):
            restore(file, folder)
    finally:
        lock.release()

    kept = {each.name for each in folder.iterdir()} - {"LOCK", "LOCK.holder"}
    assert kept == set(before) - {"LOCK", "LOCK.holder"}


def test_a_head_that_can_not_be_kept_stops_no_restore_and_halts_no_start(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    run(folder)

    def refuse(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as full:
        full.setattr(AnchorFile, "write", refuse)
        restore(file, folder)

    assert [each.name for each in run(folder).recovered.latched()] == [RESTORED]


def test_a_backup_that_is_not_whole_changes_nothing(folder: Path, tmp_path: Path) -> None:
    run(folder)
    file = backed_up(folder, tmp_path)
    file.write_bytes(file.read_bytes()[:-20])
    before = {each.name: each.read_bytes() for each in (folder / JOURNAL).iterdir()}

    with pytest.raises(JournalError):
        restore(file, folder)

    assert {each.name: each.read_bytes() for each in (folder / JOURNAL).iterdir()} == before
    assert [each.name for each in folder.glob("*journal*")] == [JOURNAL]
