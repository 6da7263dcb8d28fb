"""Whoever changes a journal is found out: by `audit verify`, and by the next start.

Real runs wrote it. A forger who only deletes or cuts is found by the chain or by the known head;
one who computes every hash anew by the fills, or by whoever else has seen a head: the file beside
the locks, the sentinel, the daily sign of life on this machine, and the one that left it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from adapters.control.anchor import AnchorFile, JournalAnchor
from adapters.control.files import read_json, write_json
from adapters.journal.chain import GENESIS, Head, Record, body, seal
from adapters.journal.segments import read_records
from domain.system.courier_alerts import SIGN_OF_LIFE
from domain.system.journal_head import head_in_words
from tests.builders.runs import EAGER, call, segments, trader, verified, words

pytestmark = [pytest.mark.xdist_group("tampering"), pytest.mark.req("AUD1", "BOOT1")]

STARTS = 3
WHOLE = "00000001.jsonl", "00000002.jsonl", "00000003.jsonl"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which a trader ran three times and bought something."""
    home = tmp_path_factory.mktemp("written")
    for number in range(STARTS):
        with trader(home, *EAGER, "--speed", "10") as running:
            assert running.enters()
            if number == 0:
                running.wait_until(lambda: fills(home))
            running.settle()
            assert running.interrupt()[0] == 0
    assert verified(home)["ok"] is True
    assert tuple(each.name for each in segments(home)) == WHOLE
    return home


@frozen
class Copy:
    """A copy of that home in a place of its own, known as the original was."""

    home: Path

    @property
    def mode(self) -> Path:
        return self.home / "data" / "paper"

    @property
    def journal(self) -> Path:
        return self.mode / "journal"

    @property
    def anchor(self) -> AnchorFile:
        return AnchorFile(self.mode)

    def told(self) -> str:
        """Return what `audit verify` says of it, which must be no."""
        done = call(self.home, "audit", "verify", "--env", "paper")
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stdout

    def starts(self) -> tuple[int, str]:
        """Return exit code of the next start, and what it says."""
        done = call(self.home, "--env", "paper", "--no-dashboard", "--cycles", "1", *EAGER)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path / "home")
    shutil.copytree(written, made.home)
    known = AnchorFile(written / "data" / "paper").read()
    assert known is not None
    made.anchor.write(known)
    yield made
    made.anchor.move_to(tmp_path / "gone")


def fills(home: Path) -> list[Record]:
    folder = home / "data" / "paper" / "journal"
    return [each for each in read_records(folder) if each.type == "FillBooked"]


Wanted = Callable[[Record], bool]
Changed = Callable[[Record], dict[str, Any]]


def as_it_was(record: Record) -> dict[str, Any]:
    return record.data


def forge(
    journal: Path, *, kept: Wanted, changed: Changed = as_it_was, lineage: str | None = None
) -> Head:
    """Write all segments anew without some records; every number and hash of the chain fits."""
    scan = read_records(journal)
    lines: dict[str, list[bytes]] = {name: [] for name in scan.names}
    head = GENESIS
    for record in scan:
        if not kept(record):
            continue
        data = changed(record)
        if lineage is not None and record.type == "JournalCreated":
            data = {"lineage": lineage}
        names = ("wall", "actor", "epoch", "envelope", "correlation", "causation", "config")
        context = {name: getattr(record, name) for name in names}
        line, digest = seal(body(head, record.type, data, at=record.at, **context))
        head = Head(head.seq + 1, digest)
        lines[scan.segment].append(line)
    for name, each in lines.items():
        (journal / name).write_bytes(b"".join(each))
    return head


def without_a_fill(copy: Copy) -> Head:
    """Drop the first fill and compute the whole chain anew."""
    first = fills(copy.home)[0]
    return forge(copy.journal, kept=lambda record: record.seq != first.seq)


def halted(copy: Copy, *expected: str) -> None:
    """The next start is halted for the journal, in these words, and ends with 3."""
    code, said = copy.starts()
    assert code == 3, said
    assert "by=" in said
    assert "journal_shortened" in said
    for each in expected:
        assert each in said


def known(copy: Copy) -> JournalAnchor:
    found = copy.anchor.read()
    assert found is not None
    return found


def forge_head(copy: Copy, head: Head, *, sentinel: bool = False) -> None:
    """Make the file beside the locks know the forged end, and the sentinel's too if asked."""
    copy.anchor.write(evolve(known(copy), seq=head.seq, hash=head.hash))
    if sentinel:
        file = copy.mode / "sentinel.json"
        told = read_json(file)
        assert told is not None
        seen = {**told["head"], "seq": head.seq, "hash": head.hash}
        write_json(file, {**told, "head": seen})


def test_a_dropped_fill_is_found_though_the_whole_chain_was_computed_anew(copy: Copy) -> None:
    before = known(copy)
    without_a_fill(copy)

    told = copy.told()
    assert "chain    whole" in told
    assert "DISAGREES" in told
    assert "its fills add up to" in told
    assert f"record {before.seq}" in told or f"it had {before.seq}" in told
    halted(copy, WHOLE[-1])


def test_the_sentinel_has_seen_another_end_than_a_forger_leaves(copy: Copy) -> None:
    forge_head(copy, without_a_fill(copy))

    assert "(the sentinel saw it)" in copy.told()
    halted(copy, "the sentinel saw it")


