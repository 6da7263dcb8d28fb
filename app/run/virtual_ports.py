"""Ports of a run in virtual time: actors stepped in one thread, the venue's engine beside them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext

from attrs import evolve

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import LastGate, VenueReader
from actors.kernel.topology import ROUTES
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.simulator.engine.auth import PUBLIC, scope_of
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.wire import Request, Response
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.server.limits import RateLimits
from adapters.simulator.server.opened_world import OpenedWorld, open_world
from adapters.simulator.world import FOLDER, WorldError, WorldFolder
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.connect import Inside, connect_in_process, read_in_process
from adapters.venues.transport.budgeted import RequestLimits
from adapters.venues.transport.inprocess import Ask, Errand, Reply
from app.command_line.options import TradeOptions
from app.run.mode_gate import ModeGate
from app.run.ports import Attentive, NotStarted, RunPorts, VenueFacts
from app.run.settings import seed_of
from app.run.stop_request import StopRequest
from domain.model.capability import IN_PROCESS
from domain.model.instants import HOUR, SECOND

LINEAGE_DIGITS = 32
EXIT_USAGE = 2
LOOK_STEPS = 100


@contextmanager
def virtual_ports(options: TradeOptions, stop: StopRequest) -> Iterator[RunPorts]:
    """Open the world in this process, and save it after a run that came to its end.

    Raises:
        NotStarted: the world or its market can't be had.
    """
    del stop  # nobody but the actors runs here
    folder = options.folders.of_mode(options.mode) / FOLDER
    try:
        with (
            WorldFolder(folder) as world_folder,
            closing(open_world(world_folder, options)) as world,
        ):
            for remark in world.remarks:
                ActorLog("venue").warning("the market says", words=remark)
            yield from _on(world, options)
    except WorldError as error:
        raise NotStarted(str(error), error.exit_code) from error
    except MarketError as error:
        raise NotStarted(str(error), EXIT_USAGE) from error


def _on(world: OpenedWorld, options: TradeOptions) -> Iterator[RunPorts]:
    engine, seed = world.venue, seed_of(options)
    if not isinstance(engine, Engine):
        raise MarketError("--speed max plays candles; raw frames need --speed 1 to 60")
    clock = VirtualClock(world.start_ns)
    system = VirtualRuntime(clock, BreakerBoard(), ROUTES, ActorLog, seed=seed)
    yield RunPorts(
        facts=_facts(world),
        system=system,
        driver=VirtualDriver(system),
        connect=lambda gate: nullcontext(_connect(engine, system, clock, gate, options)),
        publish_every_ns=HOUR,
        lineage=_lineage(world.world.id, seed),
    )
    engine.advance(clock.market_ns())
    world.save(clock.market_ns())


def _facts(world: OpenedWorld) -> VenueFacts:
    return VenueFacts(
        venue="embedded",
        world=world.world.id,
        prices=world.prices,
        has_history=world.history != "none",
        end_ns=world.end_ns,
    )


def _connect(
    engine: Engine,
    system: VirtualRuntime,
    clock: VirtualClock,
    gate: LastGate,
    options: TradeOptions,
) -> VenueReader:
    quirks, right = options.quirks, ModeGate(options.mode).on_paper(IN_PROCESS)
    limits = RateLimits(quirks, lambda: clock.machine_ns() / SECOND)
    inside = Inside(
        engine=engine,
        ask=limited(lambda *asked: errand(engine, *asked), limits),
        open_connection=engine.connect,
        after=lambda delay_ns, call: system.call_at(clock.now_ns + delay_ns, call),
        clock=clock,
        post=system.post,
        draw=random.Random(f"venue:{seed_of(options)}").random,
        limits=RequestLimits(private=quirks.private_rate, public=quirks.public_rate),
        tell=system.announce,
        meter=system.meters,
    )
    return read_in_process(inside) if right is None else connect_in_process(inside, gate, right)


class VirtualDriver(Attentive):
    """The main thread itself steps the actors."""

    def __init__(self, system: VirtualRuntime) -> None:
        super().__init__()
        self._system = system

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` at this instant, after the step that is being made."""
        self._system.call_at(self._system.clock.market_ns(), call)

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` at that instant."""
        self._system.call_at(market_ns, call)

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Step until it is true, virtual time is over, or nothing is left to happen."""
        clock = self._system.clock
        begun_ns = clock.machine_ns()
        steps = 0
        while not is_true():
            if limit_ns is not None and clock.machine_ns() - begun_ns > limit_ns:
                return False
            if not self._system.step():
                return is_true()
            steps += 1
            if steps % LOOK_STEPS == 0:
                self.look()
        return True


def errand(
    engine: Engine, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
) -> Errand:
    """Return a request at the engine's door, with what happens to it on its way."""
    request = Request(method, path, query, body)
    passage = engine.passage(request)

    def run() -> Reply | None:
        answer = passage.carry_out(lambda: engine.handle(request))
        return None if answer is None else _reply(answer)

    return Errand(
        run=run,
        before_ns=passage.before_ns,
        after_ns=passage.after_ns,
        is_reset=passage.is_reset,
    )


def limited(ask: Ask, limits: RateLimits) -> Ask:
    """Return `ask` behind the venue's own count: what is too much is refused at the door."""

    def asked(method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes) -> Errand:
        allowance = limits.take(Request(method, path), "")
        if not allowance.is_granted:
            return Errand(run=lambda: _reply(limits.refusal()))
        passed = ask(method, path, query, body)
        told = {} if scope_of(method, path) == PUBLIC else allowance.headers()
        return evolve(passed, run=lambda: _told(passed.run(), told))

    return asked


def _reply(answer: Response) -> Reply:
    return answer.status, answer.body, {name.lower(): each for name, each in answer.headers.items()}


def _told(reply: Reply | None, told: Mapping[str, str]) -> Reply | None:
    if reply is None:
        return None
    status, body, headers = reply
    return status, body, {**headers, **told}


def _lineage(world: str, seed: int) -> str:
    """Return the lineage of a repeatable journal: from the world and the seed alone."""
    return hashlib.sha256(f"{world}|{seed}".encode()).hexdigest()[:LINEAGE_DIGITS]
