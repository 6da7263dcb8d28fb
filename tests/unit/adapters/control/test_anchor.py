"""What was written once is known, wherever the journal that held it was shortened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.control.anchor import FORGOTTEN_AFTER_S, AnchorFile, JournalAnchor, lost

pytestmark = pytest.mark.req("AUD1")

ANCHOR = JournalAnchor("a" * 32, 100, "hash-100", "world-1", 7)


@pytest.mark.parametrize(
    ("lineage", "world", "seq", "hash_there", "told"),
    [
        (ANCHOR.lineage, "world-1", 100, "hash-100", None),
        (ANCHOR.lineage, "world-1", 250, "hash-100", None),
        (ANCHOR.lineage, "world-1", 99, None, "ends at record 99, it had 100"),
        (ANCHOR.lineage, "world-1", 250, "another", "record 100 of the journal is not the one"),
        (None, "world-1", 0, None, "the journal of this folder is gone; it had 100 records"),
        (None, "", 0, None, "the journal of this folder is gone; it had 100 records"),
        (None, "world-2", 0, None, None),
        ("b" * 32, "world-1", 3, None, None),
    ],
)
def test_less_than_was_known_is_told(
    lineage: str | None, world: str, seq: int, hash_there: str | None, told: str | None
) -> None:
    found = lost(ANCHOR, lineage, world, seq, hash_there)

    assert (found is None) if told is None else (found is not None and told in found)
    assert lost(None, lineage, world, seq, hash_there) is None


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
