"""Ports of a run in real time: actors on threads, a venue that is our child or runs already."""

from __future__ import annotations

import heapq
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from attrs import evolve, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Clock, LastGate, VenueReader
from actors.kernel.topology import ROUTES
from adapters.clocks.asking import TimeAsker, ask_all
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.control.accounts import AccountLock, account_of
from adapters.control.key_note import KeyNote
from adapters.processes.sentinel import SentinelProcess
from adapters.processes.simulator import VenueChild, VenueNotStarted, attach
from adapters.runtime.threads import ThreadRuntime
from adapters.sentinel.gateway import Gateway
from adapters.simulator.options import to_json
from adapters.simulator.server.session import VenueSession
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.auth import EMBEDDED_LIFE_S, load_key_file
from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.connect import Wires, connect, connect_reader
from adapters.venues.coinbase.server_time import ask_venue_time
from adapters.venues.coinbase.traits import EMBEDDED
from adapters.venues.transport.budgeted import RequestLimits
from adapters.venues.transport.endpoint import is_loopback
from app.command_line.options import COINBASE, MIRROR, ROOT, TradeOptions
from app.run import settings
from app.run.alert_watches import alert_watches
from app.run.clock_watch import ClockWatch
from app.run.folder_watch import FolderWatch
from app.run.key_watch import KeyWatch, configured_key, created_of
from app.run.mode_gate import ModeGate
from app.run.ports import Attentive, NotStarted, RunPorts, VenueFacts
from app.run.recovery import last_world
from app.run.stop_request import StopRequest
from app.run.watches import (
    MemoryGuard,
    ProgressGuard,
    SentinelWatch,
    StackWatch,
    Watch,
    gap_seen,
)
from app.run.wiring import in_order
from config.mode import Mode
from domain.model.errors import Unreachable
from domain.model.instants import SECOND, iso
from domain.system.ways_out import STATUS

SWITCH_SECONDS = 0.0001
LOOK_SECONDS = 0.02
STOP_WITHIN_NS = SECOND
EXIT_REFUSED = 4
MIRROR_SAYS, MARKET_SAYS = "mirror: ", "market: "
RUN = Path(__file__).resolve().parents[2] / "run.py"


