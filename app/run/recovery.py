"""Opening the journal: every start checks all of it and folds it into the state."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from attrs import evolve, frozen

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Meter
from adapters.control.anchor import (
    AnchorFile,
    JournalAnchor,
    JournalEnd,
    SeenHead,
    differing,
    lost,
)
from adapters.control.halt_note import HaltNote
from adapters.control.instances import InstanceLock, InstanceRunning
from adapters.control.kill_switch import FILE, remove_kill
from adapters.journal.codec import CodecError
from adapters.journal.recorder import Recorder
from adapters.journal.segments import open_journal
from app.run.folding import CODEC as CODEC
from app.run.folding import Folded, fold_journal
from app.run.heads import end_of
from domain.messages.control import RESUME, OperatorActed
from domain.messages.journal import JournalReopened, RunStarted, RunStopped
from domain.messages.supervision import BY_OPERATOR, BreakerReset, BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.errors import JournalError, TradingError
from domain.model.instants import Nanos, iso
from domain.system.pause import (
    NOT_PAUSED,
    PAUSE,
    PAUSED,
    UNPAUSE,
    UNPAUSED,
    is_paused,
    pausing,
    resumable,
)
from domain.system.recovery import JournalFold, Recovered
from domain.system.ways_out import sentences
from domain.universe.orders import VERBS, Deed, deed_of, told

JOURNAL = "journal"
SHORTENED = "journal_shortened"
"""Name of the breaker when the journal holds less than it once did."""


@frozen
class JournalPlace:
    """Where a run's journal is and how its records are stamped. `machine` ages receipts.

    `anchor_file` knows the journal's head outside of its folder; None where nothing may be kept.
    `seen` gives the heads that others saw after that UTC wall time in nanoseconds. `meter` times
    what is written.
    """

    folder: Path
    run: RunStarted
    quote_currency: str
    machine: Callable[[], Nanos]
    market: Callable[[], Nanos]
    wall: Callable[[], int] | None
    anchor_file: AnchorFile | None = None
    seen: Callable[[int], tuple[SeenHead, ...]] = lambda _: ()
    meter: Meter | None = None

    @property
    def journal(self) -> Path:
        """Return the folder of the segments."""
        return self.folder / JOURNAL

    @property
    def config(self) -> str | None:
        """Return the hash that every record carries."""
        return self.run.config_hash or None


@frozen
class Wish:
    """What an operator orders and why; of `subject`, for so many `hours`, where it asks for it."""

    verb: str
    reason: str
    subject: str
    hours: int


@frozen
class Opened:
    """The journal, open for writing, and the state that it tells."""

    recorder: Recorder
    recovered: Recovered
    place: JournalPlace
    folded: Folded
    settled_ns: int = 0
    """UTC wall time up to which what others saw of the journal was compared."""

    def close(self) -> None:
        """Make the last records durable and end.

        Raises:
            JournalError: they could not be written.
        """
        self.recorder.close()

    def anchor(self) -> JournalAnchor:
        """Return what is on disk now, to be known outside of the journal's folder."""
        head, known = self.recorder.durable, self.recovered
        number = max(self.recorder.number, known.next_number - 1)
        return JournalAnchor(
            known.lineage, head.seq, head.hash, known.world, number, self.settled_ns
        )

    def reread(self) -> Recovered:
        """Return the state that the journal tells now, while its writer goes on.

        Raises:
            JournalError: the chain is broken.
        """
        state = folded_of(self.place).fold.result()
        return evolve(state, lineage=self.recovered.lineage)

    def reopen(self, kept: Sequence[Envelope]) -> Recovered:
        """End the segment of a dead writer, begin the next one, write what waited, fold it all.

        Raises:
            JournalError: the old writer's last write is not known to have ended, or the chain is
                broken, or the new segment can't be written.
        """
        if not self.recorder.fence():
            raise JournalError("the journal can't be written; only a new start finds out why")
        place = self.place
        journal, _ = open_journal(
            place.journal,
            CODEC.encode(JournalReopened("writer rebuilt")),
            at_ns=place.market(),
            config=place.config,
            wall=place.wall,
            read=folded_of(place).scan,
            is_same_run=True,
        )
        self.recorder.go_on_with(journal)
        for envelope in kept:
            if self.recorder.keeps(envelope):
                self.recorder.append(envelope)
        self.recorder.commit(())
        return self.reread()


