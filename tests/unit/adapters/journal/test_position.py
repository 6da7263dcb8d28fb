"""A place in a journal: the bytes before it are known, and a pass that goes on from it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.journal.errors import JournalBroken
from adapters.journal.files import DiskFolder
from adapters.journal.position import BEGINNING, Position, checked, spots_before
from adapters.journal.scan import Scan
from tests.builders.journal import fill, small_journal, start, text_of

pytestmark = pytest.mark.req("AUD1", "BOOT1")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a journal of two starts on disk: four records, then three."""
    folder = tmp_path_factory.mktemp("journal")
    for name, data in text_of(small_journal()).items():
        (folder / name).write_bytes(data)
    return folder


def at(folder: Path, count: int) -> Position:
    """Return the position after so many records."""
    scan = Scan(DiskFolder(folder))
    for _ in zip(range(count), scan, strict=False):
        continue
    if count == 0:
        return BEGINNING
    place = scan.position
    # zip has asked for no record beyond the last
    assert place.head.seq == count
    return place


@given(count=st.integers(0, 7))
def test_a_pass_that_goes_on_sees_the_rest_and_ends_at_the_same_place(
    count: int, journal: Path
) -> None:
    whole = Scan(DiskFolder(journal))
    records = list(whole)
    place = checked(journal, at(journal, count))
    assert place is not None

    rest = Scan(DiskFolder(journal), after=place)

    assert list(rest) == records[count:]
    assert (rest.position, rest.end) == (whole.position, whole.end)
    assert (rest.lineage, rest.bytes_read) == (whole.lineage, whole.bytes_read)


@given(data=st.data())
def test_any_other_byte_before_it_is_found(data: st.DataObject, journal: Path) -> None:
    place = at(journal, data.draw(st.integers(1, 7)))
    part = data.draw(st.sampled_from(place.parts))
    file = journal / part.segment
    whole = file.read_bytes()
    spot = data.draw(st.integers(0, part.size - 1))
    try:
        file.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
        assert checked(journal, place) is None
    finally:
        file.write_bytes(whole)
    assert checked(journal, place) == place


def test_a_segment_before_it_that_grew_or_shrank_is_found(tmp_path: Path) -> None:
    for number in (1, 2):
        start(tmp_path, number).close()
    place = at(tmp_path, 3)
    first = tmp_path / place.parts[0].segment
    whole = first.read_bytes()

    for other in (whole + b"x", whole[:-1]):
        first.write_bytes(other)
        assert checked(tmp_path, place) is None
    first.unlink()
    with pytest.raises(FileNotFoundError):
        checked(tmp_path, place)


def test_what_follows_it_is_checked_as_ever(journal: Path, tmp_path: Path) -> None:
    for each in journal.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    place = at(tmp_path, 5)
    last = tmp_path / "00000002.jsonl"
    last.write_bytes(last.read_bytes().replace(b"f-21", b"f-22"))

    with pytest.raises(JournalBroken, match=r"00000002.jsonl line 3 \(record 7\)"):
        list(Scan(DiskFolder(tmp_path), after=place))
    other = evolve(place, head=evolve(place.head, hash="0" * 64))
    with pytest.raises(JournalBroken, match="expected prev"):
        list(Scan(DiskFolder(tmp_path), after=other))


def test_records_before_it_are_found_by_number(journal: Path) -> None:
    wanted = frozenset({0, 1, 4, 6, 7, 99})
    whole = Scan(DiskFolder(journal), wanted)
    assert len(list(whole)) == 7

    found = {
        seq: (digest, segment, line)
        for seq, digest, segment, line in spots_before(journal, at(journal, 6), wanted)
    }

    known = {seq: (spot.hash, spot.segment, spot.line) for seq, spot in whole.spots.items()}
    assert found == {seq: known[seq] for seq in (1, 4, 6)}


def test_a_pass_goes_on_while_the_journal_is_written(tmp_path: Path) -> None:
    journal = start(tmp_path)
    place, seen = BEGINNING, []
    for number in range(3):
        fill(journal, number)
        scan = Scan(DiskFolder(tmp_path), after=place)
        seen += [record.seq for record in scan]
        place = scan.position
    journal.close()

    assert seen == [1, 2, 3, 4, 5]