def test_the_sign_of_life_has_told_another_end_than_a_forger_leaves(copy: Copy) -> None:
    """The one in the log folder for the programs, the one that left the machine for a person."""
    before = known(copy)
    told = head_in_words(before.lineage, before.seq, before.hash)
    alert = {"wall": "2099-01-01T00:00:00Z", "mode": "paper", "code": SIGN_OF_LIFE, "what": told}
    with (copy.home / "logs" / "alerts.jsonl").open("a", encoding="utf-8") as alerts:
        alerts.write(json.dumps(alert) + "\n")
    forge_head(copy, without_a_fill(copy), sentinel=True)

    assert "(the daily sign of life saw it)" in copy.told()
    halted(copy, "the daily sign of life saw it")


def test_a_rewriting_that_agrees_with_itself_is_found_by_a_head_that_was_kept(copy: Copy) -> None:
    """Without a mark of the equity nothing contradicts the rest; only who knows the end does."""
    before = known(copy)
    marks = [each.seq for each in read_records(copy.journal) if each.type == "EquityMarked"]
    forge_head(copy, forge(copy.journal, kept=lambda each: each.seq != marks[-1]), sentinel=True)
    assert call(copy.home, "audit", "verify", "--env", "paper").returncode == 0

    for digits in (16, 64):
        head = f"{before.seq}:{before.hash[:digits]}"
        done = call(copy.home, "audit", "verify", "--env", "paper", "--head", head)
        assert done.returncode == 1, done.stdout
        assert f"it had {before.seq}" in done.stdout
        assert "(whoever gave --head saw it)" in done.stdout


def test_a_head_that_was_kept_is_in_a_journal_that_went_on(copy: Copy) -> None:
    [*_, mark, _] = read_records(copy.journal)
    ok = call(copy.home, "audit", "verify", "--head", f"{mark.seq}:{mark.hash}", "--env", "paper")
    assert ok.returncode == 0, ok.stdout
    other = f"{mark.seq}:{'0' * 64}"
    no = call(copy.home, "audit", "verify", "--head", other, "--env", "paper")
    assert no.returncode == 1
    assert f"record {mark.seq} ({WHOLE[-1]} line " in no.stdout
    bad = call(copy.home, "audit", "verify", "--head", "812", "--env", "paper")
    assert bad.returncode == 2
    assert "expected RECORD:HASH" in bad.stderr


def test_a_deleted_last_segment_is_missed(copy: Copy) -> None:
    before = known(copy)
    segments(copy.home)[-1].unlink()

    assert f"({WHOLE[-2]}), it had {before.seq}" in copy.told()
    halted(copy, f"it had {before.seq}")


def test_a_deleted_middle_segment_breaks_the_chain_and_refuses_the_start(copy: Copy) -> None:
    (copy.journal / WHOLE[1]).unlink()

    assert f"expected the segment {WHOLE[1]}, found {WHOLE[2]}" in copy.told()
    code, said = copy.starts()
    assert code == 4, said
    assert f"expected the segment {WHOLE[1]}" in said


def test_a_middle_segment_whose_followers_were_renamed_is_named_at_its_first_record(
    copy: Copy,
) -> None:
    (copy.journal / WHOLE[2]).rename(copy.journal / WHOLE[1])

    assert f"{WHOLE[1]} line 1 (record " in copy.told()
    assert copy.starts()[0] == 4


@pytest.mark.parametrize("left", [0, -1])
def test_a_last_segment_cut_at_a_record_is_missed(left: int, copy: Copy) -> None:
    before = known(copy)
    last = segments(copy.home)[-1]
    lines = last.read_bytes().splitlines(keepends=True)
    last.write_bytes(b"".join(lines[:left]))

    assert f"it had {before.seq}" in copy.told()
    halted(copy, f"it had {before.seq}")


def test_a_journal_written_anew_under_another_name_is_not_the_one_of_this_folder(
    copy: Copy,
) -> None:
    forge(copy.journal, kept=lambda _: True, lineage="f" * 32)

    assert "is another one (lineage ffff" in copy.told()
    halted(copy, "is another one")


def test_what_was_told_of_a_forgery_is_over_once_a_person_resumes(copy: Copy) -> None:
    segments(copy.home)[-1].unlink()
    halted(copy)

    assert call(copy.home, "resume", "--env", "paper", "--reason", "seen").returncode == 0
    code, said = copy.starts()

    assert code == 0, said
    assert "journal_shortened" not in words(said).get("by", "")


def test_who_forges_every_witness_too_is_contradicted_by_the_venue(copy: Copy) -> None:
    """Nothing here knows of the fill any more; the next start compares the books with the venue."""
    bought = {each.data["client_order_id"] for each in fills(copy.home)}
    raised = (each.data["intent"] for each in read_records(copy.journal) if "intent" in each.data)
    sales = {each["client_order_id"] for each in raised if each["order"].get("lot") in bought}
    rests = ("StatementTaken", "LotsListed", "EquityMarked")
    (first, *_) = (each for each in read_records(copy.journal) if each.type == "StatementTaken")

    def is_kept(record: Record) -> bool:
        is_about = any(name in json.dumps(record.data) for name in bought | sales)
        return record.seq == first.seq or not (is_about or record.type in rests)

    forge_head(copy, forge(copy.journal, kept=is_kept), sentinel=True)
    assert call(copy.home, "audit", "verify", "--env", "paper").returncode == 0

    code, said = copy.starts()

    assert code == 0, said
    assert "BREAKER:reconcile: BLOCK (global)" in said
    assert "USD: the venue has " in said