@contextmanager
def thread_ports(options: TradeOptions, stop: StopRequest) -> Iterator[RunPorts]:
    """Start or attach the venue and lock its account; the venue is stopped last.

    Raises:
        NotStarted: the venue can't be had, or plays another world than the journal tells of.
        InstanceRunning: another trader places orders there.
        Unreachable: nothing usable answers at the venue's address.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    if options.venue_url is not None:
        session = attach(options.venue_url)
        _refuse_another_world(options, session)
        with _account(options, session):
            yield _ports(options, session, stop, lambda: None)
        return
    with _child(options) as child, _account(options, child.session):
        yield _ports(options, child.session, stop, partial(_watch_venue, child, stop))


def _refuse_another_world(options: TradeOptions, session: VenueSession) -> None:
    known = last_world(options.folders.of_mode(options.mode))
    if known and known != session.world:
        raise NotStarted(
            f"refused: the journal belongs to world {known}, the venue plays {session.world};"
            " use another --data-dir",
            EXIT_REFUSED,
        )


@contextmanager
def _child(options: TradeOptions) -> Iterator[VenueChild]:
    """Run a venue of our own, which is told the options of its world as one value."""
    folders = options.folders
    command = [sys.executable, str(RUN), "venue", "--parent-pipe", "--world-from-parent"]
    command += ["--data-dir", str(folders.of_mode(options.mode)), "--log-dir", str(folders.log)]
    try:
        child = VenueChild(command, to_json(options), hear=_pass_on)
    except VenueNotStarted as error:
        raise NotStarted(str(error), error.exit_code) from error
    try:
        rest, admin = child.session.rest, child.session.admin_file
        ActorLog("guardian").debug("the embedded venue listens", rest=rest, admin=admin)
        yield child
    finally:
        child.stop()


def _pass_on(line: str) -> None:
    """Tell people what the mirror of another venue leaves out or loses, and how a file is read."""
    if line.startswith(MIRROR_SAYS):
        ActorLog("venue").warning("the mirror says", words=line.removeprefix(MIRROR_SAYS))
    elif line.startswith(MARKET_SAYS):
        ActorLog("venue").warning("the market says", words=line.removeprefix(MARKET_SAYS))


def _watch_venue(child: VenueChild, stop: StopRequest) -> None:
    if child.exit_code() is not None and not stop.is_asked():
        ActorLog("guardian").critical("the venue has ended", words=child.last_words())
        stop.ask("error")


@contextmanager
def _account(options: TradeOptions, session: VenueSession) -> Iterator[None]:
    """Hold the one lock of the venue account; who only reads needs none."""
    lock = AccountLock(_account_at(options, session))
    if options.mode is not Mode.DRY_RUN:
        lock.acquire(options.folders.of_mode(options.mode), iso(time.time_ns()))
    try:
        yield
    finally:
        lock.release()


def _account_at(options: TradeOptions, session: VenueSession) -> str:
    """Return which account the key belongs to; where the venue does not say, the one of last time.

    Raises:
        Unreachable: the venue does not say, and there was no last time.
    """
    key = load_key_file(session.key_file)
    with closing(Gateway(session.rest, key, session.ca, EMBEDDED_LIFE_S)) as gateway:
        try:
            return f"{session.world}/{gateway.portfolio()}"
        except Unreachable as error:
            known = account_of(options.folders.of_mode(options.mode), session.world)
            if known is None:
                raise
            ActorLog("guardian").warning("the account is that of last time", reason=str(error))
            return known


def _ports(
    options: TradeOptions, session: VenueSession, stop: StopRequest, watch: Callable[[], None]
) -> RunPorts:
    clock = SystemClock(MarketClock(session.clock))
    speed = float(session.speed)
    system = ThreadRuntime(clock, BreakerBoard(), ROUTES, ActorLog, speed=speed)
    driver = ThreadDriver(clock)
    driver.attend(watch)
    return RunPorts(
        facts=VenueFacts(
            venue=options.venue if options.venue_url is None else options.venue_url,
            world=session.world,
            prices=session.prices,
            has_history=session.history != "none",
            end_ns=session.end_ns,
        ),
        system=system,
        driver=driver,
        connect=lambda gate: closing(_connect(options, session, system, clock, gate)),
        publish_every_ns=SECOND,
        wall=time.time_ns,
        watches=lambda venue: watches_of(system, options, reach_of(session), venue),
        stop=lambda: stop_all(system),
    )


def _connect(
    options: TradeOptions,
    session: VenueSession,
    system: ThreadRuntime,
    clock: SystemClock,
    gate: LastGate,
) -> CoinbaseReader:
    right = ModeGate(options.mode).on_paper(session.rest)
    wires = Wires(
        rest=session.rest,
        stream=session.ws,
        ca=session.ca,
        key=load_key_file(session.key_file),
        clock=clock,
        post=system.post_patiently,
        log=ActorLog("venue"),
        traits=evolve(EMBEDDED, limits=_limits(session)),
        tell=system.announce,
        meter=system.meters,
    )
    return connect_reader(wires) if right is None else connect(wires, gate, right)


def _limits(session: VenueSession) -> RequestLimits:
    return RequestLimits(private=session.private_rate, public=session.public_rate)


def stop_all(system: ThreadRuntime) -> None:
    """Stop every actor, senders before receivers."""
    names = [sight.name for sight in system.sights()]
    system.stop(tuple(reversed(in_order(names))), STOP_WITHIN_NS)


@frozen(kw_only=True)
class Reach:
    """How another process of ours gets at the venue, and how fast market time goes there.

    `key_file`: None where the environment holds the key.
    """

    rest: str
    key_file: Path | None
    ca: Path | None
    token_life_s: int
    speed: float


def reach_of(session: VenueSession) -> Reach:
    """Return how to get at an embedded venue."""
    return Reach(
        rest=session.rest,
        key_file=session.key_file,
        ca=session.ca,
        token_life_s=EMBEDDED_LIFE_S,
        speed=float(session.speed),
    )


def watches_of(
    system: ThreadRuntime, options: TradeOptions, reach: Reach, venue: VenueReader
) -> Iterator[Watch]:
    """Start who looks after hangs, memory, our own silence and our end; gaps tell themselves."""
    system.on_gap(settings.quote_limit_ns(options.config), partial(gap_seen, system))
    yield ProgressGuard(system)
    yield MemoryGuard(system, settings.memory_limit_mb(options.config))
    yield StackWatch(options.folders.log)
    yield FolderWatch(system, options.folders.of_mode(options.mode))
    if options.mode is not Mode.DRY_RUN:  # who only reads has nothing to cancel
        yield from clock_watch(system, options)
        yield from _key_watch(system, options)
        told = _sentinel_settings(options, reach, venue)
        yield SentinelWatch(system, partial(SentinelProcess, told))
    yield from alert_watches(system, options, reach.speed)


def clock_watch(system: ThreadRuntime, options: TradeOptions) -> Iterator[Watch]:
    """Have the clock compared where the time of the prices is that of others."""
    rest = venue_of_others(options)
    if rest is None:
        return
    servers = options.config.app.time.ntp_servers
    asker = TimeAsker(partial(ask_all, servers, partial(ask_venue_time, rest)))
    limit_ns, is_live = settings.drift_limit_ns(options.config), options.mode is Mode.LIVE
    yield ClockWatch(system, asker, limit_ns, is_live=is_live)


def _key_watch(system: ThreadRuntime, options: TradeOptions) -> Iterator[Watch]:
    """Have the age of the real venue's key told, where one is configured."""
    found = configured_key(os.environ, ROOT)
    if found is not None:
        yield KeyWatch(system, partial(created_of, found, KeyNote(options.folders.data)))


