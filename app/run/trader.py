"""One run of the trader: start, live, stop in reverse; what differs with time is in the ports."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial
from pathlib import Path

import click
from attrs import evolve

from actors.kernel.ports import VenueReader
from actors.kernel.topology import GUARDIAN
from actors.trading.last_gate import LastGate
from adapters.alerts.file import AlertFile
from adapters.control.anchor import AnchorFile
from adapters.control.halt_note import HaltNote
from adapters.control.kill_switch import FileHaltSignal, by_signal, write_kill
from adapters.control.requests import FileControlInbox
from adapters.control.status import FileStatusBoard
from adapters.telemetry.bars import BARS, BarFiles
from adapters.telemetry.books import BOOKS, BookFiles
from adapters.telemetry.terminal import Terminal
from adapters.venues.coinbase.gateway import CoinbaseGateway
from app.command_line.options import TradeOptions
from app.configuration.changes import record_start
from app.run import settings
from app.run.anchor_watch import AnchorWatch
from app.run.guardian import Guardian, Run, Status
from app.run.guardian_inbox import GuardianInbox
from app.run.heads import heads_seen
from app.run.journal_watch import JournalWatch
from app.run.lifecycle import RunLifecycle
from app.run.metrics_watch import metrics_watch
from app.run.mode_gate import refused_books
from app.run.ports import NotStarted, RunPorts
from app.run.recovery import JournalPlace, Opened, open_state
from app.run.snapshot_watch import SnapshotWatch
from app.run.stop_request import KILL, StopRequest
from app.run.watches import SupervisorWatch, Watches
from app.run.wiring import Ports, RunPlan, build, recipes
from app.selftest.proof import Proof, prove
from config.mode import Mode
from domain.messages.journal import RunStarted
from domain.model.instants import iso
from domain.system.ways_out import REPORT

Say = Callable[[str], None]
Show = Callable[[Sequence[str]], None]
REFUSED = 4
"""Exit code of a start that a gate refuses."""


def run(options: TradeOptions, say: Say, terminal: Terminal) -> int:
    """Trade until something ends it; return the exit code of the command-line contract."""
    stop = StopRequest()
    _listen(options.folders.home, stop)
    try:
        with _ports_of(options, stop) as ports:
            terminal.market = ports.system.clock.market_ns
            code, last = _trade(ports, options, stop, say, terminal.show)
            _show_results(options, last, terminal)
            return code
    except NotStarted as error:
        click.echo(options.folders.address.put(str(error)), err=True)
        return error.exit_code


def _trade(
    ports: RunPorts, options: TradeOptions, stop: StopRequest, say: Say, show: Show
) -> tuple[int, Status]:
    """Start one thing after the other, live, and undo all of it in reverse.

    Returns the exit code, and the status that the STOPPED line told.
    """
    options = ports.options or options
    place = place_of(options, ports)
    with ExitStack() as undo:
        opened = undo.enter_context(closing(open_state(place, lineage=ports.lineage)))
        wrong = refused_books(opened.recovered, options.config.app.quote.value)
        if wrong is not None:
            raise NotStarted(wrong, REFUSED)
        _tell_changes(ports, options)
        if place.anchor_file is not None:
            place.anchor_file.prune(time.time())
            anchor = AnchorWatch(ports.system, opened, place.anchor_file)
            undo.callback(anchor.write)
            ports.driver.attend(anchor.look)
            snapshots = SnapshotWatch(ports.system, place.journal, opened.folded)
            ports.driver.attend(snapshots.look)
        # Entered before the venue, so that the sentinel leaves after the last connection to it.
        watches = undo.enter_context(Watches(ports.driver.attend))
        venue = undo.enter_context(ports.connect(last_gate(ports, options, stop)))
        watches.begin(ports.watches(venue))
        told = undo.enter_context(ExitStack())  # what is left to do once no actor runs any more
        if options.shadow is not None:
            from app.shadow.begin import begin_shadow  # few runs have one

            undo.callback(begin_shadow(ports.system, options, opened.recovered).end)
        undo.callback(ports.stop)
        proof = ports.proof or self_test(options)
        guardian = start(ports, options, opened, venue, stop, say, show, proof)
        told.callback(guardian.leave_status)
        port, shown = options.config.app.metrics.port, guardian.published
        watches.begin(metrics_watch(ports.system, port, shown, guardian.begun.is_set))
        watches.is_orderly = lambda: guardian.is_confirmed
        undo.callback(guardian.publish)
        gc.freeze()
        guardian.live()
        return guardian.end(), guardian.last


def _tell_changes(ports: RunPorts, options: TradeOptions) -> None:
    """Say how the configuration differs from the last start's, and keep it for the next."""
    folders, log = options.folders, ports.system.log_for("config")
    folder, started = folders.of_mode(options.mode), iso(time.time_ns())
    for line in record_start(folder, options.config, folders.config, options.sets, started):
        text = folders.address.put(line.text)
        (log.warning if line.is_loud else log.info)(text)


def _show_results(options: TradeOptions, last: Status, terminal: Terminal) -> None:
    """Show people what came of it, after the line for programs."""
    from app.results.closing import closing as results  # reading back is needed at the end only

    folder = options.folders.of_mode(options.mode)
    terminal.show(results(folder, last, options.folders.address.put(REPORT)))


