"""The whole system on threads in this process, trading at sixty times speed on a real venue."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import LastGate
from actors.kernel.topology import ROUTES, SUPERVISOR
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.control.status import read_status
from adapters.processes.simulator import VenueChild
from adapters.runtime.threads import ThreadRuntime
from adapters.simulator.server.session import VenueSession
from adapters.venues.coinbase.auth import load_key_file
from adapters.venues.coinbase.connect import Wires, connect
from adapters.venues.coinbase.gateway import CoinbaseGateway
from app.command_line.options import Folders, TradeOptions
from app.run.ports import RunPorts, VenueFacts
from app.run.recovery import open_state
from app.run.stop_request import StopRequest
from app.run.thread_ports import ThreadDriver
from app.run.trader import last_gate, place_of, start
from app.run.watches import ProgressGuard, SupervisorWatch
from app.run.wiring import in_order
from app.selftest.proof import Proof
from config.loading import load
from config.mode import Mode
from domain.model.instants import SECOND
from domain.system.restarts import CrashHistory
from tests.builders.capability import a_right
from tests.builders.simulator_process import venue_command
from tests.builders.world import CONFIG
from tests.fakes.log import KeptLog, LogLine

SETS = (
    "strategies.breakout.lookback_minutes=1",
    "strategies.breakout.volume_minutes=1",
    "strategies.breakout.volume_ratio=0",
    "strategies.breakout.notional_pct=0.2",
)
PATIENCE_S = 30.0


def _hush(_: object) -> None:
    """Nobody reads along."""


class ThreadWorld:
    """Production wiring; the guardian's loop runs on a thread of its own."""

    def __init__(self, folder: Path, child: VenueChild) -> None:
        session = child.session
        self.options = TradeOptions(
            mode=Mode.PAPER,
            config=load(CONFIG, SETS),
            folders=Folders(config=CONFIG, data=folder / "data", log=folder / "logs"),
            speed=Decimal(60),
        )
        clock = SystemClock(MarketClock(session.clock))
        self._log_lines: list[LogLine] = []
        self.runtime = ThreadRuntime(
            clock, BreakerBoard(), ROUTES, lambda name: KeptLog(name, self._log_lines), speed=60
        )
        stop = StopRequest()
        driver = self._driver = ThreadDriver(clock)
        driver.attend(ProgressGuard(self.runtime).look)
        ports = RunPorts(
            facts=VenueFacts(
                venue="embedded",
                world=session.world,
                prices="invented",
                has_history=True,
                end_ns=None,
            ),
            system=self.runtime,
            driver=driver,
            connect=lambda gate: closing(self._connect(session, gate)),
            publish_every_ns=SECOND,
            wall=time.time_ns,
        )
        self._opened = open_state(place_of(self.options, ports))
        self._venue = self._connect(session, last_gate(ports, self.options, stop))
        self.guardian = start(
            ports, self.options, self._opened, self._venue, stop, _hush, _hush, Proof(())
        )
        self.guardian.begun.set()
        self._is_over = threading.Event()
        self._guardian = threading.Thread(
            target=lambda: driver.until(self._is_over.is_set, None), name="guardian"
        )
        self._guardian.start()

    def _connect(self, session: VenueSession, gate: LastGate) -> CoinbaseGateway:
        wires = Wires(
            rest=session.rest,
            stream=session.ws,
            ca=session.ca,
            key=load_key_file(session.key_file),
            clock=self.runtime.clock,
            post=self.runtime.post_patiently,
            log=KeptLog("venue", self._log_lines),
        )
        return connect(wires, gate, a_right(session.rest))

    def status(self) -> dict[str, Any]:
        """Return the status that was published last."""
        return read_status(self.options.folders.of_mode(self.options.mode)) or {}

    @property
    def supervisor(self) -> Any:
        """Return the living supervisor, to look into and to give a clean sheet."""
        return self.runtime.members[SUPERVISOR]

    def until(self, is_true: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
        """Wait for a condition; tell whether it came true."""
        ends = time.monotonic() + seconds
        while not is_true():
            if time.monotonic() > ends:
                return False
            threading.Event().wait(0.002)
        return True

    def forget_crashes(self) -> None:
        """Give everybody a clean sheet, and the run another release by itself."""
        self.supervisor._lifecycle.auto_resumes_left = 1
        for child in self.supervisor._children:
            child.history, child.readmissions = CrashHistory(), 0
        for watch in self._driver._watches:
            guard = getattr(watch, "__self__", None)
            if isinstance(guard, SupervisorWatch):
                guard._history = CrashHistory()

    def close(self) -> None:
        """Take everything down."""
        self._is_over.set()
        self._guardian.join()
        late = self.runtime.stop(tuple(reversed(in_order(self.runtime.members))), 5 * SECOND)
        self._venue.close()
        self._opened.recorder.abandon()
        assert not late


@contextmanager
def thread_world(folder: Path) -> Iterator[ThreadWorld]:
    """Run a venue and the system on it, up to the first cycle."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    folders = ("--log-dir", str(folder))
    arguments = (*folders, "--lookback", "1m", "--speed", "60", "--parent-pipe")
    child = VenueChild(venue_command(folder / "paper", *arguments))
    try:
        world = ThreadWorld(folder, child)
        try:
            assert world.until(lambda: world.guardian.is_ready)
            yield world
        finally:
            world.close()
    finally:
        child.stop()
        sys.setswitchinterval(interval)
