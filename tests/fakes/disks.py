"""Disks below the journal that fail or hang at a chosen call."""

from __future__ import annotations

import threading
from typing import Any

from adapters.journal.files import Folder, SegmentFile
from tests.fakes.memory_journal import MemorySegment

PATIENCE_S = 10


class FaultySegment:
    """A segment whose disk fails at the given call."""

    def __init__(self, inner: SegmentFile, faults: dict[str, OSError]) -> None:
        self.inner = inner
        self.faults = faults
        self.calls: list[str] = []

    def _call(self, name: str, *args: bytes) -> None:
        self.calls.append(name)
        if name in self.faults:
            raise self.faults[name]
        getattr(self.inner, name)(*args)

    def write(self, data: bytes) -> None:
        self._call("write", data)

    def sync(self) -> None:
        self._call("sync")

    def close(self) -> None:
        self._call("close")


class FaultyFolder:
    """Wraps a folder; segments share `faults`, which a test fills when it wants them."""

    def __init__(self, inner: Folder) -> None:
        self.inner = inner
        self.faults: dict[str, OSError] = {}
        self.opened: list[FaultySegment] = []

    def __getattr__(self, name: str) -> Any:
        if name in self.faults:
            raise self.faults[name]
        return getattr(self.inner, name)

    def create(self, name: str) -> FaultySegment:
        if "create" in self.faults:
            raise self.faults["create"]
        self.opened.append(FaultySegment(self.inner.create(name), self.faults))
        return self.opened[-1]


class HangingSegment(MemorySegment):
    """A disk that does not come back from a call until it is released."""

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call
        self.entered, self.release = threading.Event(), threading.Event()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._hang("write")

    def sync(self) -> None:
        self._hang("sync")
        super().sync()

    def _hang(self, call: str) -> None:
        if call == self._call:
            self.entered.set()
            assert self.release.wait(PATIENCE_S)
