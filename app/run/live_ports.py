"""Ports of a run with real money: the gates first, then the way to order, as far as they let."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from attrs import evolve, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import LastGate
from actors.kernel.topology import ROUTES
from adapters.clocks.system import SystemClock
from adapters.control.accounts import AccountLock
from adapters.runtime.threads import ThreadRuntime
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.connect import Wires, connect
from adapters.venues.coinbase.key_sources import FoundKey
from adapters.venues.coinbase.traits import COINBASE as TRAITS
from app.command_line.options import COINBASE, TradeOptions
from app.run.canary import CANARY_WORDS, under_canary_caps
from app.run.folding import fold_journal
from app.run.live_start import LiveStart, look_at_gates, surroundings_of, told
from app.run.mode_gate import ModeGate
from app.run.ports import NotStarted, RunPorts, VenueFacts
from app.run.recovery import JOURNAL
from app.run.stop_request import StopRequest
from app.run.thread_ports import (
    SWITCH_SECONDS,
    Reach,
    ThreadDriver,
    stop_all,
    watches_of,
)
from config.mode import Mode
from domain.model.capability import Extent, OrderCapability
from domain.model.errors import JournalError
from domain.model.instants import SECOND, iso
from domain.system.live_gates import gate_breaker, is_final
from domain.system.recovery import Recovered

REFUSED = 4
SPEED = 1.0


@frozen(kw_only=True)
class _Opened:
    """What the gates let pass: the right to order, the key it is signed with, and what to say."""

    start: LiveStart
    right: OrderCapability
    key: FoundKey


@contextmanager
def live_ports(options: TradeOptions, stop: StopRequest) -> Iterator[RunPorts]:
    """Look at the gates and lock the account.

    Raises:
        NotStarted: a gate is shut and nothing is owned that could be sold, or one that is final.
        InstanceRunning: another trader places orders on this account.
    """
    del stop  # there is no venue of ours that could end
    sys.setswitchinterval(SWITCH_SECONDS)
    known = _known(options)
    start = look_at_gates(options, known, surroundings_of(options, os.environ))
    opened = _opened(start, known, is_liquidation=options.liquidates_since_s is not None)
    _tell(start, opened.right)
    lock = AccountLock(f"{COINBASE}/{start.portfolio}")
    lock.acquire(options.folders.of_mode(options.mode), iso(time.time_ns()))
    try:
        yield _ports(_limited(options, start), opened)
    finally:
        lock.release()


def _known(options: TradeOptions) -> Recovered:
    """Return what the journal says, before anything is written into it.

    Raises:
        NotStarted: its chain is broken: nobody knows what is owned.
    """
    folder = options.folders.of_mode(options.mode)
    try:
        found = fold_journal(folder / JOURNAL, options.config.app.quote.value)
    except (JournalError, OSError) as error:
        raise NotStarted(
            f"--env live: refused, the journal can't be trusted: {error}; "
            "see: python run.py audit verify",
            REFUSED,
        ) from error
    return found.fold.result()


def _opened(start: LiveStart, known: Recovered, *, is_liquidation: bool) -> _Opened:
    """Return the right to order as far as the gates let. A liquidation only sells in any case.

    Raises:
        NotStarted: they let nothing pass.
    """
    is_owner = bool(known.owned) or known.has_unsettled or is_liquidation
    if start.key is None or is_final(start.unmet, is_owner=is_owner):
        owned = f"\n  owned, and left as it is: {', '.join(known.owned)}" if known.owned else ""
        lines = "".join(f"\n  {each}" for each in told(start.unmet))
        raise NotStarted(f"--env live: refused, nothing was started{lines}{owned}", REFUSED)
    right = ModeGate(Mode.LIVE).on_live(start.rest, start.unmet, is_owner=is_owner)
    return _Opened(start=start, right=right, key=start.key)


def _limited(options: TradeOptions, start: LiveStart) -> TradeOptions:
    """Return `options`, with the smallest caps while the certificate is young."""
    held = start.verdict.certificate
    if held is None or not held.is_canary(time.time_ns()):
        return options
    log, config = ActorLog("live gates"), under_canary_caps(options.config)
    log.warning(f"canary caps until {iso(held.canary_ends_ns)}: at most {CANARY_WORDS}")
    return evolve(options, config=config)


def _tell(start: LiveStart, right: OrderCapability) -> None:
    """Say under what this run trades, and what keeps it from buying."""
    log, held = ActorLog("live gates"), start.verdict.certificate
    if held is not None:
        log.info(f"certificate of policy {held.policy_hash}, good until {iso(held.expires_ns)}")
    for each in start.verdict.tighter:
        log.info(f"stricter than certified: {each}")
    if right.extent is not Extent.ALL:
        for line in told(start.unmet):
            log.warning(f"only exits: {line}")


def _ports(options: TradeOptions, opened: _Opened) -> RunPorts:
    start = opened.start
    clock = SystemClock()
    system = ThreadRuntime(clock, BreakerBoard(), ROUTES, ActorLog, speed=SPEED)
    reach = Reach(
        rest=start.rest,
        key_file=opened.key.file,
        ca=None,
        token_life_s=TRAITS.token_life_ns // SECOND,
        speed=SPEED,
    )
    return RunPorts(
        facts=VenueFacts(
            venue=COINBASE, world=start.world, prices="live", has_history=True, end_ns=None
        ),
        system=system,
        driver=ThreadDriver(clock),
        connect=lambda gate: closing(_connect(opened, system, clock, gate)),
        publish_every_ns=SECOND,
        wall=time.time_ns,
        watches=lambda venue: watches_of(system, options, reach, venue),
        stop=lambda: stop_all(system),
        options=options,
        proof=start.proof,
        breaker=gate_breaker(start.unmet, clock.market_ns()),
    )


def _connect(
    opened: _Opened, system: ThreadRuntime, clock: SystemClock, gate: LastGate
) -> CoinbaseReader:
    rest = opened.start.rest
    wires = Wires(
        rest=rest,
        stream=rest.replace("http", "ws", 1),
        key=opened.key.key,
        clock=clock,
        post=system.post_patiently,
        log=ActorLog("venue"),
        traits=TRAITS,
        tell=system.announce,
        meter=system.meters,
    )
    return connect(wires, gate, opened.right)
