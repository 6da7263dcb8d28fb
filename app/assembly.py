"""What runs in real and in virtual time have in common: ports on files, the plan, the start."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.board import BreakerBoard
from actors.last_gate import FinalCheck
from actors.ports import Clock, HaltSignal, Venue
from actors.projector import Identity
from adapters.alerts.file import AlertFile
from adapters.control.kill_switch import FileHaltSignal
from adapters.control.requests import FileControlInbox
from adapters.control.status import FileStatusBoard
from adapters.runtime.directory import Directory
from app import settings
from app.ending import Ending
from app.milestones import Milestones
from app.options import TradeOptions
from app.recovery import Opened
from app.session import Run
from app.wiring import Plan, Ports
from config.mode import Mode
from domain.instants import Nanos
from domain.messages.system import RunStarted

DEFAULT_SEED = 1


@frozen(kw_only=True)
class Stage:
    """What the venue says of itself."""

    venue: str
    world: str
    prices: str
    has_history: bool
    end_ns: int | None


def seed_of(options: TradeOptions) -> int:
    """Return the seed of this run."""
    return DEFAULT_SEED if options.seed is None else options.seed


def run_started(options: TradeOptions, stage: Stage) -> RunStarted:
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


def run_of(options: TradeOptions, stage: Stage, say: Callable[[str], None]) -> Run:
    """Return what the session has to know."""
    return Run(
        mode=options.mode.value,
        venue=stage.venue,
        world=stage.world,
        prices=stage.prices,
        config_hash=options.config.config_hash,
        policy_hash=options.config.policy_hash,
        duration_ns=options.duration_ns,
        end_ns=None if stage.end_ns is None else Nanos(stage.end_ns),
        say=say,
    )


def final_check(runtime: Directory, clock: Clock, signal: HaltSignal, ending: Ending) -> FinalCheck:
    """Return the last gate of this run."""
    board: BreakerBoard = runtime.board
    return FinalCheck(board, clock, signal, runtime.epochs, ending.is_asked)


def file_ports(
    options: TradeOptions, venue: Venue, opened: Opened, wall: Callable[[], int] | None
) -> Ports:
    """Return the ports that live in the data and log folders."""
    folder = options.folders.of_mode(options.mode)
    return Ports(
        venue=venue,
        journal=opened.recorder,
        signal=FileHaltSignal(options.folders.data),
        alerts=AlertFile(options.folders.log / "alerts.jsonl", wall),
        status=FileStatusBoard(folder),
        control=FileControlInbox(folder),
    )


def plan_of(
    options: TradeOptions,
    stage: Stage,
    opened: Opened,
    milestones: Milestones,
    publish_every_ns: int,
) -> Plan:
    """Return what the wiring needs."""
    schedule = settings.schedule_of(options.config, options.cycles)
    return Plan(
        identity=Identity(
            mode=options.mode.value,
            config_hash=options.config.config_hash,
            policy_hash=options.config.policy_hash,
            world=stage.world,
            interval_ns=schedule.interval_ns,
            jitter=schedule.jitter,
            publish_every_ns=publish_every_ns,
        ),
        seed=seed_of(options),
        cycles=options.cycles,
        is_dry=options.mode is Mode.DRY_RUN,
        has_history=stage.has_history,
        recovered=opened.recovered,
        milestone=milestones.reach,
    )