def open_state(place: JournalPlace, *, lineage: str | None = None) -> Opened:
    """Verify and fold the journal of the mode's folder, and begin a new segment.

    Raises:
        JournalError: the chain is broken or can't be written.
    """
    known, at_ns = _known_of(place), place.market()
    folded = folded_of(place, known.numbers)
    state = JournalFold.after(folded.fold.state())
    journal, found = open_journal(
        place.journal,
        CODEC.encode(place.run),
        at_ns=at_ns,
        config=place.config,
        lineage=lineage,
        wall=place.wall,
        read=folded.scan,
    )
    last_ns = state.last_ns
    state.take(at_ns, place.run)
    recorder = Recorder(journal, CODEC, place.machine, place.meter)
    _take_note(HaltNote(place.folder), recorder, state, at_ns)
    before = found.lineage if found.records else None
    read = folded.scan
    missing = known.missing(place, end_of(before, read.end, read.spots, read.former))
    if missing is not None:
        _halt(SHORTENED, missing, recorder, state, at_ns)
    recovered = evolve(state.result(), lineage=found.lineage, last_ns=last_ns)
    anchor, settled_ns = known.anchor, known.settled_ns
    if missing is not None and place.wall is not None:
        settled_ns = place.wall()
    if anchor is not None and anchor.lineage == found.lineage:  # no number is ever used again
        recovered = evolve(recovered, next_number=max(recovered.next_number, anchor.number + 1))
    return Opened(recorder, recovered, place, folded, settled_ns)


def folded_of(place: JournalPlace, wanted: Collection[int] = ()) -> Folded:
    """Check and fold the journal of `place`; of the `wanted` records the places are found.

    Raises:
        JournalError: the chain is broken or can't be read.
    """
    try:
        return fold_journal(place.journal, place.quote_currency, wanted)
    except OSError as error:
        raise JournalError(f"the journal can't be opened: {error}") from error


@frozen
class _Known:
    """What is known of a journal outside of its folder, before it is read."""

    anchor: JournalAnchor | None
    seen: tuple[SeenHead, ...]

    @property
    def settled_ns(self) -> int:
        return 0 if self.anchor is None else self.anchor.settled_ns

    @property
    def numbers(self) -> set[int]:
        """Return the numbers of the records whose hashes are known."""
        own = set() if self.anchor is None else {self.anchor.seq}
        return own | {each.seq for each in self.seen}

    def missing(self, place: JournalPlace, end: JournalEnd) -> str | None:
        """Return in a sentence how the journal differs from what is known of it, None if not."""
        told = lost(self.anchor, place.run.world, end)
        if told is None and place.anchor_file is not None:
            told = place.anchor_file.damage()
        return told or next(iter(differing(self.seen, end)), None)


def _known_of(place: JournalPlace) -> _Known:
    if place.anchor_file is None:
        return _Known(None, ())
    anchor = place.anchor_file.read()
    return _Known(anchor, place.seen(0 if anchor is None else anchor.settled_ns))


def _take_note(note: HaltNote, recorder: Recorder, state: JournalFold, at_ns: Nanos) -> None:
    """Write down the halts that were left for this journal."""
    left = noted(note, at_ns)
    for breaker in left:
        _trip(breaker, recorder, state, at_ns)
    if left:
        note.remove()


def noted(note: HaltNote, at_ns: Nanos) -> tuple[Breaker, ...]:
    """Return the halts that were left for the next journal; what can't be read is a halt too."""
    left = note.read()
    if left is None:
        return ()
    try:
        carried = [CODEC.decode(BreakerTripped.__name__, each).breaker for each in note.carried()]
    except (CodecError, AttributeError, TypeError):
        carried = []
    return tuple(carried) or (_latch(*left, at_ns),)


def _halt(name: str, reason: str, recorder: Recorder, state: JournalFold, at_ns: Nanos) -> None:
    """Put a halt on record that needs a person."""
    _trip(_latch(name, reason, at_ns), recorder, state, at_ns)


def _latch(name: str, reason: str, at_ns: Nanos) -> Breaker:
    return Breaker(
        name=name, scope=GLOBAL, effect=Effect.HALT, reason=reason, is_latched=True, at_ns=at_ns
    )


def _trip(breaker: Breaker, recorder: Recorder, state: JournalFold, at_ns: Nanos) -> None:
    recorder.append(_envelope(1, BreakerTripped(breaker), at_ns))
    recorder.commit(())
    state.take(at_ns, BreakerTripped(breaker))


