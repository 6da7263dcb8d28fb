"""Which data folders have a trader, known outside of them: a folder can be moved, its trader not.

Each trader holds a lock named after its folder, with a card that says who it is. So a second one
on the same path is refused although the files of the first are gone, and `kill` can say where
traders run that it did not find.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from filelock import FileLock, Timeout

from adapters.control.accounts import lock_folder
from adapters.control.files import read_json, write_json
from adapters.control.instances import (
    WAIT_SECONDS,
    InstanceLock,
    InstanceRunning,
    is_alive,
    process_id,
)

KIND = "folders"


@frozen
class Registered:
    """A trader that runs: the folder of its mode as it was at the start, and its process."""

    folder: Path
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.folder} (pid {self.pid}, started {self.started})"


class FolderLock:
    """The lock of one mode's folder by its path; held until released or its process is gone."""

    def __init__(self, folder: Path, registry: Path | None = None) -> None:
        """`folder` is that of the mode."""
        self._folder = folder.resolve()
        registry = registry or lock_folder(KIND)
        name = hashlib.sha256(str(self._folder).encode()).hexdigest()[:32]
        self._file, self._card = registry / f"{name}.lock", registry / f"{name}.holder"
        self._lock = FileLock(self._file, thread_local=False)

    def acquire(self, started: str) -> None:
        """Take the lock and write down who holds it; `started` is an instant in words.

        Raises:
            InstanceRunning: a trader that was started on this path still runs.
        """
        try:
            self._lock.acquire(timeout=WAIT_SECONDS, poll_interval=0.02)
        except Timeout:
            known = _read(self._card)
            raise InstanceRunning(
                f"a trader that was started on {self._folder} still runs"
                f"{'' if known is None else f' as pid {known.pid}'}, and its files are not there "
                "any more: stop it first"
            ) from None
        card = {"pid": os.getpid(), "data": str(self._folder), "started": started}
        write_json(self._card, card)

    def release(self) -> None:
        """Give the lock back and leave nothing behind."""
        for file in (self._card, self._file):
            file.unlink(missing_ok=True)
        self._lock.release()


def registered(registry: Path | None = None) -> tuple[Registered, ...]:
    """Return every trader of this user that runs on this machine, by folder."""
    registry = registry or lock_folder(KIND)
    found = [_read(card) for card in registry.glob("*.holder") if _is_held(card)]
    living = [each for each in found if each is not None and is_alive(each.pid)]
    return tuple(sorted(living, key=lambda each: each.folder))


def _is_held(card: Path) -> bool:
    lock = FileLock(card.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _read(card: Path) -> Registered | None:
    known = read_json(card) or {}
    try:
        return Registered(Path(str(known["data"])), process_id(known["pid"]), str(known["started"]))
    except (KeyError, TypeError, ValueError):
        return None


@contextmanager
def locked(folder: Path, started: str) -> Iterator[None]:
    """Keep every trader, and whoever else changes it, off the mode's `folder` for a while.

    `started` is what the others are told: since when, UTC.

    Raises:
        InstanceRunning: somebody is there.
    """
    lock, by_path = InstanceLock(folder), FolderLock(folder)
    lock.acquire(started)
    try:
        by_path.acquire(started)
        try:
            yield
        finally:
            by_path.release()
    finally:
        lock.release()
