"""The operator's channel: requests from the control folder, answered within seconds."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import ControlInbox, ControlRequest
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from actors.kernel.topology import AUDITOR, ORDER_MANAGER, RECONCILER, SUPERVISOR
from actors.safety.closings import ClosingAnswer, Closings
from actors.safety.conversions import Cashier
from actors.safety.conversions import News as Converting
from actors.safety.holdings import BREAKER as RECONCILE
from actors.safety.liquidation import Liquidation
from domain.messages.control import (
    ADOPT,
    CLOSE,
    RELEASE,
    RESUME,
    AdoptRequested,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    ReleaseAnswered,
    ReleaseRequested,
    Settled,
    SettleRequested,
    Synced,
    SyncRequested,
)
from domain.messages.decisions import ExitHindered
from domain.messages.portfolio import LedgerReported
from domain.messages.supervision import Revived, ReviveRequested
from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.orders.keeper import UNKNOWN_ORDER
from domain.portfolio.adoption import AdoptionInvalid, adoption_of
from domain.portfolio.losses import LIMITS
from domain.system.pause import (
    NOT_PAUSED,
    PAUSE,
    PAUSED,
    UNPAUSE,
    UNPAUSED,
    is_paused,
    resumable,
)
from domain.system.ways_out import sentence, sentences
from domain.universe.orders import VERBS, OrderInvalid, deed_of, told

POLL_EVERY_NS = 200 * MILLISECOND
ANSWER_WITHIN_NS = Nanos(4 * SECOND)
GIVEN_UP = "the venue denies it by id, in complete lists and in its fills"
STILL_ASKED = "each is asked for once a second; ask again when the venue answers"
STARTING_ANEW = (
    "what can't be started again here is, by a new start: stop it (Ctrl-C), then `resume`, then"
    " start it"
)


@frozen
class Poll(Timer):
    """Time to look into the control folder."""


@frozen
class TimeIsUp(Timer):
    """A request must have its answer by now."""

    request_id: str


@frozen
class Waiting:
    """A request that has to be on record, and its cause away, before it is answered."""

    verb: str
    reason: str
    done: str = ""
    """What is answered, where nothing is left to be done then."""


Inbox = (
    Poll
    | TimeIsUp
    | Revived
    | Settled
    | Synced
    | ReconcileFinished
    | ReleaseAnswered
    | LedgerReported
    | ExitHindered
    | Converting
)


class Operator(Actor):
    """Answers `resume` (after the denied orders are settled and a clean reconcile), `release`,
    `adopt`, `close`, `liquidate`, `pause`, `unpause`, `stop`, and what is said about the universe.

    Whatever is remembered belongs to a request, and no request outlives `ANSWER_WITHIN_NS`.
    """

    def __init__(
        self,
        context: ActorContext,
        inbox: ControlInbox,
        end: Callable[[str], None],
        cashier: Cashier,
    ) -> None:
        super().__init__(context)
        self._inbox = inbox
        self._end = end
        self._waiting: dict[str, Waiting] = {}
        self._releasing: dict[str, tuple[str, str]] = {}
        """Verb and reason of requests about a lot, which the reconciler decides."""
        self._syncing: Questions[str] = Questions(self.epoch)
        self._answers: dict[str, tuple[str, ...]] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        """What became of denied orders, by request."""
        self._closings = Closings(self, ANSWER_WITHIN_NS)
        self._liquidation = Liquidation(self, ANSWER_WITHIN_NS, cashier)

    def starting(self) -> None:
        """Begin to look."""
        self.after_machine(POLL_EVERY_NS, Poll())

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Poll():
                self._poll()
            case Revived(request_id, items):
                self._revived(request_id, items)
            case Settled():
                self._settled(message)
            case Synced(token=token):
                self._synced(token)
                self._liquidation.hear(message)
                self._liquidated(message)
            case TimeIsUp(request_id):
                self._expire(request_id)
            case ReconcileFinished():
                self._reconciled(message)
                self._liquidation.hear(message)
            case ReleaseAnswered():
                self._released(message)
            case LedgerReported():
                self._closed(self._closings.reported(message))
                self._liquidated(message)
            case ExitHindered():
                self._liquidation.hindered(message)
            case _:
                self._liquidation.hear(message)

    def _poll(self) -> None:
        self.after_machine(POLL_EVERY_NS, Poll())
        self._syncing.overdue(self.clock.machine_ns(), ANSWER_WITHIN_NS)  # nobody waits any more
        self._closings.look()
        self._liquidation.look()
        for request in self._inbox.poll():
            self._handle(request)
        self.prove("the control folder was read")

    def _handle(self, request: ControlRequest) -> None:
        request_id, reason = request.id, request.reason
        match request.verb:
            case "stop":
                self._answer(request_id, ok=True, text="stopping", items=())
                self._end("signal")
            case "resume":
                self._resume(request_id, reason)
            case "release":
                self._releasing[request_id] = (RELEASE, reason)
                self.send(RECONCILER, ReleaseRequested(request_id, request.subject, reason))
                self.after_machine(ANSWER_WITHIN_NS, TimeIsUp(request_id))
            case "adopt":
                self._adopt(request)
            case "close":
                self.after_machine(ANSWER_WITHIN_NS, TimeIsUp(request_id))
                self._closed(self._closings.begin(request_id, request.subject, reason))
            case "liquidate":
                self.after_machine(ANSWER_WITHIN_NS, TimeIsUp(request_id))
                self._closed(self._liquidation.begin(request_id, reason))
            case "pause":
                # Nothing new may begin while it is written down.
                self.trip(PAUSE, reason, effect=Effect.BLOCK, is_latched=True)
                self._put_on_record(request_id, Waiting(PAUSE, reason))
            case "unpause" if not is_paused(self.board.open):
                self._answer(request_id, ok=True, text=NOT_PAUSED, items=())
            case "unpause":
                self._put_on_record(request_id, Waiting(UNPAUSE, reason))
            case verb if verb in VERBS:
                self._take_deed(request)
            case verb:
                self._answer(request_id, ok=False, text=f"unknown request {verb!r}", items=())

    def _take_deed(self, request: ControlRequest) -> None:
        """Have what a person says about the universe carried out, and on record."""
        verb, reason, now_ns = request.verb, request.reason, self.clock.market_ns()
        try:
            deed = deed_of(verb, request.subject, reason, request.hours, now_ns)
        except OrderInvalid as error:
            self._answer(request.id, ok=False, text=str(error), items=())
            return
        self.publish(deed)
        self._put_on_record(request.id, Waiting(verb, reason, told(deed)))

    def _adopt(self, request: ControlRequest) -> None:
        try:
            wanted = adoption_of(request.subject)
        except AdoptionInvalid as error:
            self._answer(request.id, ok=False, text=f"not adopted: {error}", items=())
            return
        self._releasing[request.id] = (ADOPT, f"{wanted}: {request.reason}")
        self.send(RECONCILER, AdoptRequested(request.id, str(wanted), request.reason))
        self.after_machine(ANSWER_WITHIN_NS, TimeIsUp(request.id))

    def _resume(self, request_id: str, reason: str) -> None:
        if not self._has_work():
            items = sentences(self.board.open)
            self._answer(request_id, ok=True, text="nothing is latched", items=items)
            return
        self._await(request_id, Waiting(RESUME, reason))
        self.send(SUPERVISOR, ReviveRequested(request_id))

    def _await(self, request_id: str, waiting: Waiting) -> None:
        self._waiting[request_id] = waiting
        self.after_machine(ANSWER_WITHIN_NS, TimeIsUp(request_id))

    def _put_on_record(self, request_id: str, waiting: Waiting) -> None:
        self._await(request_id, waiting)
        self.publish(OperatorActed(waiting.verb, waiting.reason))
        self._sync(request_id)

    def _has_work(self) -> bool:
        """Tell whether a person's word can change anything that is open."""
        return bool(resumable(self.board.latched())) or self._has_unknown()

    def _has_unknown(self) -> bool:
        return any(each.name == UNKNOWN_ORDER for each in self.board.open)

    def _revived(self, request_id: str, items: tuple[str, ...]) -> None:
        """Everything is up again, or `items` say what is not."""
        if request_id not in self._waiting:
            return
        if items:
            del self._waiting[request_id]
            self._answer(request_id, ok=False, text="not resumed", items=(*items, STARTING_ANEW))
        else:
            self.send(ORDER_MANAGER, SettleRequested(request_id, self._waiting[request_id].reason))

    def _settled(self, settled: Settled) -> None:
        """What the venue denies is given up; of the rest the latches know nothing."""
        request_id = settled.request_id
        if request_id not in self._waiting:
            return
        given_up = tuple(f"order {name} is given up: {GIVEN_UP}" for name in settled.given_up)
        if settled.items and not resumable(self.board.latched()):
            del self._waiting[request_id]
            items = (*given_up, *settled.items, STILL_ASKED)
            self._answer(request_id, ok=False, text="not resumed", items=items)
            return
        self._told[request_id] = (*given_up, *settled.items)
        self.publish(ReconcileRequested(_occasion(request_id)))

    def _reconciled(self, finished: ReconcileFinished) -> None:
        asked = (each for each in self._waiting if _occasion(each) == finished.reason)
        request_id = next(asked, None)
        if request_id is None:
            return
        if not finished.is_clean:
            del self._waiting[request_id]
            differs = [each for each in self.board.open if each.name == RECONCILE]
            items = (*self._told.pop(request_id, ()), *finished.problems, *sentences(differs))
            self._answer(request_id, ok=False, text="not resumed", items=items)
            return
        # The deed is on disk before a latch opens, and the opened latch before the answer.
        resumed = OperatorActed(RESUME, self._waiting[request_id].reason)
        self.publish(resumed)
        self._liquidation.hear(resumed)
        self._sync(request_id)

    def _released(self, answer: ReleaseAnswered) -> None:
        """Answer once it is on disk; what was not released needs no record."""
        if answer.request_id not in self._releasing:
            return
        if not answer.is_done:
            del self._releasing[answer.request_id]
            self._answer(answer.request_id, ok=False, text=answer.text, items=())
            return
        self.publish(OperatorActed(*self._releasing[answer.request_id]))
        self._answers[answer.request_id] = (answer.text,)
        self._sync(answer.request_id)

    def _closed(self, answer: ClosingAnswer | None) -> None:
        """Answer once the sales are on disk; what was not closed needs no record."""
        if answer is None:
            return
        if not answer.is_done:
            self._answer(answer.request_id, ok=False, text=answer.text, items=answer.items)
            return
        self._await(answer.request_id, Waiting(CLOSE, ""))
        self._answers[answer.request_id] = (answer.text, *answer.items)
        self._sync(answer.request_id)

    def _liquidated(self, told: LedgerReported | Synced) -> None:
        for answer in self._liquidation.told(told):
            self._closed(answer)

    def _sync(self, request_id: str) -> None:
        token = self._syncing.ask(request_id, self.clock.machine_ns())
        self.send(AUDITOR, SyncRequested(token))

    def _synced(self, token: int) -> None:
        request_id = self._syncing.answered(token)
        if request_id is None:
            return
        if self._releasing.pop(request_id, None) is not None:
            (text,) = self._answers.pop(request_id)
            self._answer(request_id, ok=True, text=text, items=())
        elif request_id in self._answers:
            del self._waiting[request_id]
            text, *items = self._answers.pop(request_id)
            items = [*self._told.pop(request_id, ()), *items]
            self._answer(request_id, ok=True, text=text, items=tuple(items))
        elif request_id in self._waiting:
            self._answers[request_id] = self._do(self._waiting[request_id])
            self._sync(request_id)

    def _do(self, waiting: Waiting) -> tuple[str, ...]:
        """Do what is on record now; return the lines of the answer."""
        if waiting.done:
            return (waiting.done,)
        match waiting.verb:
            case "pause":
                return (PAUSED,)
            case "unpause":
                self.board.reset(PAUSE, GLOBAL, by="operator", evidence=waiting.reason)
                return (UNPAUSED, *sentences(self.board.open))
            case _:
                return ("resumed", *self._unlatch(waiting.reason))

    def _unlatch(self, reason: str) -> tuple[str, ...]:
        """Open every latch but a pause; return what a person is to know of those that were open:
        that a loss limit counts anew, or what ends a breaker whose cause is still there.
        """
        told = []
        for breaker in resumable(self.board.latched()):
            name, scope = breaker.name, breaker.scope
            if not self.board.reset(name, scope, by="operator", evidence=reason):
                told.append(sentence(breaker))
            elif name in LIMITS:
                told.append(f"{name} counts from the equity of now; as much again halts again")
        return (*told, *sentences(each for each in self.board.open if each.name == PAUSE))

    def _expire(self, request_id: str) -> None:
        self._answers.pop(request_id, None)
        self._told.pop(request_id, None)
        if self._releasing.pop(request_id, None) is not None:
            late = "reconcile and journal did not both answer within 4 s; see status, try again"
            self._answer(request_id, ok=False, text=f"not confirmed: {late}", items=())
        for given_up in (self._closings, self._liquidation):
            self._closed(given_up.expired(request_id))
        waiting = self._waiting.pop(request_id, None)
        if waiting is None:
            return
        if waiting.verb == RESUME:
            late = "revival, venue, reconcile and journal did not all answer in 4 s; try again"
            items = (late, *sentences(each for each in self.board.open if not each.is_latched))
            self._answer(request_id, ok=False, text="not resumed", items=items)
        elif waiting.done or waiting.verb == CLOSE:
            late = "the journal did not answer within 4 s; see status, try again"
            self._answer(request_id, ok=False, text="not confirmed", items=(late,))
        else:
            state = "paused" if is_paused(self.board.open) else "not paused"
            late = "the journal did not answer within 4 s: it is not on record; try again"
            self._answer(request_id, ok=False, text=state, items=(late,))

    def _answer(self, request_id: str, *, ok: bool, text: str, items: tuple[str, ...]) -> None:
        self._inbox.reply(request_id, {"code": 0 if ok else 1, "lines": [text, *items]})
        said = "; ".join((text, *items))
        (self.log.info if ok else self.log.warning)(said)
        self.log.debug("operator answered", request=request_id, ok=ok)


def _occasion(request_id: str) -> str:
    """Return the reason of the comparison that a request waits for."""
    return f"{RESUME}:{request_id}"
