"""What runs in real and in virtual time have in common: ports on files, the plan, the start."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Clock, HaltSignal, Venue
from actors.reporting.projector import RunIdentity
from actors.trading.last_gate import LastGate
from adapters.alerts.file import AlertFile
from adapters.control.kill_switch import FileHaltSignal
from adapters.control.requests import FileControlInbox
from adapters.control.status import FileStatusBoard
from adapters.runtime.actor_system import ActorSystem
from app.command_line.options import TradeOptions
from app.run import settings
from app.run.drivers import Driver
from app.run.guardian import SupervisorWatch
from app.run.lifecycle import RunLifecycle
from app.run.lifecycle_events import LifecycleEvents
from app.run.recovery import JournalPlace, Opened
from app.run.session import Run, RunSession
from app.run.stop_request import StopRequest
from app.run.wiring import Ports, RunPlan, build, recipes
from config.mode import Mode
from domain.messages.journal import RunStarted
from domain.model.instants import Nanos

DEFAULT_SEED = 1


@frozen(kw_only=True)
class VenueFacts:
    """What the venue says of itself."""

    venue: str
    world: str
    prices: str
    has_history: bool
    end_ns: int | None


def seed_of(options: TradeOptions) -> int:
    """Return the seed of this run."""
    return DEFAULT_SEED if options.seed is None else options.seed


def run_started(options: TradeOptions, stage: VenueFacts) -> RunStarted:
    """Return the first record of this start."""
    config = options.config
    return RunStarted(
        options.mode.value,
        stage.venue,
        stage.world,
        config.config_hash,
        config.policy_hash,
        seed_of(options),
    )


def place_of(
    options: TradeOptions, stage: VenueFacts, clock: Clock, *, wall: Callable[[], int] | None = None
) -> JournalPlace:
    """Return where this run's journal is; without `wall` no wall time is written."""
    return JournalPlace(
        folder=options.folders.of_mode(options.mode),
        run=run_started(options, stage),
        quote_currency=options.config.app.quote.value,
        machine=clock.machine_ns,
        market=clock.market_ns,
        wall=wall,
    )


def _run_of(options: TradeOptions, stage: VenueFacts, say: Callable[[str], None]) -> Run:
    """Return what the session has to know."""
    return Run(
        mode=options.mode.value,
        venue=stage.venue,
        world=stage.world,
        prices=stage.prices,
        config_hash=options.config.config_hash,
        policy_hash=options.config.policy_hash,
        duration_ns=options.duration_ns,
        drills=options.drills,
        end_ns=None if stage.end_ns is None else Nanos(stage.end_ns),
        say=say,
    )


def last_gate_of(
    runtime: ActorSystem, clock: Clock, signal: HaltSignal, ending: StopRequest
) -> LastGate:
    """Return the last gate of this run."""
    board: BreakerBoard = runtime.board
    return LastGate(board, clock, signal, runtime.epochs, ending.is_asked)


@frozen(kw_only=True)
class Parts:
    """Everything a run is put together from. `wall` is None where no wall time may be written."""

    options: TradeOptions
    stage: VenueFacts
    opened: Opened
    runtime: ActorSystem
    venue: Venue
    last_gate: LastGate
    driver: Driver
    ending: StopRequest
    say: Callable[[str], None]
    wall: Callable[[], int] | None
    publish_every_ns: int


def start(parts: Parts) -> RunSession:
    """Start every actor and return the session that waits for READY."""
    milestones = LifecycleEvents()
    ports = _file_ports(parts)
    runtime, options = parts.runtime, parts.options
    auto_resumes = settings.auto_resumes_of(options.config, options.mode)
    staff = RunLifecycle(runtime, parts.opened, milestones, parts.driver.defer, auto_resumes)
    session = RunSession(
        _run_of(options, parts.stage, parts.say),
        runtime,
        parts.driver,
        parts.ending,
        milestones,
        parts.opened.recorder,
        ports.alerts,
        ports.status,
    )
    parts.driver.attend(SupervisorWatch(runtime, staff).look)
    parts.driver.attend(session.watch)
    plan = _plan_of(parts, milestones)
    staff.recipes = recipes(runtime, options.config, ports, plan, parts.ending, staff)
    build(runtime, options.config, staff.recipes, parts.opened.recovered)
    return session


def _file_ports(parts: Parts) -> Ports:
    """Return the ports that live in the data and log folders."""
    folders = parts.options.folders
    folder = folders.of_mode(parts.options.mode)
    return Ports(
        venue=parts.venue,
        journal=parts.opened.recorder,
        signal=FileHaltSignal(folders.data),
        alerts=AlertFile(folders.log / "alerts.jsonl", parts.wall),
        status=FileStatusBoard(folder),
        control=FileControlInbox(folder),
    )


def _plan_of(parts: Parts, milestones: LifecycleEvents) -> RunPlan:
    """Return what the wiring needs."""
    options, stage = parts.options, parts.stage
    schedule = settings.schedule_of(options.config, options.cycles)
    return RunPlan(
        identity=RunIdentity(
            mode=options.mode.value,
            config_hash=options.config.config_hash,
            policy_hash=options.config.policy_hash,
            world=stage.world,
            interval_ns=schedule.interval_ns,
            jitter=schedule.jitter,
            publish_every_ns=parts.publish_every_ns,
        ),
        seed=seed_of(options),
        cycles=options.cycles,
        is_dry=options.mode is Mode.DRY_RUN,
        has_history=stage.has_history,
        milestones=milestones,
        approvals=parts.last_gate.approvals,
    )
