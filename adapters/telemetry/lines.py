"""Files of JSON lines that somebody else writes and rotates: read, and followed while they grow.

A line that can't be read costs itself: it is counted. The last line may still be being written: it
is no damage while it has no end.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from domain.model.wording import counted

Entry = dict[str, Any]
LINE_MAX = 1 << 20
"""Bytes of a line that are read; a longer one is damage."""
LARGEST = 256 << 20
"""Bytes of a file that are read, from its end."""


def is_of(entry: Entry, name: str | None) -> bool:
    """Tell whether a line is of the instance of that `name` (see `Address`; None: of any).

    A line that does not say whose it is may be anybody's.
    """
    return name is None or entry.get("world", name) == name


class LineFiles:
    """A file of JSON lines and what was rotated away from it, `NAME.TIME.jsonl` beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.damaged = 0
        """Lines so far that could not be read."""
        self._end: tuple[int, int] | None = None
        """Inode of the newest file that was read, and how far."""

    @property
    def damage(self) -> str:
        """Return what has been left out so far, in words."""
        return f"{counted(self.damaged, 'line')} could not be read; left out"

    def files(self) -> list[Path]:
        """Return the files that are there, oldest first; the one that is written comes last."""
        rotated = self._path.parent.glob(f"{self._path.stem}.*{self._path.suffix}")
        found = sorted(each for each in rotated if each != self._path)
        return [*found, self._path] if self._path.exists() else found

    def newest(self, count: int | None, wanted: Callable[[Entry], bool]) -> list[Entry]:
        """Return the last `count` (None: all) of the entries that are `wanted`, oldest first.

        Files are read from the newest back, and no further than it takes.
        """
        found: deque[Entry] = deque()
        for path in reversed(self.files()):
            left = None if count is None else count - len(found)
            if left is not None and left <= 0:
                break
            kept = deque((each for each in self._read(path) if wanted(each)), maxlen=left)
            found.extendleft(reversed(kept))
        return list(found)

    def names(self, member: str) -> set[str]:
        """Return the texts that stand in `member` anywhere; damage is not counted again."""
        before, found = self.damaged, set[str]()
        for path in self.files():
            found |= {
                each[member] for each in self._read(path) if isinstance(each.get(member), str)
            }
        self.damaged = before
        return found

    def follow(self, pause: Callable[[], None]) -> Iterator[Entry]:
        """Yield what is written after what was read, over rotation and truncation; never ends by
        itself. `pause` is called when there is nothing new.
        """
        stream = self._continued()
        while True:
            if stream is not None:
                yield from self._grown(stream)
            following = self._next(stream)
            if following is None:
                pause()
            else:
                if stream is not None:
                    yield from self._grown(stream)  # what came before it was rotated away
                    stream.close()
                stream = following

    def _read(self, path: Path) -> Iterator[Entry]:
        stream = self._open(path)
        if stream is not None:
            with stream:
                yield from self._grown(stream)
                if path == self._path:
                    self._end = (os.fstat(stream.fileno()).st_ino, stream.tell())

    def _grown(self, stream: BufferedReader) -> Iterator[Entry]:
        """Yield the complete lines from here on, and stay before one that has no end yet."""
        while True:
            begin = stream.tell()
            line = stream.readline(LINE_MAX)
            is_long = len(line) == LINE_MAX and not line.endswith(b"\n")
            while is_long and line and not line.endswith(b"\n"):
                line = stream.readline(LINE_MAX)
            if not line.endswith(b"\n"):
                stream.seek(begin)
                return
            entry = None if is_long else _entry(line)
            if entry is not None:
                yield entry
            elif is_long or line.strip():
                self.damaged += 1

    def _continued(self) -> BufferedReader | None:
        """Return the file that was read last, where reading ended; a new one from its beginning."""
        for path in self.files() if self._end is not None else ():
            if self._end is not None and _number(path) == self._end[0]:
                stream = self._open(path)
                if stream is not None:
                    stream.seek(self._end[1])
                return stream
        return self._open(self._path)

    def _next(self, stream: BufferedReader | None) -> BufferedReader | None:
        """Return the file after the one that is read, opened; None while that is the newest."""
        if stream is None:
            return self._open(self._path)
        mine = os.fstat(stream.fileno())
        if stream.tell() > mine.st_size:  # truncated in place
            stream.seek(0)
            return None
        files = self.files()
        numbers = [_number(each) for each in files]
        # The oldest are removed first: if mine is gone, all that are left are newer.
        place = numbers.index(mine.st_ino) + 1 if mine.st_ino in numbers else 0
        after = files[place:]
        return self._open(after[0]) if after else None

    def _open(self, path: Path) -> BufferedReader | None:
        """Return the file; None where there is none. What is no file counts as damage, and so does
        what stands before the last `LARGEST` bytes of one that no log grows to.
        """
        try:
            if not path.is_file():
                self.damaged += path.exists()
                return None
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        before = os.fstat(stream.fileno()).st_size - LARGEST
        if before > 0:
            stream.seek(before)
            stream.readline(LARGEST)
            self.damaged += 1
        return stream


def _number(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _entry(line: bytes) -> Entry | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