def _ports_of(options: TradeOptions, stop: StopRequest) -> AbstractContextManager[RunPorts]:
    """Return what this run stands on; the other kind of time is not even imported."""
    if options.mode is Mode.LIVE:
        from app.run.live_ports import live_ports

        return live_ports(options, stop)
    if options.is_virtual:
        from app.run.virtual_ports import virtual_ports

        return virtual_ports(options, stop)
    from app.run.thread_ports import thread_ports

    return thread_ports(options, stop)


def start(
    ports: RunPorts,
    options: TradeOptions,
    opened: Opened,
    venue: VenueReader,
    stop: StopRequest,
    say: Say,
    show: Show,
    proof: Proof | None,
) -> Guardian:
    """Start every actor and return the guardian that waits for READY.

    A guard that `proof` has found not to hold blocks entries.
    """
    system, driver, inbox = ports.system, ports.driver, GuardianInbox()
    system.listen(GUARDIAN, inbox.put)
    files = _file_ports(options, ports, opened, venue)
    known = opened.recovered
    run = Run(options=options, facts=ports.facts, say=say, show=show, recovered=known)
    journal, alerts, status = opened.recorder, files.alerts, files.status
    guardian = Guardian(run, system, driver, stop, inbox, journal, alerts, status)
    auto_resumes = settings.auto_resumes_of(options.config, options.mode)
    lifecycle = RunLifecycle(system, opened, inbox, driver.defer, auto_resumes)
    driver.attend(SupervisorWatch(system, lifecycle.revive_supervisor).look)
    driver.attend(guardian.watch)
    note = HaltNote(options.folders.of_mode(options.mode))
    driver.attend(JournalWatch(system, journal, note).look)
    plan = RunPlan(
        options=options,
        facts=ports.facts,
        publish_every_ns=ports.publish_every_ns,
        inbox=inbox,
        approvals=ports.approvals,
        has_begun=guardian.begun.is_set,
        guards_proven=None if proof is None else proof.counts,
    )
    lifecycle.recipes = recipes(system, files, plan, stop, lifecycle)
    is_liquidation = options.liquidates_since_s is not None
    build(system, options.config, lifecycle.recipes, known, sells_only=is_liquidation)
    for each in (None if proof is None else proof.breaker, ports.breaker):
        if each is not None:
            system.board.trip(evolve(each, at_ns=system.clock.market_ns()))
    return guardian


def self_test(options: TradeOptions) -> Proof | None:
    """Return what the guards of this configuration hold; None for a liquidation, which never buys.

    Before anything is started: it has actors of its own and touches nothing of the run.
    """
    if options.liquidates_since_s is not None:
        return None
    return prove(options.config, is_short=True)


def last_gate(ports: RunPorts, options: TradeOptions, stop: StopRequest) -> LastGate:
    """Return the last gate of this run: what every order is asked directly before it leaves."""
    system, halt_signal = ports.system, _halt_signal(options)
    return LastGate(
        system.board, system.clock, halt_signal, system.epochs, stop.is_asked, ports.approvals
    )


def _halt_signal(options: TradeOptions) -> FileHaltSignal:
    """Return the signal that stops this run; the one under which a liquidation began does not."""
    return FileHaltSignal(*options.folders.signals, since_s=options.liquidates_since_s)


def place_of(options: TradeOptions, ports: RunPorts) -> JournalPlace:
    """Return where this run's journal is, and its first record."""
    config, clock = options.config, ports.system.clock
    folder = options.folders.of_mode(options.mode)
    return JournalPlace(
        folder=folder,
        run=RunStarted(
            options.mode.value,
            ports.facts.venue,
            ports.facts.world,
            config.config_hash,
            config.policy_hash,
            settings.seed_of(options),
        ),
        quote_currency=config.app.quote.value,
        machine=clock.machine_ns,
        market=clock.market_ns,
        wall=ports.wall,
        anchor_file=None if ports.wall is None else AnchorFile(folder),
        seen=partial(heads_seen, folder, options.folders.log, options.folders.address.name),
        meter=ports.system.meters,
    )


def _file_ports(
    options: TradeOptions, ports: RunPorts, opened: Opened, venue: VenueReader
) -> Ports:
    """Return the ports of the actors: the venue, and what lives in data and log folder."""
    folders = options.folders
    folder = folders.of_mode(options.mode)
    return Ports(
        venue=venue,
        gateway=venue if isinstance(venue, CoinbaseGateway) else None,
        journal=opened.recorder,
        signal=_halt_signal(options),
        alerts=AlertFile(
            folders.log / "alerts.jsonl",
            ports.wall,
            folders.address,
            options.mode.value,
            ports.system.meters,
        ),
        status=FileStatusBoard(folder, folders.data, ports.wall),
        bars=BarFiles(folder / BARS),
        books=BookFiles(folder / BOOKS),
        control=FileControlInbox(folder),
    )


def _listen(home: Path, stop: StopRequest) -> None:
    """SIGINT, SIGTERM and SIGHUP (the terminal is closed) end the run; SIGUSR1 kills."""

    def kill(*_: object) -> None:
        try:
            write_kill(home, by_signal())
        except OSError:  # no room for the file: then the order itself has to do
            stop.ask(KILL)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.ask("signal"))
    signal.signal(signal.SIGUSR1, kill)
