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
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

from adapters.journal.files import DiskSegment
from adapters.simulator.engine.wire import PREFIX
from adapters.venues.transport.inprocess import Errand, Reply
from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.control import LIQUIDATION as SOLD
from domain.messages.conversion import ConversionIntended
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId, base_of
from tests.builders.books import assert_we_agree_with_the_venue, state_of
from tests.builders.operator import order
from tests.builders.price_paths import TO_STOP, TO_TARGET, USUAL_LINES, Line, script
from tests.builders.world import Setting, World

NOT_WRITTEN, HALF_WRITTEN, WRITTEN = "not written", "half written", "written"
POWER_LOST, SYNCED = "power lost before the sync", "synced"
NOT_THERE, DONE_THERE = "the venue has not got it", "the venue has done it"
POWER_THERE = "the venue has done it, power lost"
COMMIT = "commit"
LEAST_S = 5.0
"""Seconds of market time that a start has to find the truth, however late it is."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
READY = re.compile(r"^READY .* entries=(on|blocked by=(unknown_order|liquidation)) ")
"""A request cut off blocks its product until the venue has answered what became of it; after a
liquidation nothing is bought until somebody resumes."""
LIQUIDATION_TRIES = 20


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
        what = f"{method} {_ID.sub('ID', path.removeprefix(PREFIX))}"

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


@frozen
class Session:
    """A scripted session that is cut: what trades, for how many seconds of market time.

    At `liquidates_s` everything is ordered to be sold, as `liquidate --emergency` orders it.
    """

    name: str
    lines: tuple[Line, ...]
    seconds: float
    sets: tuple[str, ...] = ()
    liquidates_s: float | None = None

    @property
    def code(self) -> int:
        """Return the exit code of its orderly end: a liquidation halts."""
        return 0 if self.liquidates_s is None else 3

    def setting(self, folder: Path, begun_s: float = 0.0) -> Setting:
        """Return what is left of the session from `begun_s` on, in a folder of its own."""
        seconds = max(LEAST_S, self.seconds - begun_s)
        market, duration_ns = script(self.lines), Nanos(int(seconds * SECOND))
        return Setting(folder=folder, market=market, sets=self.sets, duration_ns=duration_ns)


FOLLOWED = Line(
    "AVAX-USD",
    (
        (60, "100"),
        (110, "102"),
        (122, "102"),
        (124, "102.10"),
        (142, "102.10"),
        (144, "101.50"),
        (330, "101.50"),
        (340, "108"),
    ),
    (1,),
)
"""Leaves its entry behind, which follows; what is bought rises until its stop is raised."""
TRADING = Session("trading", (*USUAL_LINES, FOLLOWED), 400.0, ("policy.exits.trailing_stop_pct=4",))
"""Entries that fill whole, in parts, follow the market, or are cancelled at their time to live;
stops at the venue, also raised; sales at target, stop and longest hold; an orderly end."""
LIQUIDATION = Session("liquidation", (TO_STOP, TO_TARGET), 160.0, liquidates_s=135.0)
"""Two lots with stops at the venue, all of it sold at once; nothing is bought after it."""
SESSIONS = (TRADING, LIQUIDATION)


def run_until_cut(session: Session, setting: Setting, cut: Cut) -> tuple[int | None, float]:
    """Run to the end or to the cut; return the exit code (None: vanished), and when that was."""
    with cut_journal(cut), CutWorld(setting, cut) as world:
        try:
            world.start()
            _liquidate(session, world)
            code = world.run_to_end()
        except Vanished:
            code = None
        return None if cut.is_gone else code, world.now_s


def _liquidate(session: Session, world: World) -> None:
    """Order the liquidation of a session that has one, as often as the command would."""
    at_s = session.liquidates_s
    if at_s is None:
        return
    world.until(lambda: world.now_s >= at_s)
    tries = LIQUIDATION_TRIES
    while order(world, "liquidate", "emergency").code != 0 and tries:
        tries -= 1


def edges_of(folder: Path, session: Session = TRADING) -> list[Edge]:
    """Return every edge of the session, in order."""
    cut = Cut()
    code, _ = run_until_cut(session, session.setting(folder), cut)
    assert code == session.code, "the session does not end well even if nothing is cut"
    return cut.met


def cut_session(
    folder: Path, first: int, second: int | None = None, session: Session = TRADING
) -> tuple[list[Edge], list[str]]:
    """Let the process vanish at edge `first`, and its recovery at edge `second` of its own.

    Returns where it was cut, and what was not as it has to be after the last start.
    """
    cut = Cut(first)
    _, vanished_s = run_until_cut(session, session.setting(folder), cut)
    assert cut.is_gone, f"the session has no edge {first}"
    places = [cut.met[-1]]
    if second is not None:
        again = Cut(second)
        _, vanished_s = run_until_cut(session, session.setting(folder, vanished_s), again)
        places += again.met[-1:] if again.is_gone else []
    return places, _problems(session, folder, vanished_s)


def _problems(session: Session, folder: Path, vanished_s: float) -> list[str]:
    """Start again, run to the end of the session, and return what is not as it has to be.

    The venue has one order for each intent and no other; our books have its fills and balances to
    the last digit; the journal verifies; nothing is blocked at the end, and after a liquidation
    nothing is owned.
    """
    found: list[str] = []
    with World(session.setting(folder, vanished_s)).start() as last:
        _liquidate(session, last)
        code = last.run_to_end()
        if code != session.code:
            found.append(f"exit code {code}: {last.alerts()[-1:]}")
        if not READY.search(last.said[0]):
            found.append(last.said[0])
        expected = set() if session.liquidates_s is None else {SOLD}
        opened = {each.name for each in last.runtime.board.open}
        if opened != expected:
            found.append(f"blocked at the end: {last.runtime.board.open}")
        if expected and _owned(last):
            found.append(f"still owned after the liquidation: {_owned(last)}")
        found += _conversion_problems(last)
        try:
            assert_we_agree_with_the_venue(last)
        except AssertionError as error:
            found.append(str(error).partition("\n")[0])
        journal = last.mode_folder / JOURNAL
    return found + [str(each) for each in check(journal).problems]


def _conversion_problems(world: World) -> list[str]:
    """Return what is wrong with conversions: more than the sales brought, more than one carried
    out, one that nobody wrote down before, or one of which we hold true what the venue does not.
    """
    state, there = state_of(world).proceeds, world.books()["conversions"]
    written = {each.conversion.trade_id for each in said(world, ConversionIntended)}
    done = [each for each in there if each["status"] == "TRADE_STATUS_COMPLETED"]
    moved = sum((Decimal(each["amount"]) for each in done), Decimal(0))
    found = [f"{len(done)} conversions were carried out"] if len(done) > 1 else []
    if not {each["trade_id"] for each in done} <= written:
        found.append("a conversion was carried out that nobody had written down")
    doubtful = sum((each.amount for each in state.pending), Decimal(0))
    if not state.converted <= moved <= state.converted + doubtful:
        found.append(f"converted: {moved}, written down: {state.converted}, open {doubtful}")
    if moved > state.amount:
        found.append(f"converted {moved} of {state.amount} that the sales brought")
    return found


def said(world: World, kind: type) -> list[Any]:
    """Return the records of one kind in a world's journal."""
    return [message for _, message in world.messages() if isinstance(message, kind)]


def _owned(world: World) -> dict[str, Decimal]:
    coins = {base_of(ProductId(line.name)) for line in USUAL_LINES}
    return {coin: total for coin in coins if (total := world.venue_total(coin))}
