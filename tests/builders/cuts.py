"""A process that vanishes at one edge of one run: around a write to the journal, or a request.

After the cut nothing of it has an effect any more: what the same step would still have written or
sent is dropped, and before the next step the run ends. The venue goes on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import define, evolve, field, frozen

from adapters.journal.files import DiskSegment
from adapters.simulator.engine.wire import PREFIX
from adapters.venues.transport.inprocess import Errand, Reply
from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.model.instants import SECOND, Nanos
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import script
from tests.builders.world import Setting, World

NOT_WRITTEN, HALF_WRITTEN, WRITTEN = "not written", "half written", "written"
POWER_LOST, SYNCED = "power lost before the sync", "synced"
NOT_THERE, DONE_THERE = "the venue has not got it", "the venue has done it"
POWER_THERE = "the venue has done it, power lost"
COMMIT = "commit"
LEAST_S = 5.0
"""Seconds of market time that a start has to find the truth, however late it is."""
READY = re.compile(r"^READY .* entries=(on|blocked by=unknown_order) ")
"""A request cut off blocks its product until the venue has answered what became of it."""


class Vanished(BaseException):
    """The process is gone: nothing of it runs any more."""


@frozen
class Edge:
    """What was being done when the process may vanish, and how far it was."""

    what: str
    where: str


@define
class Cut:
    """The edges that a run has met, and after how many its process vanishes; None: never."""

    after: int | None = None
    met: list[Edge] = field(factory=list)
    is_gone: bool = False
    synced: dict[int, int] = field(factory=dict)
    """Bytes that survive a power cut, by the handle of their file."""

    def meets(self, what: str, where: str) -> bool:
        """Take note of an edge; tell whether the process is gone from here on."""
        if not self.is_gone:
            self.is_gone = len(self.met) == self.after
            self.met.append(Edge(what, where))
        return self.is_gone

    def lose_power(self) -> None:
        """Take away what was written and not synced."""
        for handle, size in self.synced.items():
            os.ftruncate(handle, size)


class CutWorld(World):
    """A world whose process vanishes where `cut` says."""

    def __init__(self, setting: Setting, cut: Cut) -> None:
        self.cut = cut
        super().__init__(setting)
        self.before_step = self._look

    def _look(self) -> None:
        if self.cut.is_gone:
            raise Vanished

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        passed, cut = super()._ask(method, path, query, body), self.cut
        what = f"{method} {path.removeprefix(PREFIX)}"

        def run() -> Reply | None:
            if cut.is_gone or cut.meets(what, NOT_THERE):
                return None
            answer = passed.run()
            if cut.meets(what, DONE_THERE):
                return None
            if cut.meets(what, POWER_THERE):
                cut.lose_power()
                return None
            return answer

        return evolve(passed, run=run) if method == "POST" else passed


@contextmanager
def cut_journal(cut: Cut) -> Iterator[None]:
    """Let writes to journals meet `cut`."""
    write, sync, close = DiskSegment.write, DiskSegment.sync, DiskSegment.close

    def cut_write(segment: DiskSegment, data: bytes) -> None:
        if cut.is_gone:
            return
        what = str(json.loads(data)["type"])
        cut.synced.setdefault(segment._handle, 0)
        if cut.meets(what, NOT_WRITTEN):
            return
        if cut.meets(what, HALF_WRITTEN):
            write(segment, data[: len(data) // 2])
            return
        write(segment, data)
        cut.meets(what, WRITTEN)

    def cut_sync(segment: DiskSegment) -> None:
        if cut.is_gone:
            return
        if cut.meets(COMMIT, POWER_LOST):
            cut.lose_power()
            return
        sync(segment)
        cut.synced[segment._handle] = os.fstat(segment._handle).st_size
        cut.meets(COMMIT, SYNCED)

    def cut_close(segment: DiskSegment) -> None:
        cut.synced.pop(segment._handle, None)
        close(segment)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DiskSegment, "write", cut_write)
        patch.setattr(DiskSegment, "sync", cut_sync)
        patch.setattr(DiskSegment, "close", cut_close)
        yield


def run_until_cut(setting: Setting, cut: Cut) -> tuple[int | None, float]:
    """Run to the end or to the cut; return the exit code (None: vanished), and when that was."""
    with cut_journal(cut), CutWorld(setting, cut) as world:
        try:
            world.start()
            code = world.run_to_end()
        except Vanished:
            code = None
        return None if cut.is_gone else code, world.now_s


END_S = 400.0
"""Market time of the session: four entries, filled whole, in parts, or cancelled at their time to
live; sales at target, stop and longest hold; an orderly end."""


def session(folder: Path, seconds: float = END_S) -> Setting:
    """Return the session that is cut, in a folder of its own."""
    return Setting(folder=folder, market=script(), duration_ns=Nanos(int(seconds * SECOND)))


def edges_of(folder: Path) -> list[Edge]:
    """Return every edge of the session, in order."""
    cut = Cut()
    code, _ = run_until_cut(session(folder), cut)
    assert code == 0, "the session does not end well even if nothing is cut"
    return cut.met


def cut_session(
    folder: Path, first: int, second: int | None = None
) -> tuple[list[Edge], list[str]]:
    """Let the process vanish at edge `first`, and its recovery at edge `second` of its own.

    Returns where it was cut, and what was not as it has to be after the last start.
    """
    cut = Cut(first)
    _, vanished_s = run_until_cut(session(folder), cut)
    assert cut.is_gone, f"the session has no edge {first}"
    places = [cut.met[-1]]
    if second is not None:
        again = Cut(second)
        _, vanished_s = run_until_cut(session(folder, _left_s(vanished_s)), again)
        places += again.met[-1:] if again.is_gone else []
    return places, _problems(folder, vanished_s)


def _left_s(vanished_s: float) -> float:
    return max(LEAST_S, END_S - vanished_s)


def _problems(folder: Path, vanished_s: float) -> list[str]:
    """Start again, run to the end of the session, and return what is not as it has to be.

    The venue has one order for each intent and no other; our books have its fills and balances to
    the last digit; the journal verifies; nothing is blocked at the end.
    """
    found: list[str] = []
    with World(session(folder, _left_s(vanished_s))).start() as last:
        code = last.run_to_end()
        if code != 0:
            found.append(f"exit code {code}: {last.alerts()[-1:]}")
        if not READY.search(last.said[0]):
            found.append(last.said[0])
        if last.runtime.board.open:
            found.append(f"blocked at the end: {last.runtime.board.open}")
        try:
            assert_we_agree_with_the_venue(last)
        except AssertionError as error:
            found.append(str(error).partition("\n")[0])
        journal = last.mode_folder / JOURNAL
    return found + [str(each) for each in check(journal).problems]
