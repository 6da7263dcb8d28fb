"""The file operations of the journal, behind one small seam: the disk, or memory.

Nothing here is tried twice: after a failed fsync Linux marks the pages clean, so that the next one
reports success for data that is lost.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

SUFFIX = ".jsonl"
_READ_BUFFER = 1 << 20
_SEGMENT_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC


class SegmentFile(Protocol):
    """A segment open for appending. Every method may raise OSError."""

    def write(self, data: bytes) -> None:
        """Append all of `data`; less than all is an error."""

    def sync(self) -> None:
        """Return when everything written survives a power cut."""

    def close(self) -> None:
        """Give up the handle, without a sync."""


class Folder(Protocol):
    """The folder of a journal. Every method may raise OSError."""

    def prepare(self) -> None:
        """Make the folder if it is missing, durably and for its owner only."""

    def names(self) -> list[str]:
        """Return the names that end in `.jsonl`, sorted; none if there is no folder."""

    def lines(self, name: str, begin: int = 0) -> Iterator[bytes]:
        """Yield the lines of a segment from byte `begin` on; the last one may lack its line end."""

    def cut(self, name: str, size: int) -> None:
        """Shorten a segment to `size` bytes, durably."""

    def create(self, name: str) -> SegmentFile:
        """Make a new segment, durably and for its owner only; an existing one is an error."""


class DiskSegment:
    """A segment on disk."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, data: bytes) -> None:
        """Append all of `data` with one system call."""
        written = os.write(self._handle, data)
        if written != len(data):
            raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes were written")

    def sync(self) -> None:
        """Flush data and size to the device."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Give up the handle."""
        os.close(self._handle)


class DiskFolder:
    """A journal folder on disk: folder mode 0700, segments 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make the folder and its missing parents; each new name is flushed."""
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.is_dir()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)

    def names(self) -> list[str]:
        """Return the names that end in `.jsonl`, sorted."""
        if not self.path.is_dir():
            return []
        return sorted(name for name in os.listdir(self.path) if name.endswith(SUFFIX))

    def lines(self, name: str, begin: int = 0) -> Iterator[bytes]:
        """Yield lines through a buffer; memory stays bounded by the longest line."""
        with open(self.path / name, "rb", buffering=_READ_BUFFER) as file:
            file.seek(begin)
            yield from file

    def cut(self, name: str, size: int) -> None:
        """Truncate and flush."""
        handle = os.open(self.path / name, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(handle, size)
            os.fsync(handle)
        finally:
            os.close(handle)

    def create(self, name: str) -> DiskSegment:
        """Create the file and flush its name."""
        handle = os.open(self.path / name, _SEGMENT_FLAGS, 0o600)
        try:
            sync_folder(self.path)
        except OSError:
            os.close(handle)
            raise
        return DiskSegment(handle)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut.

    Raises:
        OSError: they may not.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
