"""Old details lose their data and keep their place; the journal is whole all the while."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

from adapters.journal import emptying
from adapters.journal.archive import unpack_backup, write_backup
from adapters.journal.chain import LineBroken, check_line, emptied
from adapters.journal.emptying import STAGED, empty_details, old_details
from adapters.journal.errors import JournalBroken
from adapters.journal.segments import read_records
from adapters.journal.snapshots import snapshots_in
from app.run.folding import fold_journal
from app.run.recovery import JOURNAL
from config.loading import load
from domain.messages.decisions import RoundJudged
from domain.messages.journal import DetailsRemoved, RunStopped
from domain.model.errors import JournalError
from domain.model.instants import DAY, MINUTE
from domain.system.details import DETAILS
from tests.builders.journal import fill, start
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import write_day
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RET1")

OLD, YOUNG = NOW - 100 * DAY, NOW - DAY
LIMIT = NOW - 90 * DAY
CYCLES = 5


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Three runs: two old ones, one of yesterday."""
    config = load(CONFIG)
    for begun_ns in (OLD, OLD + DAY, YOUNG):
        write_day(tmp_path, config, begun_ns, cycles=CYCLES, length_ns=CYCLES * MINUTE)
    return tmp_path / JOURNAL


def went(journal: Path, before_ns: int = LIMIT) -> int:
    return sum(each.records for each in empty_details(journal, before_ns, lambda: NOW))


def state(journal: Path) -> object:
    return fold_journal(journal, "USD").fold.result()


def kinds(journal: Path) -> list[str]:
    return [record.type for record in read_records(journal)]


def hashes(journal: Path) -> list[str]:
    lines = b"".join(each.read_bytes() for each in sorted(journal.glob("*.jsonl")))
    return [line[-66:-2].decode() for line in lines.splitlines()]


def test_details_go_and_every_record_keeps_number_place_and_hash(journal: Path) -> None:
    before, size = hashes(journal), sum(each.stat().st_size for each in journal.iterdir())
    head = list(read_records(journal))[-1]
    said = sum(each.size for each in old_details(journal, LIMIT))

    assert went(journal) == 2 * CYCLES

    assert hashes(journal)[: len(before)] == before
    assert kinds(journal).count("RoundJudged") == CYCLES, "those of yesterday"
    scan = read_records(journal)
    list(scan)
    assert sum(scan.emptied.values()) == 2 * CYCLES
    assert scan.head.seq == head.seq + 3, "a segment, and a word for each of two"
    old = sum((journal / f"0000000{number}.jsonl").stat().st_size for number in (1, 2, 3))
    assert said == size - old > 0
    assert b"no_trade" not in (journal / "00000001.jsonl").read_bytes()


def test_what_is_made_of_a_journal_is_the_same_as_before(journal: Path) -> None:
    before = state(journal)

    went(journal)

    assert state(journal) == before
    assert snapshots_in(journal) == []


def test_what_is_gone_already_is_not_looked_for_again(journal: Path) -> None:
    went(journal)
    names = sorted(each.name for each in journal.iterdir())

    assert went(journal) == 0

    assert sorted(each.name for each in journal.iterdir()) == names
    assert went(journal, NOW) == CYCLES, "a day later those of the third go too"
    assert kinds(journal).count("RoundJudged") == 0


def test_neither_the_newest_segment_nor_the_last_record_of_any_is_touched(tmp_path: Path) -> None:
    config = load(CONFIG)
    write_day(tmp_path, config, OLD, cycles=CYCLES)
    assert went(tmp_path / JOURNAL, NOW) == 0
    first = tmp_path / JOURNAL / "00000001.jsonl"
    lines = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join(lines[:-1]))  # killed after a cycle
    write_day(tmp_path, config, YOUNG, cycles=CYCLES)

    assert went(tmp_path / JOURNAL, NOW) == CYCLES - 1


def empty_by_hand(journal: Path, row: int) -> None:
    """Empty one record of the first segment, and let nothing vouch for it."""
    first = journal / "00000001.jsonl"
    lines = first.read_bytes().splitlines(keepends=True)
    lines[row] = emptied(lines[row])
    first.write_bytes(b"".join(lines))


def test_money_is_never_emptied_not_even_with_a_record_that_vouches_for_it(journal: Path) -> None:
    assert not DETAILS & {"FillBooked", "OrderAdvanced", "EquityMarked", "BreakerTripped"}
    empty_by_hand(journal, 2)

    with pytest.raises(JournalBroken, match="expected a record with its data, found an emptied"):
        kinds(journal)


@pytest.mark.req("AUD1")
def test_an_emptied_record_that_no_other_vouches_for_is_no_whole_journal(journal: Path) -> None:
    empty_by_hand(journal, 3)

    with pytest.raises(JournalBroken, match="a DetailsRemoved that names its bytes"):
        kinds(journal)


