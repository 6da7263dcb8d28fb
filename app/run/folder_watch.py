"""Is the data folder still the one that the run writes to? Moved or deleted, its records are lost.

What was opened stays open, so that nothing fails by itself: the journal goes on into files that
nobody will find, and another trader could begin on the same path.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.control.instances import LOCK
from adapters.runtime.actor_system import ActorSystem
from app.run.recovery import JOURNAL
from app.run.watches import Watch
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import SECOND

DATA_FOLDER = "data_folder"
LOOK_EVERY_NS = SECOND // 2
WATCHED = (".", LOCK, JOURNAL)
"""What must stay the same, within the folder of the mode."""

Identity = tuple[int, int]


class FolderWatch(Watch):
    """Halts for good when the folder, its lock or its journal is not the one of the start."""

    def __init__(self, system: ActorSystem, folder: Path) -> None:
        """`folder` is that of the mode; its lock is held and its journal open."""
        self._system = system
        self._folder = folder
        self._known = self._identities()
        self._newest = self._newest_segment()
        self._looked_ns = 0
        self._is_over = False

    def look(self) -> None:
        """Look twice a second of machine time, until something is wrong."""
        now_ns = self._system.clock.machine_ns()
        if self._is_over or now_ns - self._looked_ns < LOOK_EVERY_NS:
            return
        self._looked_ns = now_ns
        wrong = self._wrong()
        if wrong is not None:
            self._is_over = True
            self._halt(wrong)

    def _wrong(self) -> str | None:
        present = self._identities()
        for name, known in self._known.items():
            if present[name] != known:
                what = "is gone" if present[name] is None else "is another one"
                return f"{(self._folder / name).resolve()} {what}"
        if self._newest is not None and not self._newest.exists():
            return f"the journal's segment {self._newest} is gone"
        self._newest = self._newest_segment()
        return None

    def _identities(self) -> Mapping[str, Identity | None]:
        return {name: identity_of(self._folder / name) for name in WATCHED}

    def _newest_segment(self) -> Path | None:
        return max((self._folder / JOURNAL).glob("*.jsonl"), default=None)

    def _halt(self, wrong: str) -> None:
        reason = f"{wrong}: nothing that happens now is on record; stop, put it back, start again"
        self._system.board.trip(
            Breaker(
                name=DATA_FOLDER,
                scope=GLOBAL,
                effect=Effect.HALT,
                reason=reason,
                is_latched=True,
                at_ns=self._system.clock.market_ns(),
            )
        )
        self._system.log_for("guardian").critical("data folder lost", why=reason)


def identity_of(path: Path) -> Identity | None:
    """Return device and inode of `path`, None if there is nothing.

    Raises:
        OSError: it can't be known, for want of memory or whatever else.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
