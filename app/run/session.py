"""One run from recovery to the last line: what the guardian does, in real and virtual time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.ports import AlertLog, StatusBoard
from actors.kernel.topology import ALERTS, AUDITOR, PROJECTOR
from actors.reporting.projector import Projector
from adapters.journal.recorder import Recorder
from adapters.runtime.actor_system import ActorSystem
from app.command_line.options import DrillOrder
from app.run.drivers import Driver
from app.run.guardian import SENTINEL
from app.run.lifecycle_events import LifecycleEvents
from app.run.stop_request import KILL, StopRequest
from app.run.wiring import dead
from domain.messages.control import ReconcileRequested, StopRequested
from domain.messages.journal import RunStopped
from domain.messages.portfolio import LotsListed
from domain.messages.supervision import BreakerTripped, Drill, DrillStarted
from domain.model.breakers import Effect
from domain.model.instants import SECOND, Nanos
from domain.model.money import plain
from domain.system.alerts import of_breaker

BOOT_LIMIT_NS = 60 * SECOND
SWEEP_LIMIT_NS = 8 * SECOND
"""Long enough for a venue that takes five seconds to cancel, and for asking again. What is not
confirmed then is left to the sentinel."""
RECONCILE_LIMIT_NS = 2 * SECOND
SENTINEL_LIMIT_NS = 3 * SECOND
EXIT_OK, EXIT_NO, EXIT_HALTED = 0, 1, 3
HUNDRED = Decimal(100)
"""Scopes of breakers that stop every entry."""


@frozen(kw_only=True)
class Run:
    """What a session needs to know. `duration_ns` and `end_ns` are market time."""

    mode: str
    venue: str
    world: str
    prices: str
    config_hash: str
    policy_hash: str
    duration_ns: Nanos | None
    end_ns: Nanos | None
    drills: tuple[DrillOrder, ...] = ()
    say: Callable[[str], None]


class RunSession:
    """Waits for READY, for the end, and takes everything down in order."""

    def __init__(
        self,
        run: Run,
        runtime: ActorSystem,
        driver: Driver,
        ending: StopRequest,
        milestones: LifecycleEvents,
        journal: Recorder,
        alerts: AlertLog,
        status: StatusBoard,
    ) -> None:
        self._run = run
        self._runtime = runtime
        self._driver = driver
        self._ending = ending
        self._milestones = milestones
        self._journal = journal
        self._alerts = alerts
        self._status = status
        self._told_dead = False
        self.is_swept = False

    @property
    def _board(self) -> BreakerBoard:
        return self._runtime.board

    def live(self) -> None:
        """Let the system recover and trade until the end is asked for."""
        if any(each.effect is Effect.KILL for each in self._board.open):
            self._ending.ask(KILL)
        reached = self._milestones
        is_up = self._driver.until(
            lambda: reached.ready is not None or self._ending.is_asked(), BOOT_LIMIT_NS
        )
        if not is_up:
            self._ending.ask("error")
        self._driver.until(lambda: not self._is_starting(), SENTINEL_LIMIT_NS)
        if reached.ready is not None and not self._ending.is_asked():
            self._run.say(self._ready_line())
            self._runtime.announce(LotsListed("start", self._lots(), ()))
        begun_ns = self._runtime.clock.market_ns()
        for drill in self._run.drills:
            self._driver.at(begun_ns + drill.after_ns, partial(self._break, drill))
        self._driver.until(lambda: self._is_over(begun_ns), None)

    def _is_starting(self) -> bool:
        """Tell whether only the sentinel is missing, which starts beside everything else."""
        blocking = any(each.name == SENTINEL for each in self._board.open)
        return blocking and not self._ending.is_asked()

    def _break(self, drill: DrillOrder) -> None:
        """Have an actor broken from inside, as the operator ordered, and write that down."""
        self._runtime.announce(DrillStarted(drill.kind, drill.actor))
        self._runtime.post(ReplyTo(drill.actor), Drill(drill.kind))

    def end(self) -> int:
        """Cancel entries, read everything back, write the last records; return the exit code."""
        reason = self._ending.reason or "error"
        reached, runtime = self._milestones, self._runtime
        if reason == KILL:  # killed before the start: what the last run left is cancelled first
            self._driver.until(lambda: reached.boot is not None, SWEEP_LIMIT_NS)
        if reached.boot is not None:
            runtime.announce(StopRequested(reason))
            self.is_swept = self._driver.until(lambda: reason in reached.swept, SWEEP_LIMIT_NS)
            if not self.is_swept:
                runtime.log_for("session").critical(
                    "entries are not confirmed cancelled",
                    by="the sentinel, if there is one",
                )
            runtime.announce(ReconcileRequested("stop"))
            self._driver.until(lambda: "stop" in reached.reconciled, RECONCILE_LIMIT_NS)
        reason = self._ending.reason or reason  # a kill during the stop overrides
        report = self._report()
        lots = self._lots()
        runtime.announce(LotsListed("stop", (), lots))
        stopped = RunStopped(
            reason,
            _count(report, "cycles"),
            _count(report, "orders_total"),
            _count(report, "fills_total"),
        )
        runtime.announce(stopped)
        self._driver.until(self._is_quiet, SECOND)
        self._rescue(stopped)
        halted = any(
            each.effect >= Effect.HALT and each.scope.is_everywhere for each in self._board.open
        )
        if halted and reason != KILL and reason != "error":
            reason = "halted"
        self._run.say(_stopped_line(reason, report, len(lots)))
        if halted:
            return EXIT_HALTED
        return EXIT_NO if reason == "error" else EXIT_OK

    def watch(self) -> None:
        """Do for dead actors what can't wait for another: tell people."""
        if not self._told_dead and ALERTS in dead(self._runtime):
            self._told_dead = True
            for breaker in self._board.latched():
                self._alerts.write(self._envelope(of_breaker(breaker)))

    def publish(self) -> None:
        """Leave the last status behind."""
        self._status.publish(self._report())

    def _lots(self) -> tuple[str, ...]:
        positions = _list(self._report(), "positions")
        return tuple(f"{each['product']} {each['quantity']}" for each in positions)

    def _is_over(self, begun_ns: int) -> bool:
        now_ns = self._runtime.clock.market_ns()
        run = self._run
        if run.duration_ns is not None and now_ns - begun_ns >= run.duration_ns:
            self._ending.ask("duration")
        elif run.end_ns is not None and now_ns >= run.end_ns:
            self._ending.ask("market_end")
        return self._ending.is_asked()

    def _ready_line(self) -> str:
        run, boot, ready = self._run, self._milestones.boot, self._milestones.ready
        assert boot is not None
        assert ready is not None
        cost = (boot.maker_rate + boot.taker_rate) * HUNDRED
        blocking = dict.fromkeys(
            each.name
            for each in self._board.open
            if each.effect >= Effect.BLOCK and each.scope.is_everywhere
        )
        entries = f"blocked by={','.join(blocking)}" if blocking else "on"
        return (
            f"READY mode={run.mode} venue={run.venue} world={run.world} prices={run.prices}"
            f" history={ready.history} config={run.config_hash} policy={run.policy_hash}"
            f" round_trip_cost={plain(cost)}% entries={entries} dashboard=off"
        )

    def _report(self) -> dict[str, object]:
        projector = self._runtime.members[PROJECTOR]
        assert isinstance(projector, Projector)
        return projector.report()

    def _is_quiet(self) -> bool:
        members = self._runtime.members.values()
        return all(
            actor.actor_stopped.is_set() or not (actor.is_busy or not actor.actor_inbox.empty())
            for actor in members
        )

    def _rescue(self, stopped: RunStopped) -> None:
        """Write down what a dead auditor could not, unless the journal itself has failed."""
        if AUDITOR not in dead(self._runtime):
            return
        try:
            for envelope in self._runtime.take_kept(AUDITOR):
                if self._journal.keeps(envelope):
                    self._journal.append(envelope)
            for breaker in self._board.latched():
                self._journal.append(self._envelope(BreakerTripped(breaker)))
            self._journal.append(self._envelope(stopped))
            self._journal.commit(())
        except Exception:  # noqa: BLE001 - it can't be written: the alert and the log say so
            return

    def _envelope(self, body: Any) -> Envelope:
        number = self._runtime.number()
        return Envelope(number, body, "guardian", 0, number, 0, self._runtime.clock.market_ns())


def _stopped_line(reason: str, report: dict[str, object], unprotected: int) -> str:
    def text(name: str) -> str:
        value = report.get(name)
        return "0" if value is None else str(value)

    return (
        f"STOPPED reason={reason} cycles={text('cycles')} orders={text('orders_total')}"
        f" fills={text('fills_total')} equity={text('equity')} pnl_net={text('pnl_net')}"
        f" fees={text('fees')} unprotected={unprotected}"
    )


def _count(report: dict[str, object], name: str) -> int:
    value = report.get(name)
    return value if isinstance(value, int) else 0


def _list(report: dict[str, object], name: str) -> list[dict[str, object]]:
    value = report.get(name)
    return value if isinstance(value, list) else []