@pytest.mark.req("AUD1")
def test_whatever_is_changed_in_an_emptied_segment_is_found(journal: Path) -> None:
    went(journal)
    first = journal / "00000001.jsonl"
    whole = first.read_bytes()
    prev = re.compile(rb'"prev":"[0-9a-f]{64}"')
    lines = whole.splitlines(keepends=True)
    forged = (
        whole.replace(b'"type":"RoundJudged"', b'"type":"TimesMeasured"', 1),
        whole.replace(b'"emptied":true', b'"emptied":false', 1),
        b"".join(lines[:-2] + lines[-1:]),
        b"".join((*lines[:4], prev.sub(b'"prev":"' + b"0" * 64 + b'"', lines[4]), *lines[5:])),
        whole + lines[-1],
    )

    for text in forged:
        assert text != whole
        first.write_bytes(text)
        with pytest.raises(JournalBroken):
            kinds(journal)
    first.write_bytes(whole)
    assert kinds(journal)


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("step", ["sync_folder", "_vouch", "snapshots_in"])
def test_cut_off_at_any_step_it_is_whole_and_done_by_the_next_start(
    step: str, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(journal)

    def cut_off(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(emptying, step, cut_off)
        with pytest.raises(OSError, match="No space"):
            went(journal)

    assert state(journal) == before
    assert not list(journal.glob(f"*{STAGED}"))
    went(journal)
    assert state(journal) == before
    assert kinds(journal).count("RoundJudged") == CYCLES


def test_a_power_cut_between_the_word_and_the_change_leaves_all_data(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda *_: os.abort)
        went(journal)  # the word is written, and nothing has taken a segment's place

    assert kinds(journal).count("RoundJudged") == 3 * CYCLES
    assert went(journal) == 2 * CYCLES


def test_of_a_journal_that_is_not_whole_nothing_goes(journal: Path) -> None:
    third = journal / "00000003.jsonl"
    third.write_bytes(third.read_bytes().replace(b'"cycle":2', b'"cycle":3', 1))
    first = (journal / "00000001.jsonl").read_bytes()

    with pytest.raises(JournalError):
        went(journal)

    assert (journal / "00000001.jsonl").read_bytes() == first
    assert len(list(journal.iterdir())) == 3


def test_a_run_in_virtual_time_is_as_old_as_its_file(tmp_path: Path) -> None:
    for number in (1, 2):
        with_details = start(tmp_path, number)
        with_details.append("RoundJudged", {"cycle": 1}, at_ns=NOW)
        fill(with_details, number)
        with_details.close()
    assert went(tmp_path) == 0
    os.utime(tmp_path / "00000001.jsonl", ns=(OLD, OLD))

    assert went(tmp_path) == 1
    assert went(tmp_path) == 0


@pytest.mark.req("AUD1")
def test_a_backup_of_it_is_whole_and_so_is_what_is_restored(journal: Path, tmp_path: Path) -> None:
    went(journal)
    file = tmp_path / "backup.tar.zst"

    facts = write_backup(journal, file, "paper", "2026-01-01T00:00:00Z")
    unpack_backup(file, tmp_path / "restored" / JOURNAL)

    restored = tmp_path / "restored" / JOURNAL
    assert kinds(restored) == kinds(journal)
    assert facts.records == len(hashes(journal))
    assert state(restored) == state(journal)


def test_the_word_names_the_bytes_that_are_there(journal: Path) -> None:
    went(journal)

    told = [r.data for r in read_records(journal) if r.type == DetailsRemoved.__name__]

    assert [(each["segment"], each["records"]) for each in told] == [
        ("00000001.jsonl", CYCLES),
        ("00000002.jsonl", CYCLES),
    ]
    for each in told:
        data = (journal / each["segment"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == each["digest"]


def test_an_emptied_line_is_no_record_that_was_sealed(journal: Path) -> None:
    line = (journal / "00000001.jsonl").read_bytes().splitlines(keepends=True)[3]

    found = check_line(emptied(line)[:-1], *_place(line))

    assert (found.is_emptied, found.data, found.type) == (True, {}, RoundJudged.__name__)
    with pytest.raises(LineBroken):
        check_line(
            emptied(line).replace(b'"emptied"', b'"data":{"a":1},"emptied"')[:-1], *_place(line)
        )
    assert RunStopped.__name__ not in DETAILS


def _place(line: bytes) -> tuple[str, int]:
    prev = re.search(rb'"prev":"([0-9a-f]{64})","seq":([0-9]+)', line)
    assert prev is not None
    return prev[1].decode(), int(prev[2])
