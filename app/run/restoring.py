"""Putting a backup of the journal in the place of the journal, while nothing runs.

The old journal is put aside and never deleted. The restored one goes on under a lineage of its own,
so that no order id is used twice, and blocks entries until a person has seen what the venue has
that the backup does not know.
"""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from attrs import evolve, frozen

from actors.kernel.envelope import Envelope
from adapters.control.anchor import AnchorFile
from adapters.control.registry import locked
from adapters.journal.archive import BackupFacts, unpack_backup
from app.run.recovery import JOURNAL, JournalPlace, Opened, latched_in, newest_ns, open_state
from domain.messages.journal import JournalRestored, RunStarted, RunStopped
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.errors import JournalError
from domain.model.instants import Nanos, iso

RESTORED = "restored"
"""Name of the breaker that is open after a restore, until a person resumes."""
STAGING = ".restoring"
LINEAGE_BYTES = 16


@frozen
class Restored:
    """What was put back, where the old journal went (None: there was none), and what was kept.

    `halts` are the names of latched breakers of the old journal, which outlive it; None: it can't
    be read, and whether there are any is not known.
    """

    facts: BackupFacts
    lineage: str
    aside: Path | None
    halts: tuple[str, ...] | None


def restore(file: Path, folder: Path) -> Restored:
    """Put the backup `file` in the place of the journal of the mode's `folder`.

    Raises:
        InstanceRunning: an instance runs on it; nothing was changed.
        JournalError: the backup is not whole; nothing was changed.
        OSError: something can't be read or written; the journal is there, or stands aside.
    """
    started = iso(time.time_ns())
    with locked(folder, started):
        staging = folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)  # of a restore that was cut off
        try:
            facts = unpack_backup(file, staging / JOURNAL)
            latched = _latched(folder)
            lineage = secrets.token_hex(LINEAGE_BYTES)
            opened = _go_on(staging, file, facts, lineage, latched or ())
            aside = _swap(folder, staging, started)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):  # the one that is kept is of another lineage and says nothing
            AnchorFile(folder).write(evolve(opened.anchor(), lineage=lineage))
    names = None if latched is None else tuple(each.name for each in latched)
    return Restored(facts, lineage, aside, names)


def _latched(folder: Path) -> tuple[Breaker, ...] | None:
    """Return what is latched there now; None if the journal can't be read."""
    try:
        return latched_in(folder)
    except JournalError:
        return None


def _go_on(
    staging: Path, file: Path, facts: BackupFacts, lineage: str, latched: tuple[Breaker, ...]
) -> Opened:
    """Write what a restore adds to the journal, in a segment of its own; it is closed then."""
    now_ns = Nanos(newest_ns(staging))
    opened = open_state(_place(staging, now_ns))
    why = (
        f"the journal was restored from {file.name}: it ends at record {facts.records},"
        f" {facts.at}, and what came after that is not in it"
    )
    told = Breaker(
        name=RESTORED,
        scope=GLOBAL,
        effect=Effect.BLOCK,
        reason=why,
        is_latched=True,
        at_ns=now_ns,
    )
    known = {(each.name, each.scope) for each in opened.recovered.latched()}
    kept = [each for each in latched if (each.name, each.scope) not in known]
    bodies = [
        JournalRestored(lineage),
        *(BreakerTripped(each) for each in (*kept, told)),
        RunStopped("operator", 0, 0, 0),
    ]
    try:
        for number, body in enumerate(bodies, start=1):
            opened.recorder.append(Envelope(number, body, "operator", 0, number, 0, now_ns))
        opened.recorder.commit(())
    finally:
        opened.close()
    return opened


def _place(folder: Path, now_ns: Nanos) -> JournalPlace:
    return JournalPlace(
        folder=folder,
        run=RunStarted("", "none", "", "", "", 0),
        quote_currency="",
        machine=lambda: Nanos(time.monotonic_ns()),
        market=lambda: now_ns,
        wall=time.time_ns,
    )


def _swap(folder: Path, staging: Path, started: str) -> Path | None:
    """Put the old journal aside and the new one in its place; return where the old one is."""
    journal, aside = folder / JOURNAL, None
    if journal.exists():
        stem = f"{JOURNAL}.{started[:19].replace(':', '')}Z"
        names = (stem, *(f"{stem}-{number}" for number in range(2, 1_000)))
        aside = next(folder / name for name in names if not (folder / name).exists())
        journal.rename(aside)
    (staging / JOURNAL).rename(journal)
    return aside
