"""Compares what we hold true with what the venue says: at start (recovery), in between, at the end.

One pass asks for live and recent orders, fills and balances, hands orders and fills to the order
manager, waits until order manager and portfolio have digested them, and then compares. The start
is the same pass with two more steps before it: read the catalogue, fees and permissions, and
cancel stale entries. Where lots are owned, a start that can't be completed is told and opens with
exits alone; what is missing is asked for until it comes.
"""

from __future__ import annotations

from attrs import evolve

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import ANSWER_LIMIT_NS, VenueReader
from actors.kernel.questions import NOBODYS, Questions
from actors.kernel.topology import ORDER_MANAGER, PORTFOLIO, RISK_GATE
from actors.safety.boot_judge import BOOT, BootWatch, judge_catalogue, judge_past, judge_wallet
from actors.safety.holdings import Holdings
from actors.safety.list_judge import ListJudge
from actors.safety.reconcile_queue import LAST_WORD, OPERATORS, RequestQueue, kind_of
from actors.safety.reconcile_steps import (
    Again,
    BootLook,
    BoundAccount,
    Digested,
    GapAgain,
    Inbox,
    Look,
    PassStep,
    Periodic,
    Told,
)
from domain.messages.control import (
    ADOPT,
    RELEASE,
    AdoptRequested,
    ReconcileFinished,
    ReconcileRequested,
    ReleaseRequested,
    SweepFinished,
    SweepRequested,
    Synced,
    SyncRequested,
)
from domain.messages.portfolio import LedgerReported, StatementTaken
from domain.messages.supervision import BootCompleted, GapSeen
from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.instants import HOUR, SECOND
from domain.portfolio.reconcile import (
    Unsettled,
    compare,
    owned_of,
    unreadable_wallets,
)
from domain.system.answers import Answer, Answers

GAP_AGAIN_NS = 5 * SECOND
DIGEST_LIMIT_NS = 2 * SECOND
"""Machine time in which order manager, portfolio and risk gate digest what they were given."""
LOOK_EVERY_NS = 10 * SECOND
"""Machine time between looks for questions that the venue has left unanswered."""
EVERY_NS = 30 * SECOND
"""Market time between two comparisons: with what confirms it, a change is known within 60 s."""
STATEMENT_EVERY_NS = HOUR
STOP, GAP, REBUILT, PERIODIC = LAST_WORD, "gap", "rebuilt", "periodic"
HURRIED = (*OPERATORS, STOP)
"""Kinds of pass that end with a difference rather than wait for what explains it."""
AT_VENUE = "the venue"
KEEPERS_OF_BOOKS = (PORTFOLIO, RISK_GATE)
TIME_GAP = "time_gap"
"""Name of the breaker while nothing known before a gap has been checked again."""
WALLETS = "wallets"
LISTS = "venue_lists"
"""Name of the breaker while the venue does not list what a comparison needs."""


