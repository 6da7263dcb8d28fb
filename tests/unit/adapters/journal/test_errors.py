"""A broken journal is named by segment, line and record, with what to do."""

from __future__ import annotations

from adapters.journal.errors import JournalBroken
from domain.model.errors import JournalError


def test_the_text_says_where_what_was_expected_what_was_found_and_what_to_do() -> None:
    error = JournalBroken("00000002.jsonl", 3, 41, "the hash abc", "def")

    assert isinstance(error, JournalError)
    assert (error.segment, error.line, error.seq) == ("00000002.jsonl", 3, 41)
    assert str(error) == (
        "00000002.jsonl line 3 (record 41): expected the hash abc, found def. "
        "Keep the folder as evidence; restore a backup or start with another --data-dir"
    )
