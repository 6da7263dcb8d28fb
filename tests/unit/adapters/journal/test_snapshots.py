"""A snapshot's file is read as it was written, or refused with a reason."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from adapters.journal.chain import Head
from adapters.journal.position import Position, SegmentBytes
from adapters.journal.snapshots import (
    KEPT,
    LARGEST,
    SnapshotOutdated,
    SnapshotUnusable,
    keep_newest,
    put_aside,
    read_snapshot,
    snapshots_in,
    write_snapshot,
)

pytestmark = pytest.mark.req("BOOT1", "AUD1")

PARTS = (
    SegmentBytes("00000001.jsonl", 812, "a" * 64),
    SegmentBytes("00000002.jsonl", 99, "b" * 64),
)
PLACE = Position(Head(7, "c" * 64), "d" * 32, ("e" * 32,), PARTS, 3)
STATE = {"orders": [], "number": 4, "world": "größer"}


def written(folder: Path, seq: int = 7) -> Path:
    place = Position(Head(seq, "c" * 64), PLACE.lineage, PLACE.former, PARTS, 3)
    write_snapshot(folder, place, "code", STATE)
    return snapshots_in(folder)[0]


def changed(file: Path, **members: Any) -> Path:
    content = {**json.loads(file.read_bytes()), **members}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_what_was_written_is_read_and_named_by_its_digest(tmp_path: Path) -> None:
    digest = write_snapshot(tmp_path, PLACE, "code", STATE)
    [file] = snapshots_in(tmp_path)
    found = read_snapshot(file, "code")

    assert (found.position, json.loads(bytes(found.state)), found.digest) == (PLACE, STATE, digest)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert file.suffix != ".jsonl"


def test_only_the_newest_are_kept_and_the_one_in_use(tmp_path: Path) -> None:
    used = written(tmp_path, 1)
    for seq in range(2, 6):
        written(tmp_path, seq)
    keep_newest(tmp_path, used)

    newest = [f"snapshot-{seq:012d}.json" for seq in (5, 4)]
    assert [each.name for each in snapshots_in(tmp_path)] == [*newest, used.name]
    assert len(newest) == KEPT


def test_one_that_is_put_aside_is_found_no_more(tmp_path: Path) -> None:
    put_aside(written(tmp_path))

    assert snapshots_in(tmp_path) == []
    assert [each.name for each in tmp_path.iterdir()] == ["unused-snapshot-000000000007.json"]


def test_one_of_another_version_is_no_damage(tmp_path: Path) -> None:
    file = written(tmp_path)
    with pytest.raises(SnapshotOutdated):
        read_snapshot(file, "other code")
    with pytest.raises(SnapshotOutdated):
        read_snapshot(changed(file, format=2), "code")


@pytest.mark.parametrize(
    "members",
    [
        {"seq": "7"},
        {"seq": True},
        {"hash": None},
        {"state": []},
        {"parts": []},
        {"parts": [["../../x", 1, "a"]]},
        {"parts": [["00000002.jsonl", 1, "a"]]},
        {"parts": [["00000001.jsonl", -1, "a"]]},
        {"parts": [["00000001.jsonl", 1]]},
        {"parts": "00000001.jsonl"},
        {"former": [1]},
        {"line": 1.5},
    ],
)
def test_what_is_no_snapshot_is_refused(members: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnusable):
        read_snapshot(changed(written(tmp_path), **members), "code")


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(data: bytes, tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_bytes(data)

    with pytest.raises(SnapshotUnusable):
        read_snapshot(file, "code")


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path)
    link = tmp_path / "snapshot-000000000009.json"
    link.symlink_to(file)
    folder = tmp_path / "snapshot-000000000008.json"
    folder.mkdir()
    for each in (link, folder, tmp_path / "snapshot-000000000010.json"):
        with pytest.raises(SnapshotUnusable):
            read_snapshot(each, "code")
    os.truncate(file, LARGEST + 1)
    with pytest.raises(SnapshotUnusable):
        read_snapshot(file, "code")


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    assert snapshots_in(tmp_path / "nowhere") == []
    with pytest.raises(OSError, match="nowhere"):
        write_snapshot(tmp_path / "nowhere", PLACE, "code", STATE)
