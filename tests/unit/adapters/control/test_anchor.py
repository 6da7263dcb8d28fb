"""What was written once is known, wherever the journal that held it was shortened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.control.anchor import (
    FORGOTTEN_AFTER_S,
    AnchorFile,
    JournalAnchor,
    JournalEnd,
    SeenHead,
    differing,
    lost,
)

pytestmark = pytest.mark.req("AUD1")

ANCHOR = JournalAnchor("a" * 32, 100, "hash-100", "world-1", 7)


def an_end(lineage: str | None, seq: int, hash_there: str | None) -> JournalEnd:
    there = {} if hash_there is None else {ANCHOR.seq: (hash_there, " (00000003.jsonl line 5)")}
    return JournalEnd(lineage, seq, "00000002.jsonl" if seq else "", there)


@pytest.mark.parametrize(
    ("lineage", "world", "seq", "hash_there", "told"),
    [
        (ANCHOR.lineage, "world-1", 100, "hash-100", None),
        (ANCHOR.lineage, "world-1", 250, "hash-100", None),
        (ANCHOR.lineage, "world-1", 99, None, "ends at record 99 (00000002.jsonl), it had 100"),
        (
            *(ANCHOR.lineage, "world-1", 250, "another"),
            "record 100 (00000003.jsonl line 5) of the journal is not the one",
        ),
        (None, "world-1", 0, None, "the journal of this folder is gone; it had 100 records"),
        (None, "", 0, None, "the journal of this folder is gone; it had 100 records"),
        (None, "world-2", 0, None, None),
        ("b" * 32, "world-1", 3, None, f"another one (lineage {'b' * 32})"),
    ],
)
def test_less_than_was_known_is_told(
    lineage: str | None, world: str, seq: int, hash_there: str | None, told: str | None
) -> None:
    end = an_end(lineage, seq, hash_there)
    found = lost(ANCHOR, world, end)

    assert (found is None) if told is None else (found is not None and told in found)
    assert lost(None, world, end) is None


def test_a_journal_that_was_restored_is_not_measured_by_the_one_before() -> None:
    end = JournalEnd("b" * 32, 3, "00000002.jsonl", former=(ANCHOR.lineage,))

    assert lost(ANCHOR, "world-1", end) is None


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (SeenHead("the sentinel", 1, ANCHOR.lineage, 100, "hash-100"), None),
        (SeenHead("the sentinel", 1, ANCHOR.lineage[:8], 100, "hash"), None),
        (SeenHead("whoever gave --head", 0, "", 100, "hash-100"), None),
        (SeenHead("the sentinel", 1, "b" * 8, 100, "another"), None),
        (SeenHead("the sentinel", 1, ANCHOR.lineage, 251, "x"), "it had 251"),
        (SeenHead("the sentinel", 1, ANCHOR.lineage, 100, "x"), "(the sentinel saw it)"),
    ],
)
def test_a_head_that_somebody_saw_is_looked_for_in_the_journal_it_was_of(
    seen: SeenHead, told: str | None
) -> None:
    found = differing([seen], an_end(ANCHOR.lineage, 250, "hash-100"))

    assert found == () if told is None else told in found[0]
    assert differing([seen], an_end(None, 0, None)) == ()


def test_what_was_written_is_read_and_belongs_to_its_folder(tmp_path: Path) -> None:
    registry = tmp_path / "heads"
    AnchorFile(tmp_path / "paper", registry).write(ANCHOR)

    assert AnchorFile(tmp_path / "paper", registry).read() == ANCHOR
    assert AnchorFile(tmp_path / "dry-run", registry).read() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"lineage": 1, "seq": "many"}',
        '{"lineage": "a", "seq": 1e999, "hash": "", "world": "", "number": 0}',
    ],
)
def test_an_anchor_that_can_not_be_read_is_none_and_no_silence(text: str, tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "paper", tmp_path)
    assert file.damage() is None
    file.write(ANCHOR)
    assert file.damage() is None
    (written,) = tmp_path.glob("*.json")
    written.write_text(text)

    assert file.read() is None
    assert str(written) in (file.damage() or "")


def test_anchors_of_folders_that_have_been_gone_for_long_are_forgotten(tmp_path: Path) -> None:
    registry, here = tmp_path / "heads", tmp_path / "here"
    here.mkdir()
    for folder in (here, tmp_path / "gone"):
        AnchorFile(folder, registry).write(ANCHOR)
    now_s = max(os.stat(file).st_mtime for file in registry.iterdir())

    AnchorFile(here, registry).prune(now_s + FORGOTTEN_AFTER_S - 1)
    assert len(list(registry.iterdir())) == 2
    AnchorFile(here, registry).prune(now_s + FORGOTTEN_AFTER_S + 1)

    assert AnchorFile(here, registry).read() == ANCHOR
    assert AnchorFile(tmp_path / "gone", registry).read() is None
