"""A halt that no journal could take is found by the next start, also without room for a byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.control.halt_note import NOTE, HaltNote

pytestmark = pytest.mark.req("AUD1")


def test_what_lies_ready_is_no_halt_and_what_was_left_is(tmp_path: Path) -> None:
    note = HaltNote(tmp_path)
    note.prepare("auditor", "no room")
    assert HaltNote(tmp_path).read() is None

    note.leave()

    assert HaltNote(tmp_path).read() == ("auditor", "no room")
    HaltNote(tmp_path).remove()
    assert HaltNote(tmp_path).read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": null}'])
def test_a_note_that_can_not_be_read_is_a_halt_all_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text(text)

    assert HaltNote(tmp_path).read() == ("auditor", "the journal could not be written")


def test_leaving_what_was_never_laid_ready_is_no_error(tmp_path: Path) -> None:
    HaltNote(tmp_path).leave()

    assert HaltNote(tmp_path).read() is None
