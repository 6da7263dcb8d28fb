"""Brings dead actors back: pause, rebuild, proof, and only then the breaker closes.

What happens to whom is the table `ACTORS` in `actors/kernel/topology.py`; the breaker itself was
tripped by the dying thread, before any message. Starting and ending actors is done by the
lifecycle port, outside of every actor.
"""

from __future__ import annotations

from attrs import evolve, frozen

from actors.kernel.base import FIRST_EPOCH, Actor, ActorContext
from actors.kernel.children import Children, ChildState, Phase, occasion
from actors.kernel.deadlines import (
    BlockDue,
    BooksOverdue,
    Deadline,
    RestartDue,
    RevivalOverdue,
    SweepDue,
    SyncOverdue,
)
from actors.kernel.policy import Reentry, Source
from actors.kernel.ports import ActorLifecycle
from actors.kernel.questions import Questions
from actors.kernel.supervision import crash_breakers, scope_of
from actors.kernel.topology import AUDITOR, OPERATOR, RISK_GATE, ROUTES, SCHEDULER
from domain.messages.control import (
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
    TradingReady,
)
from domain.model.breakers import ACTOR, GLOBAL, Effect
from domain.model.draws import Draw
from domain.model.instants import SECOND
from domain.system.alerts import of_given_up, of_shortage
from domain.system.pause import resumable
from domain.system.restarts import Crash, CrashHistory, GiveUp, Restart, decide

AGAIN_NS = SECOND
"""Machine time after which a rebuild, or a reconcile, that did not succeed is tried again."""
BOOKS_AGAIN_NS = 2 * SECOND
REVIVE_WITHIN_NS = 3 * SECOND
AUTO_RESUME = "auto-resume"
RELEASE_REASON = "rebuilt, proven, and the books agree with the venue"


Inbox = (
    ActorDown
    | ActorRestarted
    | ActorProven
    | RebuildFinished
    | Synced
    | ReconcileFinished
    | SweepFinished
    | BreakerReset
    | ReviveRequested
    | BootCompleted
    | TradingReady
    | Deadline
)

Rebuild = tuple[str, ...]
"""The actors that come back together."""


@frozen
class Release:
    """The run is about to release itself."""


