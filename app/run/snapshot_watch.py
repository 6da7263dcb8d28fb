"""Follows the journal while a run goes on, and takes a snapshot of the state from time to time.

It reads what was written, as a start would, so that the writer and those who decide do nothing for
it. A long journal is therefore short for every start, however long the run before it was.
"""

from __future__ import annotations

from pathlib import Path

from actors.kernel.topology import GUARDIAN
from adapters.journal.files import DiskFolder
from adapters.journal.position import Position
from adapters.journal.scan import Scan
from adapters.journal.snapshots import keep_newest, put_aside, write_snapshot
from adapters.runtime.actor_system import ActorSystem
from app.run.folding import CODEC, STATES, Folded, fold_version
from app.run.watches import Watch
from domain.messages.journal import SnapshotTaken
from domain.model.errors import JournalError
from domain.model.instants import SECOND

LOOK_EVERY_NS = SECOND
AT_ONCE = 200
"""Records that one look takes in: some milliseconds of work."""
EVERY = 5_000
"""Records between two snapshots, and the most that a start has to fold one by one."""


class SnapshotWatch(Watch):
    """Keeps the state that the journal tells; after `EVERY` records it is written down."""

    def __init__(
        self, system: ActorSystem, journal: Path, folded: Folded, every: int = EVERY
    ) -> None:
        """Go on from what the start has folded of the folder `journal`."""
        self._system = system
        self._journal = journal
        self._fold = folded.fold
        self._position: Position = folded.scan.position
        self._used = folded.used
        self._taken = folded.begun
        self._every = every
        self._looked_ns = 0
        self._is_over = False
        self._tell(folded)

    def look(self) -> None:
        """Once a second of machine time: take in what is new, and write a snapshot if it is due."""
        now_ns = self._system.clock.machine_ns()
        if self._is_over or now_ns - self._looked_ns < LOOK_EVERY_NS:
            return
        self._looked_ns = now_ns
        try:
            self._follow()
            if self._position.head.seq - self._taken >= self._every:
                self._take()
        except (OSError, JournalError) as error:
            self._is_over = True  # the next start reads what is there, and says what is wrong
            self._system.log_for(GUARDIAN).failure("no snapshot of the journal is taken", error)

    def _follow(self) -> None:
        scan = Scan(DiskFolder(self._journal), after=self._position)
        for count, record in enumerate(scan, start=1):
            self._fold.take(record.at_ns, CODEC.decode(record.type, record.data))
            if count == AT_ONCE:
                break
        self._position = scan.position

    def _take(self) -> None:
        """Write a snapshot and have the journal name it."""
        state, head = self._fold.state(), self._position.head
        data = STATES.encode(state)
        digest = write_snapshot(self._journal, self._position, fold_version(), data)
        self._taken = head.seq
        keep_newest(self._journal, self._used)
        self._system.announce(SnapshotTaken(head.seq, head.hash, digest))

    def _tell(self, folded: Folded) -> None:
        """Say once of each snapshot that the start could not use why, and put it aside."""
        log = self._system.log_for(GUARDIAN)
        for file, why in folded.unused:
            log.info(
                "snapshot not used, the journal was read instead", file=file.name, why=str(why)
            )
            try:
                put_aside(file)
            except OSError as error:
                log.failure("a snapshot can't be put aside", error)
