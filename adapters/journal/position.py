"""A place in a journal up to which everything was checked, and from which a pass can go on.

What it says of the bytes before it is their SHA-256, segment by segment: as long as they have it,
they are the bytes that were checked, without looking at a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import field, frozen

from adapters.journal.chain import GENESIS, Head, record_hash, record_number

_AT_ONCE = 1 << 20


@frozen
class SegmentBytes:
    """The first `size` bytes of a segment, with their SHA-256."""

    segment: str
    size: int
    digest: str


@frozen
class Position:
    """After record `head`, on line `line` of the last of `parts`; `former` as in a scan.

    `running` is the SHA-256 of the last part, to be copied and fed on.
    """

    head: Head = GENESIS
    lineage: str | None = None
    former: tuple[str, ...] = ()
    parts: tuple[SegmentBytes, ...] = ()
    line: int = 0
    running: Any = field(default=None, eq=False, repr=False)


BEGINNING = Position()


def checked(folder: Path, position: Position) -> Position | None:
    """Return `position` with its running digest if the journal in `folder` begins with those
    bytes, None if it does not.

    Raises:
        OSError: a segment can't be read.
    """
    running = None
    for number, part in enumerate(position.parts, start=1):
        file, is_last = folder / part.segment, number == len(position.parts)
        found = file.stat().st_size
        if found < part.size or (found > part.size and not is_last):
            return None
        running = _digest(file, part.size)
        if running.hexdigest() != part.digest:
            return None
    return Position(
        position.head,
        position.lineage,
        position.former,
        position.parts,
        position.line,
        running,
    )


def spots_before(
    folder: Path, position: Position, wanted: Mapping[int, Any] | frozenset[int]
) -> Iterator[tuple[int, str, str, int]]:
    """Yield number, hash, segment and line of the `wanted` records at or before `position`.

    Raises:
        OSError: a segment can't be read.
        ValueError: a first line holds no number, which a checked segment does not have.
    """
    left = sorted((seq for seq in wanted if 0 < seq <= position.head.seq), reverse=True)
    for part in reversed(position.parts):
        if not left:
            return
        with open(folder / part.segment, "rb", buffering=_AT_ONCE) as file:
            first = record_number(file.readline())
        while left and left[0] >= first:
            seq = left.pop(0)
            with open(folder / part.segment, "rb", buffering=_AT_ONCE) as file:
                for line in islice(file, seq - first, seq - first + 1):
                    yield seq, record_hash(line), part.segment, seq - first + 1


def _digest(file: Path, size: int) -> Any:
    """Return the running SHA-256 of the first `size` bytes of a file."""
    digest = hashlib.sha256()
    with open(file, "rb", buffering=0) as stream:
        left = size
        while left and (data := stream.read(min(left, _AT_ONCE))):
            digest.update(data)
            left -= len(data)
    return digest
