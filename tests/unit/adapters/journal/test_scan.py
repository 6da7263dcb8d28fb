"""Damage of every kind is found, and named at the record where it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.journal.chain import Record
from adapters.journal.errors import JournalBroken
from adapters.journal.scan import segment_name
from adapters.journal.segments import open_journal, read_records
from domain.model.errors import JournalError
from tests.builders.journal import AT_NS, RUN, fill, folder_of, seqs, small_journal, start, text_of
from tests.fakes.memory_journal import MemoryFolder

FIRST, SECOND = segment_name(1), segment_name(2)


def broken(text: dict[str, bytes]) -> JournalBroken:
    with pytest.raises(JournalBroken) as caught:
        seqs(folder_of(text))
    return caught.value


def place(text: dict[str, bytes]) -> Iterator[tuple[str, int, int, int]]:
    """Yield every byte as (segment, offset, line, seq); a line end belongs to its line."""
    seq = 0
    for name, data in text.items():
        offset = 0
        for line, row in enumerate(data.splitlines(keepends=True), start=1):
            seq += 1
            for _ in row:
                yield name, offset, line, seq
                offset += 1


def test_a_whole_journal_is_read_in_order() -> None:
    folder = small_journal()
    scan = read_records(folder)
    records = list(scan)
    assert [record.seq for record in records] == list(range(1, 8))
    assert [record.type for record in records] == [
        *("JournalCreated", "RunStarted", "FillBooked", "FillBooked"),
        *("RunStarted", "FillBooked", "FillBooked"),
    ]
    assert records[1].prev == records[0].hash
    assert scan.head.hash == records[-1].hash
    assert scan.torn is None


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("mask", [0x01, 0x04, 0x10, 0x20, 0x80, 0xFF])
def test_every_flipped_byte_is_named_at_its_record(mask: int) -> None:
    text = text_of(small_journal())
    for name, offset, line, seq in place(text):
        data = bytearray(text[name])
        data[offset] ^= mask
        error = broken({**text, name: bytes(data)})
        assert (error.segment, error.line, error.seq) == (name, line, seq)


@pytest.mark.req("AUD1")
def test_every_byte_turned_into_a_line_end_is_named_at_its_record() -> None:
    text = text_of(small_journal())
    for name, offset, line, seq in place(text):
        data = bytearray(text[name])
        if data[offset : offset + 1] == b"\n":
            continue
        data[offset : offset + 1] = b"\n"
        error = broken({**text, name: bytes(data)})
        assert (error.segment, error.line, error.seq) == (name, line, seq)


@pytest.mark.req("AUD1")
def test_every_changed_digit_is_named_and_the_next_start_refuses() -> None:
    text = text_of(small_journal())
    for name, offset, line, seq in place(text):
        digit = text[name][offset : offset + 1]
        if not digit.isdigit():
            continue
        changed = str((int(digit) + 1) % 10).encode()
        data = text[name][:offset] + changed + text[name][offset + 1 :]
        folder = folder_of({**text, name: data})
        with pytest.raises(JournalBroken, match=rf"{name} line {line} \(record {seq}\): expected"):
            open_journal(folder, RUN, at_ns=AT_NS)
        assert text_of(folder) == {**text, name: data}


def rows(text: dict[str, bytes], name: str) -> list[bytes]:
    return text[name].splitlines(keepends=True)


@pytest.mark.req("AUD1")
@pytest.mark.parametrize(
    ("name", "gone"), [(FIRST, 0), (FIRST, 1), (FIRST, 2), (SECOND, 0), (SECOND, 1)]
)
def test_a_dropped_line_before_the_end_is_named(name: str, gone: int) -> None:
    text = text_of(small_journal())
    lines = rows(text, name)
    error = broken({**text, name: b"".join(lines[:gone] + lines[gone + 1 :])})
    assert (error.segment, error.line) == (name, gone + 1)
    assert f"found record {error.seq + 1}" in str(error)


def test_a_dropped_last_line_of_an_earlier_segment_is_named_at_the_next() -> None:
    text = text_of(small_journal())
    error = broken({**text, FIRST: b"".join(rows(text, FIRST)[:-1])})
    assert (error.segment, error.line, error.seq) == (SECOND, 1, 4)


@pytest.mark.parametrize("name", [FIRST, SECOND])
@pytest.mark.parametrize("twice", range(3))
def test_a_duplicated_line_is_named(name: str, twice: int) -> None:
    text = text_of(small_journal())
    lines = rows(text, name)
    error = broken({**text, name: b"".join([*lines[: twice + 1], *lines[twice:]])})
    assert (error.segment, error.line) == (name, twice + 2)


@pytest.mark.parametrize("name", [FIRST, SECOND])
@pytest.mark.parametrize("at", range(2))
def test_swapped_lines_are_named(name: str, at: int) -> None:
    text = text_of(small_journal())
    lines = rows(text, name)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    error = broken({**text, name: b"".join(lines)})
    assert (error.segment, error.line) == (name, at + 1)


def test_a_missing_first_segment_is_named() -> None:
    text = text_of(small_journal())
    error = broken({SECOND: text[SECOND]})
    assert error.segment == SECOND
    assert f"expected the segment {FIRST}" in str(error)


def test_a_foreign_file_among_the_segments_is_named() -> None:
    text = text_of(small_journal())
    assert broken({**text, "copy.jsonl": b""}).segment == "copy.jsonl"


def test_swapped_segments_are_named() -> None:
    text = text_of(small_journal())
    error = broken({FIRST: text[SECOND], SECOND: text[FIRST]})
    assert (error.segment, error.line, error.seq) == (FIRST, 1, 1)


def test_an_unfinished_line_before_the_last_segment_is_no_torn_tail() -> None:
    text = text_of(small_journal())
    error = broken({**text, FIRST: text[FIRST][:-20]})
    assert (error.segment, error.line, error.seq) == (FIRST, 4, 4)


def test_a_segment_without_the_start_of_its_run_is_named() -> None:
    text = text_of(small_journal())
    lines = rows(text, FIRST)
    error = broken({FIRST: b"".join(lines[:-1]), SECOND: lines[-1]})
    assert (error.segment, error.line) == (SECOND, 1)
    assert "expected RunStarted as first record, found FillBooked" in str(error)


def test_a_second_writer_at_work_breaks_the_chain_where_it_began() -> None:
    folder = MemoryFolder()
    first = start(folder)
    fill(first, 1)
    second = start(folder, 2)
    fill(second, 2)
    fill(first, 3)
    error = broken(text_of(folder))
    assert (error.segment, error.line) == (SECOND, 1)


@pytest.mark.req("AUD1")
def test_every_prefix_of_the_last_segment_recovers_exactly_its_complete_records() -> None:
    text = text_of(small_journal())
    for size in range(len(text[SECOND]) + 1):
        kept = text[SECOND][:size]
        complete = 4 + kept.count(b"\n")
        folder = folder_of({**text, SECOND: kept})
        visited: list[Record] = []
        journal, recovered = open_journal(folder, RUN, at_ns=AT_NS, visit=visited.append)
        assert [record.seq for record in visited] == list(range(1, complete + 1))
        assert recovered.records == complete
        tail = len(kept) - (kept.rfind(b"\n") + 1)
        assert (recovered.cut.size if recovered.cut else 0) == tail
        assert journal.head.seq == complete + 1 + (tail > 0)
        after = list(read_records(folder))
        assert [record.seq for record in after] == list(range(1, journal.head.seq + 1))
        if tail:
            assert after[-1].type == "TailCut"
            assert after[-1].data == {"size": tail}


def test_every_prefix_of_the_very_first_segment_recovers() -> None:
    text = text_of(small_journal())[FIRST]
    for size in range(len(text) + 1):
        folder = folder_of({FIRST: text[:size]})
        journal, recovered = open_journal(folder, RUN, at_ns=AT_NS)
        assert recovered.records == text[:size].count(b"\n")
        assert (recovered.lineage == "0123456789abcdef" * 2) == (recovered.records > 0)
        assert seqs(folder) == list(range(1, journal.head.seq + 1))


def test_reading_reports_a_torn_tail_and_leaves_it() -> None:
    text = text_of(small_journal())
    folder = folder_of({**text, SECOND: text[SECOND] + b'{"actor":"aud'})
    scan = read_records(folder)
    assert len(list(scan)) == 7
    assert scan.torn is not None
    assert (scan.torn.segment, scan.torn.line, scan.torn.size) == (SECOND, 4, 13)
    assert text_of(folder)[SECOND].endswith(b'{"actor":"aud')


def test_broken_is_a_journal_error_that_says_what_to_do() -> None:
    text = text_of(small_journal())
    error = broken({**text, FIRST: text[FIRST].replace(b"43000", b"53000", 1)})
    assert isinstance(error, JournalError)
    assert "Keep the folder as evidence" in str(error)
