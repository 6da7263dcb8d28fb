"""Which instance runs on a data folder: one operating system lock per mode."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from attrs import frozen
from filelock import FileLock, Timeout

from adapters.control.files import read_json, write_json
from adapters.control.halt_note import NOTE
from domain.model.errors import TradingError

T = TypeVar("T")
"""A card: what a holder of a lock writes down about itself."""
LOCK = "LOCK"
HOLDER = "LOCK.holder"
STATUS = "status.json"
MODES = ("dry-run", "paper", "live")
"""Names of the folders of the modes inside the data folder."""
LARGEST_PID = 2**31 - 1
CARD_TRIES, CARD_AGAIN_SECONDS = 50, 0.02
WAIT_SECONDS = 0.5
"""How long a start waits for the lock: longer than any look at it by `is_running`."""


@frozen
class Holder:
    """Who holds the lock, as it wrote itself down."""

    pid: int
    host: str
    started: str

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host}, started {self.started}"


class InstanceRunning(TradingError):
    """Another instance holds the lock of this data folder and mode."""


class InstanceLock:
    """The lock of one mode's folder; held until released or this object is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK, thread_local=False)

    def acquire(self, started: str) -> None:
        """Take the lock and write down who holds it; `started` is an instant in words.

        Raises:
            InstanceRunning: someone else holds it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=WAIT_SECONDS, poll_interval=0.02)
        except Timeout:
            known = await_card(self._living) or holder(self._folder)
            who = str(known) if known else "unknown"
            raise InstanceRunning(
                f"another instance holds {self._folder / LOCK}: {who}; "
                "stop it first, or use another --data-dir"
            ) from None
        card = {"pid": os.getpid(), "host": socket.gethostname(), "started": started}
        write_json(self._folder / HOLDER, card)

    def _living(self) -> Holder | None:
        known = holder(self._folder)
        return known if known is not None and is_alive(known.pid) else None

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


def await_card(read: Callable[[], T | None]) -> T | None:
    """Return the first card that `read` finds, None if none comes within a second.

    A holder takes its lock before it can write down who it is.
    """
    for _ in range(CARD_TRIES):
        found = read()
        if found is not None:
            return found
        time.sleep(CARD_AGAIN_SECONDS)  # between two looks at a file; the loop is bounded
    return None


def process_id(value: object) -> int:
    """Return a process id that a file claims.

    Raises:
        ValueError: it can't be one; 0 and what is below would mean many processes at once.
    """
    if not isinstance(value, int) or not 0 < value <= LARGEST_PID:
        raise ValueError(f"expected a process id, was {value!r}")
    return value


def is_alive(pid: int) -> bool:
    """Tell whether there is a process with this id, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def holder(folder: Path) -> Holder | None:
    """Return who last took the lock of `folder`; whether it still lives is another question."""
    card = read_json(folder / HOLDER) or {}
    try:
        return Holder(process_id(card["pid"]), str(card["host"]), str(card["started"]))
    except (KeyError, TypeError, ValueError):
        return None


def is_running(folder: Path) -> bool:
    """Tell whether an instance holds the lock of `folder` right now."""
    if not (folder / LOCK).exists():
        return False
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # a disk that is read-only: its last holder says who it is
        known = holder(folder)
        return known is not None and is_alive(known.pid)
    lock.release()
    return False


def folders_with_runs(*homes: Path, mode: str | None = None) -> tuple[Path, ...]:
    """Return the folders of the modes that ever ran in `homes`, the newest run first.

    Last come those where nothing of a run is left. `mode` leaves only those of one mode.
    """
    modes = MODES if mode is None else (mode,)
    found = [home / each for home in homes for each in modes if (home / each / LOCK).exists()]
    return tuple(sorted(found, key=lambda each: (-_run_s(each), -last_sign_s(each), str(each))))


def choose(*homes: Path, mode: str | None = None) -> Path | None:
    """Return the folder that an operator means: that of a running instance, else the newest."""
    folders = folders_with_runs(*homes, mode=mode)
    return next((folder for folder in folders if is_running(folder)), next(iter(folders), None))


def last_sign_s(folder: Path) -> float:
    """Return when the newest of the files that a run keeps writing was written, UTC seconds."""
    return max(_run_s(folder), _newest_s([folder / HOLDER]))


def _run_s(folder: Path) -> float:
    """Return when something of a run was written last, or a halt that waits for the next."""
    return _newest_s([folder / STATUS, folder / NOTE, *folder.glob("journal/*.jsonl")])


def _newest_s(signs: Iterable[Path]) -> float:
    times = [0.0]
    for sign in signs:
        try:
            times.append(sign.stat().st_mtime)
        except OSError:
            continue
    return max(times)
