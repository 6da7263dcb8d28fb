"""The whole system on threads in this process, trading at sixty times speed on a real venue."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from actors.kernel.board import BreakerBoard
from actors.kernel.topology import ROUTES, SUPERVISOR
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.control.kill_switch import FileHaltSignal
from adapters.processes.simulator import VenueChild
from adapters.runtime.threads import ThreadRuntime
from adapters.venues.coinbase.connect import connect
from app.command_line.options import Folders, TradeOptions
from app.run.assembly import Parts, VenueFacts, last_gate_of, place_of, start
from app.run.drivers import ThreadDriver
from app.run.guardian import ProgressGuard, SupervisorWatch
from app.run.recovery import open_state
from app.run.stop_request import StopRequest
from app.run.wiring import in_order
from config.loading import load
from config.mode import Mode
from domain.model.instants import SECOND
from domain.system.restarts import CrashHistory
from tests.builders.world import CONFIG
from tests.fakes.log import KeptLog, LogLine

SETS = (
    "strategies.breakout.lookback_minutes=1",
    "strategies.breakout.volume_minutes=1",
    "strategies.breakout.volume_ratio=0",
    "strategies.breakout.notional_pct=0.2",
)
PATIENCE_S = 30.0


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
        stage = VenueFacts(
            venue="embedded", world=session.world, prices="invented", has_history=True, end_ns=None
        )
        self._log_lines: list[LogLine] = []
        self._opened = open_state(place_of(self.options, stage, clock, wall=clock.wall_ns))
        self.runtime = ThreadRuntime(
            clock, BreakerBoard(), ROUTES, lambda name: KeptLog(name, self._log_lines), speed=60
        )
        self._ending = StopRequest()
        last_gate = last_gate_of(
            self.runtime, clock, FileHaltSignal(self.options.folders.data), self._ending
        )
        self._venue = connect(
            rest=session.rest,
            stream=session.ws,
            ca=session.ca,
            key_file=session.key_file,
            clock=clock,
            post=self.runtime.post_patiently,
            last_gate=last_gate,
            log=KeptLog("venue", self._log_lines),
        )
        driver = self._driver = ThreadDriver(clock, self._ending)
        driver.attend(ProgressGuard(self.runtime).look)
        self.session = start(
            Parts(
                options=self.options,
                stage=stage,
                opened=self._opened,
                runtime=self.runtime,
                venue=self._venue,
                last_gate=last_gate,
                driver=driver,
                ending=self._ending,
                say=lambda _: None,
                wall=time.time_ns,
                publish_every_ns=SECOND,
            )
        )
        self._is_over = threading.Event()
        self._guardian = threading.Thread(
            target=lambda: driver.until(self._is_over.is_set, None), name="guardian"
        )
        self._guardian.start()

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
        self.supervisor._staff.auto_resumes_left = 1
        for case in self.supervisor._cases.values():
            case.history, case.readmissions = CrashHistory(), 0
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
    folders = ("--data-dir", str(folder / "paper"), "--log-dir", str(folder))
    child = VenueChild([*folders, "--lookback", "1m", "--speed", "60"])
    try:
        world = ThreadWorld(folder, child)
        try:
            assert world.until(lambda: world.session._milestones.ready is not None)
            yield world
        finally:
            world.close()
    finally:
        child.stop()
        sys.setswitchinterval(interval)
