"""Brings dead actors back: pause, rebuild, proof, and only then the breaker closes.

What happens to whom is the table in `actors/kernel/supervision.py`; the breaker itself was tripped
by the dying thread, before any message. Starting and ending actors is done by the staff port,
outside of every actor.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve

from actors.kernel.base import FIRST_EPOCH, Actor, ActorContext
from actors.kernel.children import ChildState, Phase
from actors.kernel.policy import Reentry, Source
from actors.kernel.ports import ActorLifecycle
from actors.kernel.supervision import crash_breakers, scope_of
from actors.kernel.topology import AUDITOR, OPERATOR, RISK_GATE, ROUTES, SCHEDULER
from domain.messages.control import (
    AlertRaised,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    SweepFinished,
    SweepRequested,
    Synced,
    SyncRequested,
)
from domain.messages.supervision import (
    ActorDown,
    ActorProven,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    RebuildFinished,
    Revived,
    ReviveRequested,
    Tick,
    TradingReady,
)
from domain.model.breakers import ACTOR, GLOBAL, Effect, Severity
from domain.model.draws import Draw
from domain.model.instants import SECOND
from domain.system.restarts import Crash, CrashHistory, GiveUp, Restart, decide

AGAIN_NS = SECOND
"""Machine time after which a rebuild, or a reconcile, that did not succeed is tried again."""
BOOKS_AGAIN_NS = 2 * SECOND
REVIVE_WITHIN_NS = 3 * SECOND
REBUILD = "rebuild:"
AUTO_RESUME = "auto-resume"
RELEASE_REASON = "rebuilt, proven, and the books agree with the venue"


class Supervisor(Actor):
    """Keeps the state of each actor that has died."""

    def __init__(self, context: ActorContext, staff: ActorLifecycle, draw: Draw) -> None:
        super().__init__(context)
        self._staff = staff
        self._draw = draw
        self._children: dict[str, ChildState] = {}
        self._token = self.epoch * 1_000_000  # no answer to a predecessor is taken for one to us
        self._syncing: dict[int, tuple[str, ...]] = {}
        self._reviving: list[str] = []
        self._resuming = 0
        self._boot, self._ready = staff.briefing()

    def starting(self) -> None:
        """After a crash of our own: look who else is down, and prove that we agree with all."""
        if self.epoch == FIRST_EPOCH:
            return
        for name, epoch in self._staff.down():
            self._fell(ActorDown(name, epoch, "found down", f"found down by epoch {self.epoch}"))
        self._token += 1
        self._child(self.name).begin_probation(self.epoch, self._token)
        self.prove("took over and looked at every actor")
        self._reconcile(self._token)

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case ActorDown():
                if message.actor != self.name:
                    self._fell(message)
            case Synced(token=token):
                if token == self._resuming:
                    self._resume()
                else:
                    self._rebuild(token)
            case RebuildFinished():
                self._rebuilt(message)
            case ActorProven():
                self._proven(message)
            case ReconcileFinished():
                self._reconciled(message)
            case BreakerReset():
                self._released(message)
            case SweepFinished(reasons):
                self._swept(reasons)
            case ReviveRequested(request_id):
                self._revive(request_id)
            case Tick(what):
                self._tick(what)
            case BootCompleted():
                self._boot = message
            case TradingReady():
                self._ready = message
            case ActorRestarted():
                self._back(message)
            case _:
                super().receive(message)

    def _child(self, name: str) -> ChildState:
        return self._children.setdefault(name, ChildState(name))

    def _tick(self, what: str) -> None:
        kind, _, rest = what.partition(":")
        name, _, number = rest.rpartition(":")
        match kind:
            case "restart":
                self._restart(self._child(name))
            case "sync" if int(number) in self._syncing:
                # The auditor did not answer: it is dying, or slow.
                for each in self._syncing.pop(int(number)):
                    self._wait(self._child(each), AGAIN_NS)
            case "reconcile" if self._await_books(int(number)):
                self._reconcile(int(number))
            case "sweep" if self._child(name).epoch <= int(number):
                self.publish(SweepRequested(f"{name} is down", includes_exits=False))
            case "block" if self._child(name).epoch <= int(number):
                reason = f"{name} is down for too long"
                self.trip(name, reason, effect=Effect.BLOCK)
            case "revive":
                self._answer_operator(is_last_chance=True)

    # Down.

    def _fell(self, down: ActorDown) -> None:
        self._resuming = 0
        child = self._child(down.actor)
        policy, child.down_epoch = child.policy, max(child.down_epoch, down.epoch)
        if child.phase is Phase.UP:  # else its breaker is open, and what it had cancelled still is
            child.is_swept = policy.effect < Effect.HALT
        child.history = child.history.after(
            Crash(self.clock.machine_ns(), down.fingerprint), policy.budget
        )
        verdict = decide(child.history, policy.budget, self._draw)
        if down.actor == AUDITOR and self._staff.has_journal_failed():
            verdict = GiveUp("the journal can't be written; nothing is until the process restarts")
        match verdict:
            case GiveUp(reason):
                self._give_up(child, reason)
            case Restart(pause_ns):
                self._wait(child, pause_ns)
                self._schedule_consequences(child)
        self._answer_operator()

    def _wait(self, child: ChildState, pause_ns: int) -> None:
        child.phase = Phase.WAITING
        self.after_machine(pause_ns, Tick(f"restart:{child.name}:{child.down_epoch}"))

    def _schedule_consequences(self, child: ChildState) -> None:
        """What is done about orders and entries if it is not back soon enough."""
        for kind, delay_ns in (
            ("sweep", child.policy.sweep_after_ns),
            ("block", child.policy.block_after_ns),
        ):
            if delay_ns is not None:
                self.after_machine(delay_ns, Tick(f"{kind}:{child.name}:{child.down_epoch}"))

    def _give_up(self, child: ChildState, reason: str) -> None:
        """Leave it down, latched, and tell people once."""
        child.phase = Phase.GIVEN_UP
        for breaker in crash_breakers(child.name, reason, self.clock.market_ns()):
            self.board.trip(evolve(breaker, is_latched=True), may_flap=True)
        self.publish(
            AlertRaised(
                severity=Severity.CRITICAL,
                code="ACTOR_GIVEN_UP",
                what=f"{child.name} is not started again: {reason}",
                done="its breaker is latched; everything else goes on",
                owned="unchanged; see status",
                worst="none by itself",
                command='python run.py resume --reason "..."',
            )
        )

    # Up again.

    def _restart(self, child: ChildState) -> None:
        if child.phase is not Phase.WAITING:
            return
        names = self._company(child)
        if any(self._child(name).phase is Phase.GIVEN_UP for name in names):
            self._give_up(child, "what it is rebuilt with was given up")
            return
        self._token += 1
        token = self._token
        for name in names:
            one = self._child(name)
            one.phase, one.token = Phase.REBUILDING, token
        self._staff.retire(names)
        self._syncing[token] = names
        needs_journal = any(self._child(n).policy.source is Source.JOURNAL for n in names)
        if needs_journal and AUDITOR not in names:
            # What was said until now has to be on disk before it is read.
            self.send(AUDITOR, SyncRequested(token))
            self.after_machine(AGAIN_NS, Tick(f"sync::{token}"))
        else:
            self._rebuild(token)

    def _company(self, child: ChildState) -> tuple[str, ...]:
        """Return who is rebuilt with it: its group, and the auditor's if that is down too."""
        names = dict.fromkeys((child.name, *child.policy.group))
        auditor = self._child(AUDITOR)
        if auditor.phase is Phase.WAITING and set(names) & set(auditor.policy.group):
            names = dict.fromkeys((*auditor.policy.group, *names))
        return tuple(names)

    def _rebuild(self, token: int) -> None:
        names = self._syncing.pop(token, ())
        if names:
            self._staff.rebuild(names, token, self.reply_to())

    def _rebuilt(self, done: RebuildFinished) -> None:
        if done.failure is not None:
            for child in tuple(self._children.values()):
                if child.token == done.token and child.phase is Phase.REBUILDING:
                    self._give_up(child, f"not rebuilt: {done.failure}")
            self._answer_operator()
            return
        names = [name for name, _ in done.started]
        if any(self._child(name).policy.reentry is not Reentry.PROOF for name in names):
            self._reconcile(done.token)

    def _back(self, restarted: ActorRestarted) -> None:
        """A newcomer counts as started when it says so, not when somebody started it."""
        child = self._child(restarted.actor)
        if restarted.actor != self.name and restarted.epoch > child.down_epoch:
            child.begin_probation(restarted.epoch, child.token)
            self._brief(child.name)

    def _brief(self, name: str) -> None:
        """Tell a newcomer what it has missed."""
        if self._boot is not None and name in ROUTES[BootCompleted].hears:
            self.send(name, self._boot)
        if self._ready is not None and name in (RISK_GATE, SCHEDULER):
            self.send(name, self._ready)

    # Proof.

    def _reconcile(self, token: int) -> None:
        """Ask for a comparison, and again as long as somebody waits for a clean one.

        The reconciler may have died with the question, or the venue may not have answered.
        """
        self.publish(ReconcileRequested(f"{REBUILD}{token}"))
        self.after_machine(BOOKS_AGAIN_NS, Tick(f"reconcile::{token}"))

    def _await_books(self, token: int) -> list[ChildState]:
        return [
            child
            for child in self._children.values()
            if child.token == token
            and child.phase in (Phase.REBUILDING, Phase.PROBATION)
            and child.policy.reentry is not Reentry.PROOF
            and not child.is_reconciled
        ]

    def _reconciled(self, finished: ReconcileFinished) -> None:
        if not finished.reason.startswith(REBUILD):
            return
        if not finished.is_clean:
            return  # asked again in a while
        for child in self._await_books(int(finished.reason.removeprefix(REBUILD))):
            child.is_reconciled = child.phase is Phase.PROBATION
            self._readmit(child)

    def _proven(self, proven: ActorProven) -> None:
        child = self._child(proven.actor)
        if child.phase is Phase.PROBATION and child.epoch == proven.epoch:
            child.proof = proven.evidence
            self._readmit(child)

    def _swept(self, reasons: tuple[str, ...]) -> None:
        """What a death had cancelled is gone from the venue: the canceller names the breakers."""
        for name in reasons:
            child = self._children.get(name)
            if child is not None and not child.is_swept:
                child.is_swept = True
                self._readmit(child)

    def _readmit(self, child: ChildState) -> None:
        if child.phase is not Phase.PROBATION or not child.has_proof:
            return
        child.readmissions += 1
        if child.policy.is_latched or (child.policy.reenters_once and child.readmissions > 1):
            self._ask_a_person(child)
        else:
            child.phase = Phase.UP
            for scope in dict.fromkeys((scope_of(child.name), GLOBAL, ACTOR)):
                self.board.reset(child.name, scope, by="proof", evidence=child.proof)
        self._answer_operator()

    def _ask_a_person(self, child: ChildState) -> None:
        keys = [(child.name, scope) for scope in (scope_of(child.name), ACTOR)]
        mine = [each for each in self.board.open if (each.name, each.scope) in keys]
        for breaker in mine:
            self.board.trip(evolve(breaker, is_latched=True), may_flap=True)
        child.phase = Phase.PROVEN if mine else Phase.UP
        if mine:
            self.log.warning("back, waits for a person", which=child.name, proof=child.proof)
        self._resume_by_policy()

    def _resume_by_policy(self) -> None:
        """On paper, release the run once by itself: written down first, then done."""
        if self._staff.auto_resumes_left <= 0 or self._resuming or not self._may_resume():
            return
        self._token += 1
        self._resuming = self._token
        names = ", ".join(dict.fromkeys(breaker.name for breaker in self.board.latched()))
        self.publish(OperatorActed(AUTO_RESUME, f"{names}: {RELEASE_REASON}"))
        self.send(AUDITOR, SyncRequested(self._resuming))

    def _may_resume(self) -> bool:
        """Tell whether crashes are all that is latched, and all of them are proven."""
        for breaker in self.board.latched():
            child = self._children.get(breaker.name)
            if (
                child is None
                or child.phase is not Phase.PROVEN
                or child.policy.reentry is not Reentry.OPERATOR
                or breaker.scope not in (scope_of(child.name), ACTOR)
            ):
                return False
        return bool(self.board.latched())

    def _resume(self) -> None:
        self._resuming = 0
        if not self._may_resume():
            return  # something else happened meanwhile
        self._staff.auto_resumes_left -= 1
        for breaker in self.board.latched():
            self.board.reset(breaker.name, breaker.scope, by="policy", evidence=RELEASE_REASON)
        self.log.warning("resumed by itself", left=self._staff.auto_resumes_left)

    def _released(self, reset: BreakerReset) -> None:
        child = self._children.get(reset.name)
        if child is not None and reset.scope == ACTOR and child.phase is Phase.PROVEN:
            child.phase = Phase.UP

    # The operator.

    def _revive(self, request_id: str) -> None:
        """Try again whatever is down, with a clean sheet, and answer when it is proven or not."""
        self._reviving.append(request_id)
        for name, epoch in self._staff.down():
            child = self._child(name)
            child.down_epoch = max(child.down_epoch, epoch)
            hopeless = name == AUDITOR and self._staff.has_journal_failed()
            if child.phase is Phase.REBUILDING or name == self.name or hopeless:
                continue
            child.history = CrashHistory()
            self._wait(child, 0)
        self.after_machine(REVIVE_WITHIN_NS, Tick("revive::"))
        self._answer_operator()

    def _answer_operator(self, *, is_last_chance: bool = False) -> None:
        if not self._reviving:
            return
        items = tuple(
            child.waits_for()
            for child in self._children.values()
            if child.is_down or (child.phase is Phase.PROBATION and child.policy.is_latched)
        )
        if items and not is_last_chance:
            return
        waiting, self._reviving = self._reviving, []
        for request_id in waiting:
            self.send(OPERATOR, Revived(request_id, items))
