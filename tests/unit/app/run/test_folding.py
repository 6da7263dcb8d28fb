"""A start goes on from the newest snapshot that fits; whatever is wrong with one costs nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.journal.errors import JournalBroken
from adapters.journal.files import DiskFolder
from adapters.journal.position import checked
from adapters.journal.scan import Scan
from adapters.journal.segments import SegmentWriter, open_journal
from adapters.journal.snapshots import snapshots_in, write_snapshot
from app.run.folding import CODEC, STATES, Folded, fold_journal, fold_version
from domain.messages.decisions import OrderApproved
from domain.messages.journal import RunStarted, SnapshotTaken
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import StatementTaken
from domain.model.money import ZERO, Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.system.recovery import JournalFold
from tests.builders.messages import LINEAGE, NOW, a_moved, an_intent, approved, booked
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("BOOT1", "AUD1")

RUN = RunStarted("paper", "embedded", "world-1", "c", "p", 7)
(USD,) = decimals(90_000)
STATEMENT = StatementTaken("start", (AccountBalance("USD", Quantity(USD), Quantity(ZERO)),))


def opened(folder: Path, number: int) -> SegmentWriter:
    journal, _ = open_journal(folder, CODEC.encode(RUN), at_ns=NOW + number, lineage=LINEAGE)
    return journal


def say(journal: SegmentWriter, *messages: object) -> None:
    for each in messages:
        journal.append(CODEC.name(each), CODEC.encode(each), at_ns=NOW + journal.head.seq)


def trade(journal: SegmentWriter, number: int) -> None:
    intent = an_intent(approved(approval=number), number)
    fill = booked(intent, entry_id=f"f-{number}")
    filled = a_moved(intent, OrderState.FILLED)
    say(journal, OrderApproved(intent.order), IntentRaised(intent), fill, filled)


def snapshot(folder: Path) -> SnapshotTaken:
    """Write a snapshot of the journal as it is; return the record that names it."""
    scan, fold = Scan(DiskFolder(folder)), JournalFold("USD")
    for record in scan:
        fold.take(record.at_ns, CODEC.decode(record.type, record.data))
    data = STATES.encode(fold.state())
    digest = write_snapshot(folder, scan.position, fold_version(), data)
    return SnapshotTaken(scan.head.seq, scan.head.hash, digest)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return a journal of two starts with a snapshot in the middle of the second."""
    folder = tmp_path / "journal"
    for number in (1, 2):
        writer = opened(folder, number)
        if number == 1:
            say(writer, STATEMENT)
        trade(writer, number)
        if number == 2:
            say(writer, snapshot(folder))
            trade(writer, 3)
        writer.close()
    return folder


def whole(folder: Path) -> Folded:
    """Return what a pass over everything finds."""
    scan, fold = Scan(DiskFolder(folder)), JournalFold("USD")
    for record in scan:
        fold.take(record.at_ns, CODEC.decode(record.type, record.data))
    return Folded(fold, scan)


def test_a_start_goes_on_from_a_snapshot_that_the_journal_names(journal: Path) -> None:
    found, all_of_it = fold_journal(journal, "USD"), whole(journal)

    assert found.used is not None
    assert found.unused == ()
    assert found.fold.state() == all_of_it.fold.state()
    assert found.scan.position == all_of_it.scan.position


def test_the_places_of_records_on_both_sides_of_it_are_found(journal: Path) -> None:
    wanted = {2, 9, whole(journal).scan.head.seq}
    every = Scan(DiskFolder(journal), wanted)
    assert list(every)

    assert fold_journal(journal, "USD", wanted).scan.spots == every.spots


def _forge_state(file: Path) -> None:
    content = json.loads(file.read_bytes())
    content["state"]["number"] += 1
    file.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True), encoding="utf-8")


def _other_code(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(fold_version().encode(), b"0" * 64))


SPOILT: dict[str, Callable[[Path], object]] = {
    "forged": _forge_state,
    "cut": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "of another version": _other_code,
    "without a state": lambda file: file.write_bytes(
        file.read_bytes().replace(b'"approval"', b'"approvals"')
    ),
    "of an earlier place": lambda file: file.rename(file.with_name("snapshot-999999999999.json")),
}


@pytest.mark.parametrize("how", sorted(SPOILT))
def test_what_does_not_fit_is_left_out_with_a_reason_and_changes_nothing(
    how: str, journal: Path
) -> None:
    before = whole(journal).fold.state()
    [file] = snapshots_in(journal)
    SPOILT[how](file)

    found = fold_journal(journal, "USD")

    assert found.fold.state() == before
    is_good = how == "of an earlier place"  # its name says nothing
    assert (found.used is not None) == is_good
    assert len(found.unused) == (not is_good)


def test_one_that_no_record_names_is_not_trusted(journal: Path) -> None:
    snapshot(journal)

    found = fold_journal(journal, "USD")

    assert found.used == snapshots_in(journal)[1]
    [(file, why)] = found.unused
    assert (file, str(why)) == (snapshots_in(journal)[0], "no record of the journal names it")
    assert why.__traceback__ is None, "its frames would hold the whole snapshot in memory"


def test_one_of_other_books_is_left_out(journal: Path) -> None:
    assert fold_journal(journal, "USDC").used is None
    assert fold_journal(journal, "").used is not None


def test_a_byte_changed_before_it_is_named_as_ever(journal: Path) -> None:
    first = journal / "00000001.jsonl"
    first.write_bytes(first.read_bytes().replace(b'"f-1"', b'"f-9"', 1))

    with pytest.raises(JournalBroken, match=r"00000001.jsonl line \d+ \(record \d+\)"):
        fold_journal(journal, "USD")


def test_a_byte_changed_after_it_is_named_as_ever(journal: Path) -> None:
    last = journal / "00000002.jsonl"
    last.write_bytes(last.read_bytes().replace(b'"f-3"', b'"f-9"', 1))

    with pytest.raises(JournalBroken, match=r"00000002.jsonl line \d+ \(record \d+\)"):
        fold_journal(journal, "USD")


def test_a_forger_of_both_is_found_by_what_follows_the_change(journal: Path) -> None:
    """The segment is changed and the snapshot made to fit it: no record names that snapshot."""
    first = journal / "00000001.jsonl"
    first.write_bytes(first.read_bytes().replace(b'"f-1"', b'"f-9"', 1))
    [file] = snapshots_in(journal)
    content = json.loads(file.read_bytes())
    part = content["parts"][0]
    part[2] = hashlib.sha256(first.read_bytes()[: part[1]]).hexdigest()
    file.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True), encoding="utf-8")

    with pytest.raises(JournalBroken, match=r"00000001.jsonl line"):
        fold_journal(journal, "USD")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(["trade", "snapshot", "start"]), max_size=8))
def test_the_state_is_the_same_wherever_snapshots_were_taken(
    acts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("home") / "journal"
    writer, number = opened(folder, 1), 0
    say(writer, STATEMENT)
    for act in acts:
        if act == "start":
            writer.close()
            writer = opened(folder, 2)
        elif act == "trade":
            number += 1
            trade(writer, number)
        else:
            say(writer, snapshot(folder))
    writer.close()

    found, all_of_it = fold_journal(folder, "USD"), whole(folder)

    assert (found.used is not None) == ("snapshot" in acts)
    assert found.fold.state() == all_of_it.fold.state()
    assert found.scan.position == all_of_it.scan.position
    assert checked(folder, found.scan.position) is not None
