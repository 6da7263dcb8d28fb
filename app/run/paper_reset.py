"""`paper reset`: a world begins anew, and what it was is kept together in an archive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.control.anchor import AnchorFile
from adapters.control.files import read_json
from adapters.control.halt_note import NOTE, HaltNote
from adapters.control.instances import HOLDER, LOCK, InstanceLock
from adapters.control.registry import FolderLock
from adapters.control.status import COPY
from adapters.control.worlds import ARCHIVE, world_of
from adapters.simulator.world import FOLDER, WorldFolder
from app.run.recovery import CODEC, JOURNAL, SHORTENED, latched_in
from config.mode import Mode
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.errors import JournalError
from domain.model.instants import Nanos, iso

ON_PAPER = (Mode.DRY_RUN, Mode.PAPER)
"""The modes whose venue is ours, and so the only ones that can begin anew."""
KEPT = (LOCK, HOLDER, NOTE)
"""Files of a mode that stay where they are: who runs there, and what is latched."""


def reset_world(home: Path, data: Path) -> tuple[int, list[str]]:
    """Put venue, journal and all else of the world in `home` aside, in one archive.

    What is latched stays latched for the next start. `data` is the folder above all homes.
    Returns the exit code and what to tell.

    Raises:
        InstanceRunning: an instance trades there.
        WorldError: a venue uses it, or it can't be used.
        OSError: it can't be moved aside; what is latched is safe by then.
    """
    folders = [each for mode in ON_PAPER if has_content(each := home / mode.value)]
    if not folders:
        return 0, [f"there is no paper world in {home}"]
    with _held(folders):
        archive, told = _new_archive(home), []
        for folder in folders:
            latched = _latched(folder)
            if latched:
                encoded = [CODEC.encode(BreakerTripped(each)) for each in latched]
                HaltNote(folder).carry(encoded)
                names = ", ".join(sorted({each.name for each in latched}))
                told.append(f"{folder.name}: stays latched until `resume`: {names}")
            _put_aside(folder, archive / folder.name)
        _put_status_aside(home, data, archive)
    read = f"`python run.py report --data-dir {archive}` shows its results"
    return 0, [f"world {world_of(home)} begins anew; the old one is in {archive}; {read}", *told]


def has_content(folder: Path) -> bool:
    """Tell whether a mode's folder holds anything that a reset would put aside."""
    return folder.is_dir() and any(each.name not in KEPT for each in folder.iterdir())


@contextmanager
def _held(folders: list[Path]) -> Iterator[None]:
    """Hold everything that somebody who trades there would hold."""
    started = iso(time.time_ns())
    with ExitStack() as undo:
        for folder in folders:
            for lock in (InstanceLock(folder), FolderLock(folder)):
                lock.acquire(started)
                undo.callback(lock.release)
            if (folder / FOLDER).is_dir():
                with WorldFolder(folder / FOLDER):
                    pass  # no venue has it now, and none of a trader's can come
        yield


def _new_archive(home: Path) -> Path:
    stamp, number = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ"), 1
    archive = home / ARCHIVE / stamp
    while archive.exists():
        number += 1
        archive = home / ARCHIVE / f"{stamp}-{number}"
    archive.mkdir(parents=True)
    return archive


def _latched(folder: Path) -> tuple[Breaker, ...]:
    """Return what is latched there; where that can't be known, a halt that says so."""
    try:
        return latched_in(folder)
    except JournalError as error:
        return (
            Breaker(
                name=SHORTENED,
                scope=GLOBAL,
                effect=Effect.HALT,
                reason=f"what was latched before `paper reset` is not known: {error}",
                is_latched=True,
                at_ns=Nanos(0),
            ),
        )


def _put_aside(folder: Path, archive: Path) -> None:
    """Move all files of a mode, the journal first: an old venue without one lets nothing trade."""
    archive.mkdir(mode=0o700)
    journal = folder / JOURNAL
    if journal.exists():
        journal.rename(archive / JOURNAL)
    AnchorFile(folder).move_to(archive)
    for each in sorted(folder.iterdir()):
        if each.name not in KEPT:
            each.rename(archive / each.name)


def _put_status_aside(home: Path, data: Path, archive: Path) -> None:
    """Move the copies of the newest status too, as far as they are of this world."""
    own = home / COPY
    told = read_json(own)
    if own.exists():
        own.rename(archive / COPY)
    if data != home and told is not None and read_json(data / COPY) == told:
        (data / COPY).unlink(missing_ok=True)
