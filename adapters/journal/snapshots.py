"""Snapshots: the state after some record, in a file beside the segments, to start from.

A snapshot proves nothing by itself and can be made again from the journal at any time. It is used
only if the bytes of the journal before it are those that were checked when it was made, and if a
record that follows in the chain names the SHA-256 of the file. Then only what comes after it has
to be read record by record.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen

from adapters.journal.chain import Head, canonical
from adapters.journal.position import Position, SegmentBytes
from adapters.journal.scan import segment_name

FORMAT = 1
KEPT = 2
"""The newest snapshots: the record that names the last one may not have been written."""
LARGEST = 64 << 20
"""Bytes of a file that is read; ours have a few millions."""
_PREFIX, _SUFFIX = "snapshot-", ".json"
_UNUSED = "unused-"
_HEADER = (
    ("format", int),
    ("code", str),
    ("seq", int),
    ("hash", str),
    ("lineage", str),
    ("former", list),
    ("parts", list),
    ("line", int),
)


class SnapshotUnusable(Exception):
    """A file is no snapshot that can be used; the text says why."""


class SnapshotOutdated(SnapshotUnusable):
    """It was made by another version of the program: no damage."""


@frozen
class Snapshot:
    """The `state` of version `code` after `position`, as JSON, and the SHA-256 of its file."""

    position: Position
    code: str
    state: msgspec.Raw
    digest: str


def write_snapshot(folder: Path, position: Position, code: str, state: Mapping[str, Any]) -> str:
    """Write a snapshot into the journal's folder; return the SHA-256 of its file.

    It is not made durable: a journal needs none, and one that a power cut spoils is not used.

    Raises:
        OSError: it could not be written; nothing is left of it.
    """
    parts = [[part.segment, part.size, part.digest] for part in position.parts]
    content = {
        "format": FORMAT,
        "code": code,
        "seq": position.head.seq,
        "hash": position.head.hash,
        "lineage": position.lineage or "",
        "former": list(position.former),
        "parts": parts,
        "line": position.line,
        "state": state,
    }
    data = canonical(content)
    file = folder / f"{_PREFIX}{position.head.seq:012d}{_SUFFIX}"
    unfinished = file.with_suffix(".tmp")
    try:
        with open(unfinished, "wb", opener=_private) as stream:
            stream.write(data)
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return hashlib.sha256(data).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def snapshots_in(folder: Path) -> list[Path]:
    """Return the files of snapshots in a journal's folder, the newest first."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = (name for name in names if name.startswith(_PREFIX) and name.endswith(_SUFFIX))
    return [folder / name for name in sorted(found, reverse=True)]


def keep_newest(folder: Path, used: Path | None = None) -> None:
    """Delete all snapshots but the newest, and the one that is `used`."""
    for file in snapshots_in(folder)[KEPT:]:
        if file != used:
            file.unlink(missing_ok=True)


def put_aside(file: Path) -> None:
    """Let a file that can't be used be told of once: it is kept under another name."""
    file.replace(file.with_name(_UNUSED + file.name))


def read_snapshot(file: Path, code: str) -> Snapshot:
    """Return the snapshot in `file`, whose bytes nobody has compared with a journal yet.

    Raises:
        SnapshotOutdated: it is of another version than `code`.
        SnapshotUnusable: it can't be read.
    """
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
            raise SnapshotUnusable("it is no file of ours")
        data = file.read_bytes()
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        found = {name: msgspec.json.decode(members[name]) for name, _ in _HEADER if name in members}
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SnapshotUnusable(f"it can't be read: {error}") from error
    state = members.get("state", msgspec.Raw())
    if any(type(found.get(n)) is not kind for n, kind in _HEADER) or not _is_object(state):
        raise SnapshotUnusable("it lacks what a snapshot has")
    if found["format"] != FORMAT or found["code"] != code:
        raise SnapshotOutdated("it was made by another version of the program")
    return Snapshot(_position(found), code, state, hashlib.sha256(data).hexdigest())


def _is_object(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"{"


def _position(found: Mapping[str, Any]) -> Position:
    parts = []
    for number, each in enumerate(found["parts"], start=1):
        kinds = [type(value) for value in each] if isinstance(each, list) else []
        if kinds != [str, int, str] or each[0] != segment_name(number) or each[1] < 0:
            raise SnapshotUnusable("it names other segments than a journal has")
        parts.append(SegmentBytes(*each))
    if not parts or not all(type(each) is str for each in found["former"]):
        raise SnapshotUnusable("it names no segment")
    return Position(
        Head(found["seq"], found["hash"]),
        found["lineage"],
        tuple(found["former"]),
        tuple(parts),
        found["line"],
    )
