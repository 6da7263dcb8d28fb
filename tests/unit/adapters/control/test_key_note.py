"""When a key was made is known of the key it was said of, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.control.key_note import FILE, KeyNote
from domain.model.instants import parse_iso

pytestmark = pytest.mark.req("SEC2")

MADE = parse_iso("2026-09-01T12:00:00Z")


def test_what_was_noted_is_known_of_that_key_only(tmp_path: Path) -> None:
    note = KeyNote(tmp_path / "data")
    assert note.created_ns("k1") is None

    note.write("k1", MADE)
    assert (note.created_ns("k1"), note.created_ns("k2")) == (MADE, None)

    note.write("k2", MADE)
    assert note.created_ns("k1") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"key": "k1"}',
        '{"key": "k1", "created": 7}',
        '{"key": "k1", "created": "x"}',
    ],
)
def test_a_note_that_can_not_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)

    assert KeyNote(tmp_path).created_ns("k1") is None