class Reconciler(Actor):
    """A state machine over the venue's answers; one pass at a time, requests wait by kind.

    A pass may take several runs: each begins anew after a failure, with what is proven kept.
    """

    def __init__(
        self,
        context: ActorContext,
        venue: VenueReader,
        account: BoundAccount,
        *,
        is_booted: bool = False,
    ) -> None:
        super().__init__(context)
        self._venue = venue
        self._account = account
        self._queue = RequestQueue()
        self._reasons: tuple[str, ...] = ()
        self._step = PassStep.NOTHING
        self._run_number = 0
        self._questions: Questions[str] = Questions(self.epoch)
        """About whom each waits for: the venue, or one of our actors by its name."""
        self._answers = Answers()
        self._ledgers: dict[str, LedgerReported] = {}
        self._boot: BootCompleted | None = None
        self._is_swept = False
        self._statement_ns = 0
        self._unsettled: Unsettled = ()
        self._holdings = Holdings(self)
        self._lists = ListJudge(self, LISTS)
        self._start = BootWatch(self, account, self._lists, is_over=is_booted)

    def starting(self) -> None:
        """Begin the recovery, or, where that is done, a comparison."""
        self.after_machine(LOOK_EVERY_NS, Look())
        if self._start.is_over:
            self.after(EVERY_NS, Periodic())
        else:
            self._start.begin()
        self._request(REBUILT if self._start.is_over else BOOT)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case ReconcileRequested(reason):
                if self._waits_for_ours():
                    self._run()  # who was asked may have been replaced since
                self._request(reason)
            case ReleaseRequested(request_id):
                self._holdings.ask(message)
                self._request(f"{RELEASE}:{request_id}")
            case AdoptRequested(request_id):
                self._holdings.ask(message)
                self._request(f"{ADOPT}:{request_id}")
            case GapSeen() | GapAgain():
                self._request(GAP)
            case Periodic():
                self.after(EVERY_NS, Periodic())
                if self._queue.is_empty and self._step is PassStep.NOTHING:
                    self._request(PERIODIC)
            case Again(run):
                if run == self._run_number and self._step is PassStep.PAUSE:
                    self._run()
            case Digested(run):
                if run == self._run_number and self._waits_for_ours():
                    self._run()  # one of ours may have died with the question
            case Look():
                self._look()
            case BootLook():
                is_swept = self._is_swept or self._step is PassStep.SWEEP
                self._start.look(self._step.name.lower(), is_swept=is_swept)
            case _:
                self._told(message)

    def _told(self, message: Told) -> None:
        match message:
            case SweepFinished(reasons):
                if self._step is PassStep.SWEEP:
                    self._is_swept = BOOT in reasons
                    self._run()  # another's end may be the death of the one asked for: ask again
            case Synced(token=token, unsettled=unsettled):
                self._unsettled = unsettled
                self._heard(token)
            case LedgerReported(actor, token):
                if self._questions.about(token) == actor:
                    self._ledgers[actor] = message
                    self._heard(token)
            case (
                PermissionsRead()
                | ProductsListed()
                | FeesRead()
                | AccountsListed()
                | OrdersListed()
                | FillsListed()
            ):
                self._answered(message)
            case _:
                self.refuse(message)

    # One pass.

    @property
    def _kind(self) -> str:
        """What kind of request the present pass answers."""
        return kind_of(self._reasons[0]) if self._reasons else ""

    def _request(self, reason: str) -> None:
        self._queue.add(reason)
        is_person = kind_of(reason) in OPERATORS
        if is_person and self._step is PassStep.PAUSE and self._kind != BOOT:
            for waiting in self._reasons:  # a person waits for seconds, nobody else does
                self._queue.add(waiting)
            self._step = PassStep.NOTHING
        self._next()

    def _next(self) -> None:
        if self._step is PassStep.NOTHING and not self._queue.is_empty:
            self._reasons = self._queue.take()
            self._holdings.begin()
            self._is_swept = False
            self._run()

    def _run(self) -> None:
        """Begin the pass from its first step that is not done; nothing asked before counts."""
        self._run_number += 1
        self._questions.forget()
        self._answers.clear()
        self._ledgers.clear()
        if self._kind == BOOT and self._boot is None:
            self._ask_catalogue()
        elif self._kind == BOOT and not self._is_swept:
            self._step = PassStep.SWEEP
            self.publish(SweepRequested(BOOT, includes_exits=False, awaits_ours=False))
        else:
            self._ask_history()

    def _pause(self, delay_ns: int) -> None:
        self._step = PassStep.PAUSE
        self._questions.forget()
        self.after_machine(delay_ns, Again(self._run_number))

    def _ask(self, whom: str) -> int:
        return self._questions.ask(whom, self.clock.machine_ns())

    def _waits_for_ours(self) -> bool:
        """Tell whether one of our own actors has not answered yet."""
        return any(whom != AT_VENUE for whom in self._questions.waiting)

    def _look(self) -> None:
        """Begin anew if the venue's client has swallowed a question."""
        self.after_machine(LOOK_EVERY_NS, Look())
        if self._questions.overdue(self.clock.machine_ns(), ANSWER_LIMIT_NS):
            self.log.error("the venue's client did not answer", step=self._step.name)
            self._lists.missed(self._step.name.lower(), "no answer")
            self._run()

    def _answered(self, answer: Answer) -> None:
        if self._questions.about(answer.token) is None:
            return
        if not self._lists.is_whole(answer):
            self._pause(self._lists.pause_ns())
            return
        self._answers.keep(answer)
        self._heard(answer.token)

    def _heard(self, token: int) -> None:
        """Go on when the last question of a step is answered."""
        if self._questions.answered(token) is None or self._questions.waiting:
            return
        match self._step:
            case PassStep.CATALOGUE:
                self._catalogue()
            case PassStep.HISTORY:
                self._hand_over()
            case PassStep.DIGEST:
                self._ask_books()
            case PassStep.BOOKS:
                self._compare()
            case PassStep.NOTHING | PassStep.SWEEP | PassStep.PAUSE:
                pass  # nothing is being asked
            case _:
                self.refuse(self._step)

    # Its steps.

    def _ask_catalogue(self) -> None:
        self._step = PassStep.CATALOGUE
        me = self.reply_to()
        self._venue.read_permissions(self._ask(AT_VENUE), me)
        self._venue.list_products(self._ask(AT_VENUE), me)
        self._venue.read_fees(self._ask(AT_VENUE), me)

    def _catalogue(self) -> None:
        self._boot = judge_catalogue(self, self._answers, self._account)
        self._run()

    def _ask_history(self) -> None:
        self._step = PassStep.HISTORY
        me, now_ns = self.reply_to(), self.clock.market_ns()
        since_ns = self._account.asked_since_ns(now_ns, is_boot=self._kind == BOOT)
        self._venue.list_orders(
            since_ns=since_ns, is_live_only=False, token=self._ask(AT_VENUE), reply_to=me
        )
        self._venue.list_fills(
            since_ns=since_ns, order_ids=(), token=self._ask(AT_VENUE), reply_to=me
        )

    def _hand_over(self) -> None:
        self._step = PassStep.DIGEST
        if self._kind == BOOT:
            judge_past(self, self._answers.of(OrdersListed), self._account)
        self.send(ORDER_MANAGER, evolve(self._answers.of(OrdersListed), token=NOBODYS))
        self.send(ORDER_MANAGER, evolve(self._answers.of(FillsListed), token=NOBODYS))
        self.send(ORDER_MANAGER, SyncRequested(self._ask(ORDER_MANAGER)))
        self.after_machine(DIGEST_LIMIT_NS, Digested(self._run_number))

    def _ask_books(self) -> None:
        self._step = PassStep.BOOKS
        self._venue.list_accounts(self._ask(AT_VENUE), self.reply_to())
        for keeper in KEEPERS_OF_BOOKS:
            self.send(keeper, SyncRequested(self._ask(keeper)))

    def _compare(self) -> None:
        ledger, gate = (self._ledgers[keeper] for keeper in KEEPERS_OF_BOOKS)
        accounts, quote = self._answers.of(AccountsListed), self._account.quote_currency
        unknown = unreadable_wallets({quote, *owned_of(ledger)}, accounts.unread)
        if unknown and not ledger.is_open:  # what would the books begin with?
            self._lists.missed(WALLETS, unknown[0])
            self._pause(self._lists.pause_ns())
            return
        self._lists.came(WALLETS)
        found = compare(
            quote,
            accounts.accounts,
            ledger,
            gate,
            unread=accounts.unread,
            unsettled=self._unsettled,
        )
        pause_ns = self._holdings.next_look(found, ledger.lots, is_hurried=self._kind in HURRIED)
        if pause_ns is not None:
            self._pause(pause_ns)
            return
        self._finish(None if unknown else accounts, found.problems, ledger)

    # Its end.

    def _finish(
        self, accounts: AccountsListed | None, problems: tuple[str, ...], ledger: LedgerReported
    ) -> None:
        """End a pass; without `accounts` nobody knows what the venue holds for us."""
        kind, self._step = self._kind, PassStep.NOTHING
        now_ns = self.clock.market_ns()
        is_due = kind in (BOOT, STOP) or now_ns - self._statement_ns >= STATEMENT_EVERY_NS
        if accounts is not None and is_due:
            self._statement_ns = now_ns
            occasion = {BOOT: "start", STOP: "stop"}.get(kind, "hourly")
            self.publish(StatementTaken(occasion, accounts.accounts))
        self._holdings.judge(problems)
        self._holdings.freeze(ledger.lots)
        if kind == RELEASE and self._holdings.release(problems, ledger.lots):
            self._queue.add(PERIODIC)  # by then the product may be frozen no more
        if kind == ADOPT:
            self._adopt(problems, accounts, ledger)
        self._conclude(kind, is_clean=not problems)
        for reason in self._reasons:
            self.publish(ReconcileFinished(reason, not problems, problems))
        if kind == BOOT:
            if accounts is not None:
                judge_wallet(self, accounts, self._account)
            self._open(is_clean=not problems)
        self._next()

    def _adopt(
        self, problems: tuple[str, ...], accounts: AccountsListed | None, ledger: LedgerReported
    ) -> None:
        boot = self._boot or self._account.known
        free = () if accounts is None else accounts.accounts
        products = () if boot is None else boot.products
        self._holdings.adopt(problems, free, products, ledger.lots, self._unsettled)

    def _conclude(self, kind: str, *, is_clean: bool) -> None:
        """Close what this comparison was asked for."""
        if not is_clean:
            if kind == GAP:
                self.after_machine(GAP_AGAIN_NS, GapAgain())
            return
        self.prove("a clean reconcile")
        if kind == GAP and not self._queue.has(GAP):
            self.close(TIME_GAP, "orders, fills and balances compared after the gap")

    def _open(self, *, is_clean: bool) -> None:
        assert self._boot is not None
        self._start.end(self._boot, is_clean=is_clean)
        self.after(EVERY_NS, Periodic())
