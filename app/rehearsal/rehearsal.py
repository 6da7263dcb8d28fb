"""A rehearsal from its begin to its verdict; each step reads what the one before has left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from attrs import evolve, frozen

from adapters.control.files import read_json
from adapters.control.instances import InstanceRunning, holder, is_running
from adapters.journal.segments import read_records
from adapters.shadow.records import FOLDER as SHADOWS
from adapters.shadow.records import files_in
from adapters.shadow.records import read_records as shadow_records
from app.command_line.options import Folders, TradeOptions
from app.rehearsal.certificate import Certifier
from app.rehearsal.collecting import RehearsalPlaces, measured, not_played
from app.rehearsal.drill import BY_HAND
from app.rehearsal.drill_run import CARD
from app.rehearsal.drilling import Drilling, DrillOutcome, read_outcome
from app.rehearsal.drills import by_hand, drills
from app.rehearsal.outcome import RehearsalOutcome, Shadowed
from app.rehearsal.page import page
from app.rehearsal.report import NAME, PAGE, markdown
from app.rehearsal.running import RehearsedRun, Show, seconds
from app.rehearsal.starting import folder_words, trade_options
from app.rehearsal.state import VIRTUAL, RehearsalFolder, RehearsalState
from app.results.shadow import ShadowResults, interval
from app.run.recovery import JOURNAL
from app.selftest.proof import prove
from config.mode import Mode
from domain.model.figures import percent, signed
from domain.model.instants import SECOND, iso
from domain.model.secrets import redacted
from domain.rehearsal.judge import judge

Hear = Callable[[str], None]


@frozen(kw_only=True)
class Rehearsal:
    """One rehearsal: what was asked for, the options that the trader makes of it, and the folders
    as they were given.
    """

    state: RehearsalState
    options: TradeOptions
    folders: Folders

    @property
    def places(self) -> RehearsalPlaces:
        """Return where it is."""
        return places_of(self.options)

    @property
    def change(self) -> str:
        """Return how it differs from the program and configuration that it was begun with."""
        then, now = self.state.config_hash, self.options.config.config_hash
        return "" if then == now else f"{then} -> {now}"

    def drill(self, hear: Hear) -> list[DrillOutcome]:
        """Play every drill, then by hand what none of them fires; what was played is read."""
        config, options = self.options.folders.config, self.options
        home = self.places.own.drills
        drilling = Drilling(home, config, options.sets, options.config.config_hash)
        found = drilling.play(drills(), (), hear)
        missing = not_played(options.config, found)
        last = by_hand(missing)
        return found if last is None else [*found, *drilling.play([last], missing, hear)]

    def run(self, show: Show) -> int | None:
        """Run what is left of it; return the exit code of the trader, None: nothing was left."""
        record = self.judged().measured.record
        places, interval_ns = self.places, self.state.interval_ns
        run = RehearsedRun(places.mode_folder, places.own, record.cycles, interval_ns)
        if run.is_alive:
            run.attach(show)
            record = self.judged().measured.record
        left_ns = self.state.length_ns - record.ran_ns
        if left_ns < self.state.interval_ns:
            return None
        words = ("--env=paper", *self.state.words, f"--duration={seconds(left_ns)}")
        more = ("--no-dashboard", "--plain", *folder_words(self.folders))
        return run.start((*words, *more), show)

    def refuse_others(self) -> None:
        """Look whether a trader runs there that is no part of the rehearsal.

        Raises:
            InstanceRunning: one does.
        """
        folder = self.places.mode_folder
        known = holder(folder)
        if is_running(folder) and (known is None or known.started < self.state.begun):
            who = str(known) if known else "unknown"
            raise InstanceRunning(
                f"another instance runs on {folder}: {who}; it is no part of the rehearsal: "
                "stop it first, or use another --data-dir"
            )

    def judged(self) -> RehearsalOutcome:
        """Return what there is so far, with its verdict.

        Raises:
            JournalBroken: the journal is damaged.
            OSError: it can't be read.
        """
        own, config = self.places.own, self.options.config
        outcomes = tuple(played(own, self.state.config_hash))
        found = measured(self.places, self.state, config, outcomes, prove(config))
        return RehearsalOutcome(
            state=self.state,
            measured=found,
            verdict=judge(found),
            drills=outcomes,
            samples=own.samples(),
            shadow=shadowed(self.places.mode_folder, self.state),
        )

    def settled(self, certifier: Certifier | None = None) -> RehearsalOutcome:
        """Return the outcome, with its certificate; the reports are written into the log folder.

        Raises:
            JournalBroken: the journal is damaged.
            OSError: something can't be read or written.
        """
        outcome, log = self.judged(), self.options.folders.log
        asks = certifier or Certifier(environment=os.environ, wall_ns=time.time_ns)
        outcome = evolve(outcome, certificate=asks.words(outcome, self.options))
        log.mkdir(parents=True, exist_ok=True)
        for name, text in ((NAME, markdown(outcome)), (PAGE, page(outcome))):
            fresh = log / f"{name}.new"
            fresh.write_text(redacted(text), encoding="utf-8")
            fresh.replace(log / name)
        return outcome


def places_of(options: TradeOptions) -> RehearsalPlaces:
    """Return where a rehearsal with these options is."""
    folders = options.folders
    return RehearsalPlaces(
        mode_folder=folders.of_mode(Mode.PAPER), log=folders.log, world=folders.address.name
    )


def begun(words: tuple[str, ...], length_ns: int, folders: Folders) -> Rehearsal:
    """Return a rehearsal that begins now; what an earlier one has left is put aside.

    Raises:
        TradingError, click.UsageError: the options are wrong, as for the trader.
        JournalBroken: the journal there is damaged.
        OSError: it can't be written.
    """
    options = trade_options(words, folders)
    places = places_of(options)
    state = RehearsalState(
        begun=iso(time.time_ns()),
        after_seq=_head(places.mode_folder / JOURNAL),
        length_ns=length_ns,
        interval_ns=options.config.policy.loop.interval_seconds * SECOND,
        speed=VIRTUAL if options.speed is None else f"{options.speed:f}",
        config_hash=options.config.config_hash,
        words=words,
    )
    places.own.put_aside()
    places.own.write(state)
    return Rehearsal(state=state, options=options, folders=folders)


def found(folders: Folders) -> Rehearsal | None:
    """Return the newest rehearsal below the data folder, None where there is none.

    Raises:
        TradingError, click.UsageError: its options are wrong by now.
    """
    kept: list[tuple[str, RehearsalState]] = []
    for home in folders.homes:
        state = RehearsalFolder(home / Mode.PAPER.value).read()
        if state is not None:
            kept.append((state.begun, state))
    if not kept:
        return None
    state = max(kept, key=lambda each: each[0])[1]
    return Rehearsal(state=state, options=trade_options(state.words, folders), folders=folders)


def played(own: RehearsalFolder, config_hash: str) -> Iterable[DrillOutcome]:
    """Yield what every drill has left, in the order in which they are played.

    What was played by another program or configuration proves nothing of this one.
    """
    for name in (*(each.name for each in drills()), BY_HAND):
        folder = own.drills / name
        if (read_json(folder / CARD) or {}).get("hash") == config_hash:
            yield read_outcome(folder)
        elif folder.is_dir():
            yield DrillOutcome(name, (), "it was played by another program or configuration")


def shadowed(mode_folder: Path, state: RehearsalState) -> Shadowed | None:
    """Return how the shadow of the rehearsal has decided, None where it has none.

    Of a rehearsal that went on after a break only the last part has a shadow that knows it all.
    """
    files = files_in(mode_folder / SHADOWS)
    if not files or not any(word.startswith("--shadow=") for word in state.words):
        return None
    results = ShadowResults()
    for record in shadow_records(files[-1]):
        results.take(record)
    if results.begun is None:
        return None
    primary, shadow = results.pnl
    between = interval(results.points)
    return Shadowed(
        decisions=results.decisions,
        agreement=percent(results.agreement_pct),
        difference=signed(shadow - primary),
        interval=None if between is None else (signed(between[0]), signed(between[1])),
        currency=str(results.begun["currency"]),
    )


def _head(journal: Path) -> int:
    last = 0
    for record in read_records(journal):
        last = record.seq
    return last
