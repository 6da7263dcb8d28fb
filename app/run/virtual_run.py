"""A run in virtual time: the same actors, stepped in one thread, the venue's engine beside them."""

from __future__ import annotations

import hashlib
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import click

from actors.kernel.board import BreakerBoard
from actors.kernel.topology import ROUTES
from actors.trading.last_gate import LastGate
from adapters.control.kill_switch import FileHaltSignal, by_signal, write_kill
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.wire import Request
from adapters.simulator.faults.script import read_script
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.server import opened_world
from adapters.simulator.world import FOLDER, WorldError, WorldFolder
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.client import CoinbaseVenue
from adapters.venues.coinbase.connect import connect_in_process
from adapters.venues.transport.inprocess import Errand
from app.command_line.options import TradeOptions
from app.run import settings
from app.run.assembly import Parts, VenueFacts, last_gate_of, place_of, seed_of, start
from app.run.drivers import VirtualDriver
from app.run.recovery import Opened, open_state
from app.run.stop_request import StopRequest
from config.mode import Mode
from domain.model.instants import HOUR, MINUTE, Nanos

LINEAGE_DIGITS = 32
EXIT_USAGE = 2


def run(options: TradeOptions, say: Callable[[str], None]) -> int:
    """Open the world in this process, trade through it, and save it."""
    ending = StopRequest()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.ask("signal"))
    signal.signal(signal.SIGUSR1, lambda *_: write_kill(options.folders.data, by_signal()))
    folder = options.folders.of_mode(options.mode) / FOLDER
    try:
        with WorldFolder(folder) as world_folder:
            opened = opened_world.open_stage(world_folder, _stage_options(options))
            try:
                return _trade(options, opened, ending, say)
            finally:
                opened.close()
    except WorldError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except MarketError as error:
        click.echo(str(error), err=True)
        return EXIT_USAGE


def _stage_options(options: TradeOptions) -> opened_world.StageOptions:
    return opened_world.StageOptions(
        market=options.market,
        from_ns=options.from_ns,
        lookback_ns=Nanos(settings.lookback_minutes(options.config) * MINUTE),
        seed=options.seed,
        speed=Decimal(1),
        opening=options.opening_balances,
        script=() if options.faults is None else read_script(options.faults),
        repeatable=True,
    )


def _trade(
    options: TradeOptions,
    opened_stage: opened_world.OpenedWorld,
    ending: StopRequest,
    say: Callable[[str], None],
) -> int:
    engine = opened_stage.venue
    if not isinstance(engine, Engine):
        raise MarketError("--speed max plays candles; raw frames need --speed 1 to 60")
    clock = VirtualClock(opened_stage.start_ns)
    stage = VenueFacts(
        venue="embedded",
        world=opened_stage.world.id,
        prices=opened_stage.prices,
        has_history=opened_stage.history != "none",
        end_ns=opened_stage.end_ns,
    )
    lineage = _lineage(stage.world, seed_of(options))
    opened = open_state(place_of(options, stage, clock), lineage=lineage)
    try:
        code = _live(options, engine, stage, opened, clock, ending, say)
    finally:
        opened.close()
    engine.advance(clock.market_ns())
    opened_stage.save(clock.market_ns())
    return code


def _live(
    options: TradeOptions,
    engine: Engine,
    stage: VenueFacts,
    opened: Opened,
    clock: VirtualClock,
    ending: StopRequest,
    say: Callable[[str], None],
) -> int:
    seed = seed_of(options)
    runtime = VirtualRuntime(clock, BreakerBoard(), ROUTES, ActorLog, seed=seed)
    last_gate = last_gate_of(runtime, clock, FileHaltSignal(options.folders.data), ending)
    venue = _connect(options, engine, runtime, clock, last_gate)
    parts = Parts(
        options=options,
        stage=stage,
        opened=opened,
        runtime=runtime,
        venue=venue,
        last_gate=last_gate,
        driver=VirtualDriver(runtime),
        ending=ending,
        say=say,
        wall=None,
        publish_every_ns=HOUR,
    )
    session = start(parts)
    session.live()
    code = session.end()
    session.publish()
    return code


def _connect(
    options: TradeOptions,
    engine: Engine,
    runtime: VirtualRuntime,
    clock: VirtualClock,
    last_gate: LastGate,
) -> CoinbaseVenue:
    return connect_in_process(
        engine=engine,
        ask=lambda *asked: errand(engine, *asked),
        open_connection=engine.connect,
        after=lambda delay_ns, call: runtime.call_at(clock.now_ns + delay_ns, call),
        clock=clock,
        post=runtime.post,
        last_gate=last_gate,
        draw=random.Random(f"venue:{seed_of(options)}").random,
        is_read_only=options.mode is Mode.DRY_RUN,
    )


def errand(
    engine: Engine, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
) -> Errand:
    """Return a request at the engine's door, with what happens to it on its way."""
    request = Request(method, path, query, body)
    passage = engine.passage(request)

    def run() -> tuple[int, bytes] | None:
        answer = passage.carry_out(lambda: engine.handle(request))
        return None if answer is None else (answer.status, answer.body)

    return Errand(
        run=run,
        before_ns=passage.before_ns,
        after_ns=passage.after_ns,
        is_reset=passage.is_reset,
    )


def _lineage(world: str, seed: int) -> str:
    """Return the lineage of a repeatable journal: from the world and the seed alone."""
    return hashlib.sha256(f"{world}|{seed}".encode()).hexdigest()[:LINEAGE_DIGITS]