def venue_of_others(options: TradeOptions) -> str | None:
    """Return the REST address of the venue whose live prices are traded; None where the venue's
    time is our own making: one that is embedded, and whatever plays on this machine, unless it
    plays Coinbase.
    """
    if not options.market.startswith(MIRROR):
        return None
    address = urlsplit(options.market.removeprefix(MIRROR))
    is_ours = options.venue != COINBASE and is_loopback(address.hostname or "")
    return None if is_ours else f"{address.scheme}://{address.netloc}"


def _sentinel_settings(
    options: TradeOptions, reach: Reach, venue: VenueReader
) -> dict[str, object]:
    """Return what the process needs that cancels our entries should this one stop or die."""
    folders = options.folders
    return {
        "signals": [str(each) for each in folders.signals],
        "mode_folder": str(folders.of_mode(options.mode).resolve()),
        "log": str(folders.log.resolve()),
        "look": folders.address.put(STATUS),
        "world": folders.address.name,
        "rest": reach.rest,
        "key_file": None if reach.key_file is None else str(reach.key_file.resolve()),
        "ca": None if reach.ca is None else str(reach.ca.resolve()),
        "token_life_s": reach.token_life_s,
        "lifetime_s": venue.request_lifetime_ns / SECOND,
        "pid": os.getpid(),
        "kills_since_s": options.liquidates_since_s,
    }


class ThreadDriver(Attentive):
    """The actors live on threads of their own; the main thread looks and rests."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._machine_ns = clock.machine_ns
        self._deferred: deque[Callable[[], None]] = deque()
        self._due: list[tuple[int, int, Callable[[], None]]] = []

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` at the next look."""
        self._deferred.append(call)

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` at the first look at which market time has reached `market_ns`."""
        heapq.heappush(self._due, (market_ns, len(self._due), call))

    def look(self) -> None:
        """Do what is due, then call every watch."""
        while self._deferred:
            self._deferred.popleft()()
        while self._due and self._due[0][0] <= self._clock.market_ns():
            heapq.heappop(self._due)[2]()
        super().look()

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Look fifty times a second."""
        begun_ns = self._machine_ns()
        while not is_true():
            if limit_ns is not None and self._machine_ns() - begun_ns > limit_ns:
                return False
            self.look()
            # Nothing with a lock: a signal's handler may run in the middle of it.
            time.sleep(LOOK_SECONDS)
        return True