def latched_in(folder: Path) -> tuple[Breaker, ...]:
    """Return what is latched for the mode of `folder` while nothing runs there.

    Raises:
        JournalError: the chain is broken, or can't be read.
    """
    try:
        found = fold_journal(folder / JOURNAL, "").fold.result().latched()
    except OSError as error:
        raise JournalError(f"the journal in {folder} can't be read: {error}") from error
    return (*found, *noted(HaltNote(folder), Nanos(0)))


def last_world(folder: Path) -> str:
    """Return the world of the newest run in the journal of `folder`, "" if there is none.

    Raises:
        JournalError: the chain is broken.
    """
    try:
        return fold_journal(folder / JOURNAL, "").fold.result().world
    except OSError as error:
        raise JournalError(f"the journal in {folder} can't be read: {error}") from error


def operate_offline(
    folder: Path,
    signals: Sequence[Path],
    verb: str,
    reason: str,
    *,
    subject: str = "",
    hours: int = 0,
) -> tuple[int, list[str]]:
    """Do what an operator orders while nothing runs in `folder`: `resume`, `pause`, `unpause`, and
    what `domain/universe/orders.py` has, of `subject` for so many `hours`.

    A `resume` removes the signal files in the folders `signals`, and the next start still has to
    reconcile clean. Returns the exit code and what to tell.

    Raises:
        OSError: a file can't be written or removed.
    """
    lock = InstanceLock(folder)
    try:
        lock.acquire(iso(time.time_ns()))
    except InstanceRunning as error:
        return 5, [str(error)]
    try:
        return _operate(folder, signals, Wish(verb, reason, subject, hours))
    except (JournalError, TradingError) as error:
        return 1, [f"{verb}: nothing was done: {error}"]
    finally:
        lock.release()


def _operate(folder: Path, signals: Sequence[Path], wish: Wish) -> tuple[int, list[str]]:
    run, anchor_file = RunStarted(folder.name, "none", "", "", "", 0), AnchorFile(folder)
    now_ns = newest_ns(folder)
    opened = open_state(
        JournalPlace(
            folder=folder,
            run=run,
            quote_currency="",
            machine=lambda: Nanos(time.monotonic_ns()),
            market=lambda: Nanos(now_ns),
            wall=time.time_ns,
            anchor_file=anchor_file,
        )
    )
    try:
        events, lines = _ordered(wish, opened.recovered.latched(), Nanos(now_ns))
        deed = [OperatorActed(wish.verb, wish.reason)] if events else []
        for number, body in enumerate((*deed, *events, RunStopped("operator", 0, 0, 0)), start=1):
            opened.recorder.append(_envelope(number, body, now_ns))
        opened.recorder.commit(())
        anchor_file.write(opened.anchor())
    finally:
        opened.close()
    is_resume = wish.verb == RESUME
    gone = [f"{each / FILE} removed" for each in signals if is_resume and remove_kill(each)]
    if gone and not events:
        return 0, gone
    return 0, [*lines, *gone]


def _ordered(
    wish: Wish, latched: Sequence[Breaker], now_ns: Nanos
) -> tuple[list[BreakerTripped | BreakerReset | Deed], list[str]]:
    """Return what an order changes, for the record, and what to tell of it.

    Raises:
        OrderInvalid: it can't be carried out.
    """
    verb, reason = wish.verb, wish.reason
    if verb in VERBS:
        deed = deed_of(verb, wish.subject, reason, wish.hours, now_ns)
        return [deed], [told(deed)]
    if verb == PAUSE:
        return [BreakerTripped(pausing(reason, now_ns))], [f"{PAUSED}; also in the next start"]
    pauses = [each for each in latched if is_paused([each])]
    ended = pauses if verb == UNPAUSE else resumable(latched)
    resets = [BreakerReset(each.name, each.scope, BY_OPERATOR, reason) for each in ended]
    if verb == UNPAUSE:
        return [*resets], [UNPAUSED if resets else NOT_PAUSED, *sentences(resumable(latched))]
    names = ", ".join(each.name for each in ended)
    resumed = f"resumed: {names}; the next start has to reconcile clean"
    return [*resets], [resumed if resets else "nothing is latched", *sentences(pauses)]


def newest_ns(folder: Path) -> int:
    """Return the newest market time in the journal of `folder`; without one, the wall clock's."""
    return fold_journal(folder / JOURNAL, "").fold.last_ns or time.time_ns()


def _envelope(number: int, body: object, at_ns: int) -> Envelope:
    return Envelope(number, body, "operator", 0, number, 0, Nanos(at_ns))
