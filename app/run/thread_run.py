"""A run in real time: actors on threads, the embedded venue as a child or one that runs already."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

import click

from actors.kernel.board import BreakerBoard
from actors.kernel.topology import ROUTES
from actors.trading.last_gate import LastGate
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.control.accounts import AccountLock
from adapters.control.kill_switch import FileHaltSignal, by_signal, write_kill
from adapters.processes.sentinel import SentinelProcess
from adapters.processes.simulator import VenueChild, VenueNotStarted, attach
from adapters.runtime.threads import ThreadRuntime
from adapters.sentinel.gateway import Gateway
from adapters.simulator.server.session import VenueSession
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.auth import EMBEDDED_LIFE_S
from adapters.venues.coinbase.client import CoinbaseVenue
from adapters.venues.coinbase.connect import connect
from app.command_line.options import TradeOptions
from app.run import settings
from app.run.assembly import Parts, VenueFacts, last_gate_of, place_of, start
from app.run.drivers import ThreadDriver
from app.run.guardian import MemoryGuard, ProgressGuard, SentinelWatch, StackWatch, Watch, gap_seen
from app.run.recovery import Opened, last_world, open_state
from app.run.session import RunSession
from app.run.stop_request import StopRequest
from app.run.wiring import in_order
from config.mode import Mode
from domain.model.instants import SECOND, iso
from domain.model.money import plain

SWITCH_SECONDS = 0.0001
STOP_WITHIN_NS = SECOND
EXIT_REFUSED = 4


def run(options: TradeOptions, say: Callable[[str], None]) -> int:
    """Start or attach the venue, trade on it, and stop it last."""
    sys.setswitchinterval(SWITCH_SECONDS)
    ending = StopRequest()
    _listen(options, ending)
    if options.venue_url is not None:
        session = attach(options.venue_url)
        known = last_world(options.folders.of_mode(options.mode))
        if known and known != session.world:
            click.echo(
                f"refused: the journal belongs to world {known}, the venue plays {session.world};"
                " use another --data-dir",
                err=True,
            )
            return EXIT_REFUSED
        return _trade(options, session, ending, say, lambda: None)
    try:
        child = VenueChild(_arguments(options))
    except VenueNotStarted as error:
        click.echo(str(error), err=True)
        return error.exit_code
    try:
        ActorLog("guardian").info(
            "the embedded venue listens", rest=child.session.rest, admin=child.session.admin_file
        )

        def watch() -> None:
            if child.exit_code() is not None and not ending.is_asked():
                ActorLog("guardian").critical("the venue has ended", words=child.last_words())
                ending.ask("error")

        return _trade(options, child.session, ending, say, watch)
    finally:
        child.stop()


def _trade(
    options: TradeOptions,
    session: VenueSession,
    ending: StopRequest,
    say: Callable[[str], None],
    watch_venue: Callable[[], None],
) -> int:
    clock = SystemClock(MarketClock(session.clock))
    stage = VenueFacts(
        venue=options.venue if options.venue_url is None else options.venue_url,
        world=session.world,
        prices=session.prices,
        has_history=session.history != "none",
        end_ns=session.end_ns,
    )
    lock = _lock_account(options, session)
    try:
        opened = open_state(place_of(options, stage, clock, wall=clock.wall_ns))
        try:
            return _live(options, session, stage, opened, clock, ending, say, watch_venue)
        finally:
            opened.close()
    finally:
        lock.release()


def _lock_account(options: TradeOptions, session: VenueSession) -> AccountLock:
    """Take the one lock of the venue account; who only reads needs none.

    Raises:
        InstanceRunning: another trader places orders there.
        Unreachable: the venue does not say which account the key belongs to.
    """
    gateway = Gateway(session.rest, session.key_file, session.ca, EMBEDDED_LIFE_S)
    try:
        lock = AccountLock(f"{session.world}/{gateway.portfolio()}")
    finally:
        gateway.close()
    if options.mode is not Mode.DRY_RUN:
        lock.acquire(options.folders.of_mode(options.mode), iso(time.time_ns()))
    return lock


def _live(
    options: TradeOptions,
    venue_session: VenueSession,
    stage: VenueFacts,
    opened: Opened,
    clock: SystemClock,
    ending: StopRequest,
    say: Callable[[str], None],
    watch_venue: Callable[[], None],
) -> int:
    speed = float(venue_session.speed)
    runtime = ThreadRuntime(clock, BreakerBoard(), ROUTES, ActorLog, speed=speed)
    last_gate = last_gate_of(runtime, clock, FileHaltSignal(options.folders.data), ending)
    venue = _connect(options, venue_session, runtime, clock, last_gate)
    driver = ThreadDriver(clock, ending)
    driver.attend(watch_venue)
    watches = (*_watches(runtime, options), _sentinel(runtime, options, venue_session, venue))
    for watch in watches:
        driver.attend(watch.look)
    parts = Parts(
        options=options,
        stage=stage,
        opened=opened,
        runtime=runtime,
        venue=venue,
        last_gate=last_gate,
        driver=driver,
        ending=ending,
        say=say,
        wall=time.time_ns,
        publish_every_ns=SECOND,
    )
    return _through(start(parts), runtime, venue, watches)


def _through(
    session: RunSession, runtime: ThreadRuntime, venue: CoinbaseVenue, watches: tuple[Watch, ...]
) -> int:
    """Live until the end, and take everything down in order."""
    gc.freeze()
    try:
        session.live()
        return session.end()
    finally:
        session.publish()
        runtime.stop(_stop_order(runtime), STOP_WITHIN_NS)
        venue.close()
        for watch in watches:
            watch.stop(is_orderly=session.is_swept)


def _sentinel(
    runtime: ThreadRuntime, options: TradeOptions, session: VenueSession, venue: CoinbaseVenue
) -> Watch:
    """Start the process that cancels our entries should this one stop or die."""
    if options.mode is Mode.DRY_RUN:
        return Watch()  # who only reads has nothing to cancel
    folders = options.folders
    told: dict[str, object] = {
        "data": str(folders.data.resolve()),
        "mode_folder": str(folders.of_mode(options.mode).resolve()),
        "log": str(folders.log.resolve()),
        "rest": session.rest,
        "key_file": str(session.key_file.resolve()),
        "ca": str(session.ca.resolve()),
        "token_life_s": EMBEDDED_LIFE_S,
        "lifetime_s": venue.request_lifetime_ns / SECOND,
        "pid": os.getpid(),
    }
    return SentinelWatch(runtime, partial(SentinelProcess, told))


def _watches(runtime: ThreadRuntime, options: TradeOptions) -> tuple[Watch, ...]:
    """Return who looks after hangs, memory and our own silence; gaps in time tell themselves."""
    runtime.on_gap(settings.quote_limit_ns(options.config), partial(gap_seen, runtime))
    return (
        ProgressGuard(runtime),
        MemoryGuard(runtime, settings.memory_limit_mb(options.config)),
        StackWatch(options.folders.log),
    )


def _connect(
    options: TradeOptions,
    session: VenueSession,
    runtime: ThreadRuntime,
    clock: SystemClock,
    last_gate: LastGate,
) -> CoinbaseVenue:
    return connect(
        rest=session.rest,
        stream=session.ws,
        ca=session.ca,
        key_file=session.key_file,
        clock=clock,
        post=runtime.post_patiently,
        last_gate=last_gate,
        is_read_only=options.mode is Mode.DRY_RUN,
        log=ActorLog("venue"),
    )


def _stop_order(runtime: ThreadRuntime) -> tuple[str, ...]:
    """Return every actor, senders before receivers."""
    return tuple(reversed(in_order(runtime.members)))


def _arguments(options: TradeOptions) -> list[str]:
    """Return the command line of the child venue."""
    folder = options.folders.of_mode(options.mode)
    minutes = settings.lookback_minutes(options.config)
    arguments = ["--data-dir", str(folder), "--log-dir", str(options.folders.log)]
    arguments += ["--market", options.market]
    arguments += ["--lookback", f"{minutes}m"]
    if options.speed is not None:
        arguments += ["--speed", plain(options.speed)]
    if options.from_ns is not None:
        arguments += ["--from", iso(options.from_ns)]
    if options.seed is not None:
        arguments += ["--seed", str(options.seed)]
    if options.faults is not None:
        arguments += ["--faults", str(options.faults)]
    for currency, amount in options.opening_balances.items():
        arguments += ["--paper-balance", f"{currency}={plain(amount)}"]
    return arguments


def _listen(options: TradeOptions, ending: StopRequest) -> None:
    """SIGINT and SIGTERM end the run; SIGUSR1 is the kill switch."""

    def stop(_number: int, _frame: object) -> None:
        ending.ask("signal")

    def kill(_number: int, _frame: object) -> None:
        write_kill(options.folders.data, by_signal())

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGUSR1, kill)
