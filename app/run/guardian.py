"""What the main thread does from READY to STOPPED, in real and virtual time. It is no actor."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import frozen

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.ports import AlertLog, StatusBoard
from actors.kernel.topology import ALERTS, AUDITOR, PROJECTOR
from actors.reporting.foregone_rows import foregone_in
from actors.reporting.pnl_rows import open_pnl_in
from actors.safety.holdings import BREAKER as RECONCILE
from adapters.journal.recorder import Recorder
from adapters.runtime.actor_system import ActorSystem
from app.command_line.options import DrillOrder, TradeOptions
from app.run.guardian_inbox import GuardianInbox
from app.run.lots import lots_of, missing_of, protection_of
from app.run.opening import obstacles, opening
from app.run.ports import Driver, VenueFacts
from app.run.stop_request import KILL, StopRequest
from app.run.watches import SENTINEL
from domain.messages.control import (
    AlertRaised,
    ReconcileRequested,
    StatusRequested,
    StopRequested,
)
from domain.messages.journal import RunStopped
from domain.messages.portfolio import START, LotsListed
from domain.messages.supervision import (
    BootCompleted,
    BreakerTripped,
    Drill,
    DrillStarted,
    TradingReady,
)
from domain.model.breakers import Breaker, Effect
from domain.model.figures import moment
from domain.model.instants import SECOND
from domain.model.money import Amount, plain
from domain.system.alerts import of_breaker, of_unconfirmed_stop
from domain.system.recovery import Recovered
from domain.system.ways_out import way_out

BOOT_LIMIT_NS = 60 * SECOND
SWEEP_LIMIT_NS = 8 * SECOND
"""Long enough for a venue that takes five seconds to cancel, and for asking again. What is not
confirmed then, as a request that has not been answered, is left to the sentinel."""
RECONCILE_LIMIT_NS, LEAST_RECONCILE_NS = 5 * SECOND, 2 * SECOND
"""For the last comparison: the longer, the sooner the cancels were confirmed."""
PROTECTED_WITHIN_NS, PROTECTED_LOOK_NS = 3 * SECOND, SECOND // 10
"""How long the end waits for the venue to show the order that protects what was bought last, and
how often it looks."""
SENTINEL_LIMIT_NS = 3 * SECOND
STATUS_LIMIT_NS = 5 * SECOND
"""A projector that lives answers within it on the busiest machine: STOPPED tells what it knows."""
EXIT_OK, EXIT_NO, EXIT_HALTED = 0, 1, 3
HUNDRED = Decimal(100)

TOLD = (
    *("cycles", "orders_total", "fills_total", "equity", "pnl_net", "realised", "unrealised"),
    *("opening_equity", "cash", "fees", "last_known", "positions", "strategies", "market_time"),
)
"""Members of the status that the STOPPED line tells, and those that they are made of."""

Status = Mapping[str, object]


def _show_nobody(_: Sequence[str]) -> None:
    """Nobody reads along."""


@frozen(kw_only=True)
class Run:
    """What is asked of a run, where it trades, and who is told its first and last line.

    `show` is given blocks of lines for people; `recovered` is what the journal said at its start.
    """

    options: TradeOptions
    facts: VenueFacts
    say: Callable[[str], None]
    show: Callable[[Sequence[str]], None] = _show_nobody
    recovered: Recovered = Recovered()


class Guardian:
    """Waits for READY and for the end, and has everything taken down in order.

    It reads no actor: what they have to tell comes into its inbox, and the status is the one that
    the projector published last.
    """

    def __init__(
        self,
        run: Run,
        system: ActorSystem,
        driver: Driver,
        stop: StopRequest,
        inbox: GuardianInbox,
        journal: Recorder,
        alerts: AlertLog,
        status: StatusBoard,
    ) -> None:
        self._run = run
        self._system = system
        self._board = system.board
        self._driver = driver
        self._stop = stop
        self._inbox = inbox
        self._journal = journal
        self._alerts = alerts
        self._status = status
        self._status_asked = 0
        self._told_dead = False
        self._is_swept = False
        self.begun = threading.Event()
        """Set once READY is said; any thread may look."""
        self.last: Status = {}
        """What the STOPPED line told; empty until then."""

    # From the start to READY, and on to the end.

    def live(self) -> None:
        """Let the system recover and trade until the end is asked for."""
        self._tell_latched()
        if any(each.effect is Effect.KILL for each in self._board.open):
            self._stop.ask(KILL)
        if not self._driver.until(lambda: self.is_ready or self._stop.is_asked(), BOOT_LIMIT_NS):
            self._stop.ask("error")
        self._driver.until(lambda: not self._is_starting(), SENTINEL_LIMIT_NS)
        heard = self._inbox.read()
        if heard.boot is not None and heard.ready is not None and not self._stop.is_asked():
            self._open(heard.boot, heard.ready)
        begun_ns = self._system.clock.market_ns()
        for drill in self._run.options.drills:
            self._driver.at(begun_ns + drill.after_ns, partial(self._break, drill))
        for deed in self._run.options.deeds:
            self._driver.at(begun_ns + deed.after_ns, partial(deed.do, self._system))
        self._driver.until(lambda: self._is_over(begun_ns), None)

    def _tell_latched(self) -> None:
        """Say what an earlier run has left latched: why, since when, and what ends it."""
        for each in self._board.latched():
            self._system.log_for("guardian").critical(
                f"{each.effect.name} since {moment(each.at_ns)}: {each.reason} ({each.name}); "
                f"nothing is bought until you type: {way_out(each.name).command}"
            )

    def _open(self, boot: BootCompleted, ready: TradingReady) -> None:
        """Say what begins: to people what hinders it first, then to programs, then the rest."""
        run, status = self._run, self.publish()
        hindrance = obstacles(run.options.config, boot, status)
        if hindrance is not None:
            self._system.log_for("guardian").warning(hindrance)
        blocking = self._blocking()
        run.say(self._ready_line(boot, ready, blocking))
        run.show(opening(run.options, run.facts, boot, self._valued(status), blocking))
        self.begun.set()
        self._list_lots(status)

    def _blocking(self) -> tuple[Breaker, ...]:
        """Return the open breakers that let no entry pass."""
        return tuple(
            each
            for each in self._board.open
            if each.effect >= Effect.BLOCK and each.scope.is_everywhere
        )

    def _list_lots(self, status: Status) -> None:
        """Say what is owned at the start; while the venue differs, nothing of it is protected,
        and what the venue does not hold never is.
        """
        differs = any(each.name == RECONCILE for each in self._board.open)
        gone = lots_of(status, self._run.recovered) if differs else missing_of(status)
        there = tuple(each for each in lots_of(status, self._run.recovered) if each not in gone)
        self._system.announce(LotsListed(START, there, gone))

    @property
    def is_ready(self) -> bool:
        """Tell whether trading may have begun."""
        return self._inbox.read().ready is not None

    def _is_starting(self) -> bool:
        """Tell whether only the sentinel is missing, which starts beside everything else."""
        blocking = any(each.name == SENTINEL for each in self._board.open)
        return blocking and not self._stop.is_asked()

    def _break(self, drill: DrillOrder) -> None:
        """Have an actor broken from inside, as the operator ordered, and write that down."""
        self._system.announce(DrillStarted(drill.kind, drill.actor))
        self._system.post(ReplyTo(drill.actor), Drill(drill.kind))

    def _is_over(self, begun_ns: int) -> bool:
        now_ns = self._system.clock.market_ns()
        duration_ns, end_ns = self._run.options.duration_ns, self._run.facts.end_ns
        if duration_ns is not None and now_ns - begun_ns >= duration_ns:
            self._stop.ask("duration")
        elif end_ns is not None and now_ns >= end_ns:
            self._stop.ask("market_end")
        return self._stop.is_asked()

    # The end.

    def end(self) -> int:
        """Cancel entries, read everything back, write the last records; return the exit code."""
        reason = self._stop.reason or "error"
        if reason == KILL:  # killed before the start: what the last run left is cancelled first
            self._driver.until(lambda: self._inbox.read().boot is not None, SWEEP_LIMIT_NS)
        if self._inbox.read().boot is not None:
            self._sweep(reason)
            if self._stop.reason != KILL:
                self._await_protection()
        reason = self._stop.reason or reason  # a kill during the stop overrides
        status = self.publish()
        protected, bare = protection_of(status, self._run.recovered)
        self._system.announce(LotsListed("stop", protected, bare))
        names = ("cycles", "orders_total", "fills_total")
        cycles, orders, fills = (_count(status, name) for name in names)
        nlv, pnl = (_amount(status, name) for name in ("equity", "pnl_net"))
        confirmed, open_pnl = self.is_confirmed, open_pnl_in(status)
        rest = open_pnl, foregone_in(status)
        stopped = RunStopped(reason, cycles, orders, fills, confirmed, nlv, pnl, *rest)
        self._system.announce(stopped)
        self._driver.until(self._is_quiet, SECOND)
        self._rescue(stopped)
        is_halted = any(
            each.effect >= Effect.HALT and each.scope.is_everywhere for each in self._board.open
        )
        if is_halted and reason not in (KILL, "error"):
            reason = "halted"
        self.last = self._valued(status)
        self._run.say(_stopped_line(reason, self.last, len(bare)))
        if is_halted or reason == KILL:
            return EXIT_HALTED
        return EXIT_NO if reason == "error" or not self.is_confirmed else EXIT_OK

    @property
    def is_confirmed(self) -> bool:
        """Tell whether it is known that no entry rests at the venue."""
        if self._inbox.read().boot is not None:
            return self._is_swept
        return not self._run.recovered.has_unsettled

    def _valued(self, status: Status) -> Status:
        """Return `status`, with what the journal knew last where nothing was valued this time."""
        known = self._run.recovered
        if status.get("equity") is not None or not known.marks or known.ledger is None:
            return status
        last = known.marks[-1]
        return {
            **status,
            "equity": plain(last.nlv),
            "pnl_net": plain(last.pnl),
            "fees": plain(known.ledger.fees),
        }

    def _await_protection(self) -> None:
        """Give what was bought last the time to get its order at the venue."""
        if not self._run.options.config.policy.exits.venue_stops:
            return
        for _ in range(PROTECTED_WITHIN_NS // PROTECTED_LOOK_NS):
            if not protection_of(self.publish(), self._run.recovered)[1]:
                return
            self._driver.until(lambda: False, PROTECTED_LOOK_NS)

    def _sweep(self, reason: str) -> None:
        """Have every entry cancelled and the venue compared with the books once more."""
        begun_ns = self._system.clock.machine_ns()
        self._system.announce(StopRequested(reason))
        self._is_swept = self._driver.until(
            lambda: reason in self._inbox.read().swept, SWEEP_LIMIT_NS
        )
        if not self._is_swept:
            self._system.log_for("guardian").critical(
                "entries are not confirmed cancelled: the sentinel cancels what still appears",
                look="python run.py status",
            )
            self._alert(of_unconfirmed_stop())
        self._system.announce(ReconcileRequested("stop"))
        left_ns = SWEEP_LIMIT_NS + LEAST_RECONCILE_NS + begun_ns - self._system.clock.machine_ns()
        limit_ns = min(max(left_ns, LEAST_RECONCILE_NS), RECONCILE_LIMIT_NS)
        if not self._driver.until(lambda: "stop" in self._inbox.read().reconciled, limit_ns):
            self._system.log_for("guardian").warning(
                "orders, fills and balances are not compared with the venue's at this end: "
                "the figures below are the last known, and the next start compares first"
            )

    def publish(self) -> Status:
        """Have the projector publish the present status; return what it published last."""
        self._status_asked += 1
        if PROJECTOR not in self._system.down():
            self._system.announce(StatusRequested(self._status_asked))
            self._driver.until(
                lambda: self._inbox.read().published >= self._status_asked, STATUS_LIMIT_NS
            )
        return self._status.last

    def published(self) -> Status:
        """Return the status that was published last; any thread may ask."""
        return self._status.last

    def leave_status(self) -> None:
        """Leave the values of the STOPPED line behind, once no actor publishes any more: a price
        that has moved since is not what was told.
        """
        told = {name: self.last[name] for name in TOLD if name in self.last}
        if not told:
            return
        with contextlib.suppress(OSError):  # the one before it stands
            self._status.publish({**self._status.last, **told})

    def _is_quiet(self) -> bool:
        return all(sight.is_down or not sight.is_loaded for sight in self._system.sights())

    # What the dead can't do themselves.

    def watch(self) -> None:
        """Tell people of what is latched if the actor that should is dead."""
        if not self._told_dead and ALERTS in self._system.down():
            self._told_dead = True
            for breaker in self._board.latched():
                self._alert(of_breaker(breaker))

    def _alert(self, alert: AlertRaised) -> None:
        """Write an alert ourselves; without room for it the run goes on, and ends as it should."""
        try:
            self._alerts.write(self._envelope(alert))
        except OSError as error:
            self._system.log_for("guardian").failure("an alert is not kept", error)

    def _rescue(self, stopped: RunStopped) -> None:
        """Write down what a dead auditor could not, unless the journal itself has failed."""
        if AUDITOR not in self._system.down():
            return
        try:
            for envelope in self._system.take_kept(AUDITOR):
                if self._journal.keeps(envelope):
                    self._journal.append(envelope)
            for breaker in self._board.latched():
                self._journal.append(self._envelope(BreakerTripped(breaker)))
            self._journal.append(self._envelope(stopped))
            self._journal.commit(())
        except Exception as error:  # noqa: BLE001 - nothing may keep the run from ending
            # The alert says already that the journal failed; this is the reason in the log.
            self._system.log_for("guardian").failure("the last records are not written", error)

    def _envelope(self, body: Any) -> Envelope:
        number = self._system.number()
        return Envelope(number, body, "guardian", 0, number, 0, self._system.clock.market_ns())

    def _ready_line(
        self, boot: BootCompleted, ready: TradingReady, blocking: tuple[Breaker, ...]
    ) -> str:
        options, facts, config = self._run.options, self._run.facts, self._run.options.config
        cost = (boot.maker_rate + boot.taker_rate) * HUNDRED
        names = dict.fromkeys(each.name for each in blocking)
        entries = f"blocked by={','.join(names)}" if names else "on"
        return (
            f"READY mode={options.mode.value} venue={facts.venue} world={facts.world}"
            f" prices={facts.prices} history={ready.history}"
            f" config={config.config_hash} policy={config.policy_hash}"
            f" round_trip_cost={plain(cost)}% entries={entries} dashboard=off"
        )


def _stopped_line(reason: str, status: Status, unprotected: int) -> str:
    last = status.get("last_known")
    known = last if isinstance(last, Mapping) else {}

    def text(name: str) -> str:
        """Return a number; what is not known at the end is as it was known last."""
        value = status.get(name)
        value = known.get(name) if value is None else value
        return "0" if value is None else str(value)

    return (
        f"STOPPED reason={reason} cycles={text('cycles')} orders={text('orders_total')}"
        f" fills={text('fills_total')} equity={text('equity')} pnl_net={text('pnl_net')}"
        f" fees={text('fees')} unprotected={unprotected}"
    )


def _amount(status: Status, name: str) -> Amount | None:
    value = status.get(name)
    return None if value is None else Amount(Decimal(str(value)))


def _count(status: Status, name: str) -> int:
    value = status.get(name)
    return value if isinstance(value, int) else 0
