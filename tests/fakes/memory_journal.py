"""A journal folder in memory that can lose power; it passes the contract of journal folders."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator


class MemorySegment:
    """A segment in memory that knows how much of it a power cut would leave."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.synced = 0

    def write(self, data: bytes) -> None:
        """Append."""
        self.data += data

    def sync(self) -> None:
        """Count everything written as safe."""
        self.synced = len(self.data)

    def close(self) -> None:
        """Do nothing: memory needs no handle."""


class MemoryFolder:
    """A journal folder in memory."""

    def __init__(self) -> None:
        self.segments: dict[str, MemorySegment] = {}

    def prepare(self) -> None:
        """Do nothing: the folder is there."""

    def names(self) -> list[str]:
        """Return the segment names, sorted."""
        return sorted(self.segments)

    def lines(self, name: str, begin: int = 0) -> Iterator[bytes]:
        """Yield the lines as they are now."""
        yield from io.BytesIO(self.segments[name].data[begin:])

    def cut(self, name: str, size: int) -> None:
        """Shorten a segment."""
        segment = self.segments[name]
        del segment.data[size:]
        segment.sync()

    def create(self, name: str) -> MemorySegment:
        """Make a new segment."""
        if name in self.segments:
            raise FileExistsError(errno.EEXIST, "the segment exists", name)
        self.segments[name] = MemorySegment()
        return self.segments[name]

    def lose_power(self, spared: int = 0) -> None:
        """Drop what was never synced, except for the first `spared` bytes of it."""
        for segment in self.segments.values():
            del segment.data[segment.synced + spared :]
            segment.sync()