class Supervisor(Actor):
    """Keeps the state of each actor that has died."""

    def __init__(self, context: ActorContext, lifecycle: ActorLifecycle, draw: Draw) -> None:
        super().__init__(context)
        self._lifecycle = lifecycle
        self._draw = draw
        self._children = Children()
        self._asked: Questions[Rebuild | Release] = Questions(self.epoch)
        self._releasing: int | None = None
        self._reviving: list[str] = []
        self._boot, self._ready = lifecycle.briefing()

    def starting(self) -> None:
        """After a crash of our own: look who else is down, and prove that we agree with all."""
        if self.epoch == FIRST_EPOCH:
            return
        for name, epoch in self._lifecycle.down():
            self._fell(ActorDown(name, epoch, "found down", f"found down by epoch {self.epoch}"))
        token = self._ask((self.name,))
        self._asked.answered(token)  # the guardian has rebuilt us
        self._children.of(self.name).begin_probation(self.epoch, token)
        self.prove("took over and looked at every actor")
        self._reconcile(token)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case ActorDown():
                if message.actor != self.name:
                    self._fell(message)
            case Synced(token=token):
                self._synced(token)
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
            case BootCompleted():
                self._boot = message
            case TradingReady():
                self._ready = message
            case ActorRestarted():
                self._back(message)
            case _:
                self._ring(message)

    def _ring(self, timer: Deadline) -> None:
        match timer:
            case RestartDue(name):
                self._restart(self._children.of(name))
            case SyncOverdue(token):
                self._try_again(token)
            case BooksOverdue(token):
                if self._children.without_books(occasion(token)):
                    self._reconcile(token)
            case SweepDue(name, epoch):
                if self._children.of(name).epoch <= epoch:
                    self.publish(SweepRequested(f"{name} is down", includes_exits=False))
            case BlockDue(name, epoch):
                if self._children.of(name).epoch <= epoch:
                    self.trip(name, f"{name} is down for too long", effect=Effect.BLOCK)
            case RevivalOverdue():
                self._answer_operator(is_last_chance=True)
            case _:
                self.refuse(timer)

    def _ask(self, about: Rebuild | Release) -> int:
        return self._asked.ask(about, self.clock.machine_ns())

    # Down.

    def _fell(self, down: ActorDown) -> None:
        self._withdraw_release()
        child = self._children.of(down.actor)
        policy, child.down_epoch = child.policy, max(child.down_epoch, down.epoch)
        if child.phase is Phase.UP:  # else its breaker is open, and what it had cancelled still is
            child.is_swept = policy.effect < Effect.HALT
        child.history = child.history.after(
            Crash(self.clock.machine_ns(), down.fingerprint, down.is_shortage), policy.budget
        )
        verdict = decide(child.history, policy.budget, self._draw)
        if down.actor == AUDITOR and self._lifecycle.has_journal_failed():
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
        self.after_machine(pause_ns, RestartDue(child.name))

    def _schedule_consequences(self, child: ChildState) -> None:
        """What is done about orders and entries if it is not back soon enough."""
        policy = child.policy
        if policy.sweep_after_ns is not None:
            self.after_machine(policy.sweep_after_ns, SweepDue(child.name, child.down_epoch))
        if policy.block_after_ns is not None:
            self.after_machine(policy.block_after_ns, BlockDue(child.name, child.down_epoch))

    def _give_up(self, child: ChildState, reason: str) -> None:
        """Leave it down, latched, and tell people once."""
        child.phase = Phase.GIVEN_UP
        for breaker in crash_breakers(child.name, reason, self.clock.market_ns()):
            self.board.trip(evolve(breaker, is_latched=True), may_flap=True)
        self.publish(of_given_up(child.name, reason))

    # Up again.

    def _restart(self, child: ChildState) -> None:
        if child.phase is not Phase.WAITING:
            return
        names = self._children.company(child)
        if any(self._children.of(name).phase is Phase.GIVEN_UP for name in names):
            self._give_up(child, "what it is rebuilt with was given up")
            return
        token = self._ask(names)
        for name in names:
            one = self._children.of(name)
            one.phase, one.token = Phase.REBUILDING, token
        self._lifecycle.retire(names)
        needs_journal = any(self._children.of(n).policy.source is Source.JOURNAL for n in names)
        if needs_journal and AUDITOR not in names:
            # What was said until now has to be on disk before it is read.
            self.send(AUDITOR, SyncRequested(token))
            self.after_machine(AGAIN_NS, SyncOverdue(token))
        else:
            self._synced(token)

    def _synced(self, token: int) -> None:
        """Everything said before the question is on disk: do what waited for it."""
        match self._asked.answered(token):
            case None:
                pass  # withdrawn, or asked by a predecessor
            case Release():
                self._resume()
            case names:
                self._lifecycle.rebuild(names, token, self.reply_to())

    def _try_again(self, token: int) -> None:
        match self._asked.answered(token):
            case None | Release():
                pass
            case names:
                for name in names:
                    self._wait(self._children.of(name), AGAIN_NS)

    def _rebuilt(self, done: RebuildFinished) -> None:
        if done.failure is not None and done.is_shortage:
            for child in self._children.being_rebuilt(done.token):
                self._short(child, done.failure)
            return
        if done.failure is not None:
            for child in self._children.being_rebuilt(done.token):
                self._give_up(child, f"not rebuilt: {done.failure}")
            self._answer_operator()
            return
        names = [name for name, _ in done.started]
        if any(self._children.of(name).policy.reentry is not Reentry.PROOF for name in names):
            self._reconcile(done.token)

    def _short(self, child: ChildState, failure: str) -> None:
        """It could not be started for want of something: tried again until there is enough."""
        self.log.error("not started for want of room", which=child.name, reason=failure)
        self.publish(of_shortage(child.name, failure))
        now_ns, budget = self.clock.machine_ns(), child.policy.budget
        child.history = child.history.after(Crash(now_ns, failure, is_shortage=True), budget)
        verdict = decide(child.history, budget, self._draw)
        self._wait(child, verdict.pause_ns if isinstance(verdict, Restart) else AGAIN_NS)

    def _back(self, restarted: ActorRestarted) -> None:
        """A newcomer counts as started when it says so, not when somebody started it."""
        child = self._children.of(restarted.actor)
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
        self.publish(ReconcileRequested(occasion(token)))
        self.after_machine(BOOKS_AGAIN_NS, BooksOverdue(token))

    def _reconciled(self, finished: ReconcileFinished) -> None:
        if not finished.is_clean:
            return  # asked again in a while
        for child in self._children.without_books(finished.reason):
            child.is_reconciled = child.phase is Phase.PROBATION
            self._readmit(child)

    def _proven(self, proven: ActorProven) -> None:
        child = self._children.of(proven.actor)
        if child.phase is Phase.PROBATION and child.epoch == proven.epoch:
            child.proof = proven.evidence
            self._readmit(child)

    def _swept(self, reasons: tuple[str, ...]) -> None:
        """What a death had cancelled is gone from the venue: the canceller names the breakers."""
        for name in reasons:
            child = self._children.known(name)
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
        latched = resumable(self.board.latched())
        is_free = self._releasing is None and self._lifecycle.auto_resumes_left > 0
        if not (is_free and self._children.may_release(latched)):
            return
        self._releasing = self._ask(Release())
        names = ", ".join(dict.fromkeys(breaker.name for breaker in latched))
        self.publish(OperatorActed(AUTO_RESUME, f"{names}: {RELEASE_REASON}"))
        self.send(AUDITOR, SyncRequested(self._releasing))

    def _withdraw_release(self) -> None:
        """Something else has fallen: whoever waits for the journal now releases nothing."""
        if self._releasing is not None:
            self._asked.answered(self._releasing)
            self._releasing = None

    def _resume(self) -> None:
        self._releasing = None
        latched = resumable(self.board.latched())
        if not self._children.may_release(latched):
            return  # something else happened meanwhile
        self._lifecycle.auto_resumes_left -= 1
        for breaker in latched:
            self.board.reset(breaker.name, breaker.scope, by="policy", evidence=RELEASE_REASON)
        self.log.warning("resumed by itself", left=self._lifecycle.auto_resumes_left)

    def _released(self, reset: BreakerReset) -> None:
        child = self._children.known(reset.name)
        if child is not None and reset.scope == ACTOR and child.phase is Phase.PROVEN:
            child.phase = Phase.UP

    # The operator.

    def _revive(self, request_id: str) -> None:
        """Try again whatever is down, with a clean sheet, and answer when it is proven or not."""
        self._reviving.append(request_id)
        for name, epoch in self._lifecycle.down():
            child = self._children.of(name)
            child.down_epoch = max(child.down_epoch, epoch)
            hopeless = name == AUDITOR and self._lifecycle.has_journal_failed()
            if child.phase is Phase.REBUILDING or name == self.name or hopeless:
                continue
            child.history = CrashHistory()
            self._wait(child, 0)
        self.after_machine(REVIVE_WITHIN_NS, RevivalOverdue())
        self._answer_operator()

    def _answer_operator(self, *, is_last_chance: bool = False) -> None:
        if not self._reviving:
            return
        items = self._children.missing()
        if items and not is_last_chance:
            return
        waiting, self._reviving = self._reviving, []
        for request_id in waiting:
            self.send(OPERATOR, Revived(request_id, items))
