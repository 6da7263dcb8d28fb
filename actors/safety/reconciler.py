"""Compares what we hold true with what the venue says: at start (recovery), in between, at the end.

One pass asks for live and recent orders, fills and balances, hands orders and fills to the order
manager, waits until order manager and portfolio have digested them, and then compares. The start
is the same pass with two more steps before it: read the catalogue, fees and permissions, and
cancel stale entries.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import Venue
from actors.kernel.topology import ORDER_MANAGER, PORTFOLIO, RISK_GATE
from domain.messages.control import (
    DiscrepancyFound,
    ReconcileFinished,
    ReconcileRequested,
    SweepFinished,
    SweepRequested,
    Synced,
    SyncRequested,
)
from domain.messages.portfolio import LedgerReported, StatementTaken
from domain.messages.supervision import BootCompleted, GapSeen, ProductsChanged, Tick
from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.breakers import Effect
from domain.model.instants import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from domain.portfolio.reconcile import balance_problems, book_problems

RETRY_NS = SECOND
AGAIN_NS = 500 * MILLISECOND
GAP_AGAIN_NS = 5 * SECOND
DIGEST_LIMIT_NS = 2 * SECOND
"""Machine time in which order manager, portfolio and risk gate digest what they were given."""
COMPARISONS = 4
"""A difference must survive so many comparisons: a fill may be on its way."""
EVERY_NS = MINUTE
STATEMENT_EVERY_NS = HOUR
OVERLAP_NS = 10 * MINUTE
BOOT, STOP, GAP, REBUILT = "boot", "stop", "gap", "rebuilt"
KEEPERS_OF_BOOKS = (PORTFOLIO, RISK_GATE)
TIME_GAP = "time_gap"
"""Name of the breaker while nothing known before a gap has been checked again."""
BREAKER = "reconcile"
"""Name of the availability breaker while a comparison has not been clean."""


@frozen
class BoundAccount:
    """What must be true of the account, and since when its fills matter (market time)."""

    quote_currency: str
    portfolio_uuid: str | None
    since_ns: Nanos | None


class Reconciler(Actor):
    """A state machine over the venue's answers; one pass at a time, requests queue up."""

    def __init__(
        self,
        context: ActorContext,
        venue: Venue,
        account: BoundAccount,
        *,
        is_booted: bool = False,
    ) -> None:
        super().__init__(context)
        self._venue = venue
        self._account = account
        self._queue: list[str] = []
        self._reason = ""
        self._token = 0
        self._answers: dict[type, Any] = {}
        self._ledgers: dict[str, LedgerReported] = {}
        self._tries = 0
        self._boot: BootCompleted | None = None
        self._statement_ns = 0
        self._problems: tuple[str, ...] = ()
        self._is_swept = False
        self._is_booted = is_booted

    def starting(self) -> None:
        """Begin the recovery, or, where that is done, a comparison."""
        if self._is_booted:
            self.after_machine(EVERY_NS, Tick("every"))
        self._queue.append(REBUILT if self._is_booted else BOOT)
        self._next()

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case (
                PermissionsRead()
                | ProductsListed()
                | FeesRead()
                | AccountsListed()
                | OrdersListed()
                | FillsListed()
            ):
                self._answered(message)
            case SweepFinished():
                self._swept()
            case Synced():
                self._answered(message)
            case LedgerReported():
                self._ledger_reported(message)
            case ReconcileRequested(reason):
                self._queue.append(reason)
                if self._is_handed_over():
                    self._run()  # who was asked may have been replaced since
                self._next()
            case GapSeen():
                self._queue.append(GAP)
                self._next()
            case Tick("retry"):
                self._run()
            case Tick("every"):
                self.after_machine(EVERY_NS, Tick("every"))
                if not self._queue and not self._reason:
                    self._queue.append("periodic")
                    self._next()
            case Tick("gap"):
                self._queue.append(GAP)
                self._next()
            case Tick(what):
                self._overdue(int(what))
            case _:
                super().receive(message)

    # One pass.

    def _next(self) -> None:
        if self._reason or not self._queue:
            return
        self._reason = self._queue.pop(0)
        self._tries = 0
        self._is_swept = False
        self._run()

    def _run(self) -> None:
        self._token += 1
        self._answers.clear()
        self._ledgers.clear()
        me, token = self.reply_to(), self._token
        if self._reason == BOOT and self._boot is None:
            self._venue.read_permissions(token, me)
            self._venue.list_products(token, me)
            self._venue.read_fees(token, me)
            return
        if self._reason == BOOT and not self._is_swept:
            self.publish(SweepRequested(BOOT, includes_exits=False))
            return
        self._venue.list_orders(
            since_ns=self._since_ns(), is_live_only=False, token=token, reply_to=me
        )
        self._venue.list_fills(since_ns=self._since_ns(), order_ids=(), token=token, reply_to=me)

    def _since_ns(self) -> Nanos:
        now_ns = self.clock.market_ns()
        if self._account.since_ns is not None and self._reason == BOOT:
            return Nanos(max(self._account.since_ns, now_ns - 30 * DAY) - OVERLAP_NS)
        return Nanos(now_ns - OVERLAP_NS)

    def _answered(self, answer: Any) -> None:
        if answer.token != self._token or not self._reason:
            return
        failure = getattr(answer, "failure", None)
        if failure is not None or not getattr(answer, "is_complete", True):
            self.log.warning("reconcile waits", step=type(answer).__name__, reason=failure)
            self._token += 1
            self.after_machine(RETRY_NS, Tick("retry"))
            return
        self._answers[type(answer)] = answer
        have = self._answers.keys()
        if self._boot is None and {PermissionsRead, ProductsListed, FeesRead} <= have:
            self._catalogue()
        elif isinstance(answer, OrdersListed | FillsListed) and {OrdersListed, FillsListed} <= have:
            self._hand_over()
        elif isinstance(answer, Synced):
            self._venue.list_accounts(self._token, self.reply_to())
            for keeper in KEEPERS_OF_BOOKS:
                self.send(keeper, SyncRequested(self._token))
        elif {AccountsListed, LedgerReported} <= have:
            self._compare(self._answers[AccountsListed])

    def _overdue(self, token: int) -> None:
        """Begin anew if one of ours did not answer: it may have died with the question."""
        if token == self._token and self._is_handed_over():
            self._run()

    def _is_handed_over(self) -> bool:
        """Tell whether the present pass waits for answers of our own actors."""
        asked = {OrdersListed, FillsListed} <= self._answers.keys()
        return bool(self._reason) and asked and len(self._ledgers) < len(KEEPERS_OF_BOOKS)

    def _ledger_reported(self, report: LedgerReported) -> None:
        if report.token != self._token or not self._reason:
            return
        self._ledgers[report.actor] = report
        if len(self._ledgers) == len(KEEPERS_OF_BOOKS):
            self._answered(report)

    def _catalogue(self) -> None:
        permissions: PermissionsRead = self._answers[PermissionsRead]
        wanted = self._account.portfolio_uuid
        if wanted is not None and permissions.portfolio_uuid != wanted:
            reason = f"the key belongs to portfolio {permissions.portfolio_uuid}, not {wanted}"
            self.trip("account", reason, effect=Effect.HALT, is_latched=True)
        if not permissions.can_trade:
            self.trip("permissions", "the key may not trade", effect=Effect.BLOCK)
        products: ProductsListed = self._answers[ProductsListed]
        fees: FeesRead = self._answers[FeesRead]
        assert fees.maker is not None
        assert fees.taker is not None
        self.publish(ProductsChanged(products.products))
        ours = [p for p in products.products if p.quote == self._account.quote_currency]
        self._boot = BootCompleted(
            tuple(sorted(ours, key=lambda product: product.id)),
            fees.maker,
            fees.taker,
            is_clean=False,
        )
        self._run()

    def _swept(self) -> None:
        if self._reason == BOOT and self._boot is not None and not self._is_swept:
            self._is_swept = True
            self._run()

    def _hand_over(self) -> None:
        self.send(ORDER_MANAGER, self._answers[OrdersListed])
        self.send(ORDER_MANAGER, self._answers[FillsListed])
        self.send(ORDER_MANAGER, SyncRequested(self._token))
        self.after_machine(DIGEST_LIMIT_NS, Tick(str(self._token)))

    def _compare(self, accounts: AccountsListed) -> None:
        ledger, gate = (self._ledgers[keeper] for keeper in KEEPERS_OF_BOOKS)
        problems = book_problems(ledger, gate)
        if ledger.is_open:
            problems += balance_problems(self._account.quote_currency, accounts.accounts, ledger)
        if problems and self._tries < COMPARISONS:
            self._tries += 1
            self._token += 1
            self.after_machine(AGAIN_NS, Tick("retry"))
            return
        self._finish(accounts, problems)

    def _finish(self, accounts: AccountsListed, problems: tuple[str, ...]) -> None:
        reason, self._reason = self._reason, ""
        now_ns = self.clock.market_ns()
        if reason in (BOOT, STOP) or now_ns - self._statement_ns >= STATEMENT_EVERY_NS:
            self._statement_ns = now_ns
            occasion = {BOOT: "start", STOP: "stop"}.get(reason, "hourly")
            self.publish(StatementTaken(occasion, accounts.accounts))
        self._judge(problems)
        self._conclude(reason, is_clean=not problems)
        self.publish(ReconcileFinished(reason, not problems, problems))
        if reason == BOOT:
            self._open(is_clean=not problems)
        self._next()

    def _judge(self, problems: tuple[str, ...]) -> None:
        if not problems:
            self.close(BREAKER, "venue and ledger agree")
        elif problems != self._problems:
            self.trip(BREAKER, "; ".join(problems), effect=Effect.BLOCK)
            for problem in problems:
                self.publish(DiscrepancyFound("balance", "ledger", problem))
        self._problems = problems

    def _conclude(self, reason: str, *, is_clean: bool) -> None:
        """Close what this comparison was asked for."""
        if not is_clean:
            if reason == GAP:
                self.after_machine(GAP_AGAIN_NS, Tick("gap"))
            return
        self.prove("a clean reconcile")
        if reason == GAP and GAP not in self._queue:
            self.close(TIME_GAP, "orders, fills and balances compared after the gap")

    def _open(self, *, is_clean: bool) -> None:
        boot = self._boot
        assert boot is not None
        self.publish(BootCompleted(boot.products, boot.maker_rate, boot.taker_rate, is_clean))
        self.after_machine(EVERY_NS, Tick("every"))
