"""The end of a liquidation: what its sales brought is converted, once, or it is said why not.

A quote moves nothing, so it may be asked for again. What was quoted is written down under the
venue's id before it is committed; a commit is sent once, and where nobody knows what became of it
the venue is asked by that id, however often, until it says so. What has moved is booked by the
comparison of balances like every other flow.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Converter, VenueReader
from actors.kernel.questions import Questions
from actors.kernel.topology import AUDITOR
from domain.messages.control import (
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    Synced,
    SyncRequested,
)
from domain.messages.conversion import (
    ConversionAnswered,
    ConversionIntended,
    ConversionQuoted,
    ConversionRequest,
    ConversionSettled,
    ConversionShown,
    QuoteRequest,
)
from domain.messages.orders import FillBooked
from domain.messages.portfolio import LedgerReported
from domain.messages.venue import AccountsListed
from domain.model.breakers import Effect
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.instants import SECOND
from domain.model.orders import NotSent, OutcomeLost, Rejected
from domain.portfolio.conversion import (
    NEVER_CARRIED_OUT,
    ConversionDoubt,
    amount_of,
    converted,
    kept,
)
from domain.portfolio.proceeds import GOAL, START, Proceeds
from domain.system.conversion_alerts import of_doubt

AGAIN_NS = SECOND
"""Machine time after which what came to nothing is tried again."""
ASK_EVERY_NS = 2 * SECOND
"""Machine time between two questions about a conversion in doubt."""
ANSWER_NS = 60 * SECOND
"""Machine time after which an answer counts as lost; a list of many wallets takes long."""
BOOKED_WITHIN_NS = 60 * SECOND
"""Machine time after which the end of a liquidation waits for the comparison no longer."""
TRIES = 3
DRY = "this is a dry run, which sends nothing"
KILLED = "the kill switch is on"
REASON = "conversion"
"""Kind of the comparison that books what has moved."""

News = (
    FillBooked
    | AccountsListed
    | ConversionQuoted
    | ConversionAnswered
    | ConversionShown
    | ReconcileFinished
)


class Awaits(Enum):
    """What the present conversion waits for."""

    IDLE = auto()
    WALLETS = auto()
    QUOTE = auto()
    RECORD = auto()
    COMMIT = auto()
    DOUBT = auto()
    BOOKS = auto()
    OVER = auto()


WORDS = {
    Awaits.WALLETS: "asking the venue for its wallets",
    Awaits.QUOTE: f"asking the venue to convert {START} to {GOAL}",
    Awaits.RECORD: "writing down what is to be converted",
    Awaits.COMMIT: f"converting {START} to {GOAL}",
    Awaits.DOUBT: "asking the venue what became of a conversion",
    Awaits.BOOKS: "converted; booking what has moved",
}


@frozen(kw_only=True)
class Cashier:
    """Where the money is changed, which currency the account is kept in, and what is known of
    conversions. Without a `gateway` nothing is converted.
    """

    venue: VenueReader
    gateway: Converter | None
    currency: str
    proceeds: Proceeds = Proceeds()


class Conversions:
    """Converts the proceeds of the liquidation of `actor`, one conversion at a time."""

    def __init__(self, actor: Actor, cashier: Cashier) -> None:
        self._actor, self._venue, self._gateway = actor, cashier.venue, cashier.gateway
        self._currency, self._proceeds = cashier.currency, cashier.proceeds
        self._lifetime_ns = cashier.venue.request_lifetime_ns
        self._asked: Questions[Awaits | str] = Questions(actor.epoch, series=3)
        self._step, self._since_ns = Awaits.IDLE, 0
        self._tries = self._attempts = 0
        self._next: tuple[int, Callable[[], None]] | None = None
        self._books: LedgerReported | None = None
        self._request: QuoteRequest | None = None
        self._conversion: Conversion | None = None
        self._lines: tuple[str, ...] = ()
        self._reason = ""
        self._chain: ReplyTo | None = None
        """That of the order to liquidate: what is put on record about a conversion continues it."""
        self._is_told = False
        # What an earlier process has sent may still be carried out.
        now_ns = actor.clock.machine_ns()
        self._doubts = {
            each.trade_id: ConversionDoubt(each, now_ns) for each in cashier.proceeds.pending
        }
        self._ask_ns = 0

    # What its owner calls.

    def ordered(self, reason: str) -> None:
        """A person orders a liquidation. It goes on with the last one, unless that has ended and
        its end was told.
        """
        self._reason = reason
        self._chain = self._chain or self._actor.reply_to()
        if self._is_told:
            self._step, self._is_told, self._attempts = Awaits.IDLE, False, 0

    def recorded(self, deed: OperatorActed) -> None:
        """A person's deed that may begin or end a liquidation is being put on record."""
        self._proceeds = self._proceeds.after(deed)
        self._chain = self._actor.reply_to()

    def go_on(self, books: LedgerReported) -> tuple[str, ...] | None:
        """All is sold, and `books` are what is left: return what came of the proceeds, in
        sentences, for whoever waits for it; None while it is under way.
        """
        if self._currency != START:
            return ()
        if self._step is Awaits.IDLE and not self._doubts:
            self._books = books
            self._begin()
        self._is_told = self._step is Awaits.OVER
        return self._lines if self._is_told else None

    @property
    def waits_for(self) -> str:
        """Return what is being done, "" if nothing is."""
        return WORDS[Awaits.DOUBT] if self._doubts else WORDS.get(self._step, "")

    def look(self) -> None:
        """Do what is due: it is called some times a second."""
        now_ns = self._actor.clock.machine_ns()
        for about in self._asked.overdue(now_ns, ANSWER_NS):
            if isinstance(about, Awaits) and about is self._step:
                self._failed(about, "no answer")
        if self._next is not None and now_ns >= self._next[0]:
            (_, go), self._next = self._next, None
            go()
        if self._step is Awaits.COMMIT and now_ns - self._since_ns > ANSWER_NS and not self._next:
            self._lost(OutcomeLost("no answer"))
        if self._step is Awaits.BOOKS and now_ns - self._since_ns > BOOKED_WITHIN_NS:
            self._end("what has moved is booked by the next comparison")
        self._ask_about_doubts(now_ns)

    def hear(self, news: News | Synced) -> None:
        """Take in what may concern a conversion."""
        match news:
            case FillBooked():
                self._proceeds = self._proceeds.after(news)
            case AccountsListed():
                if self._is_for(news.token, Awaits.WALLETS):
                    self._choose(news)
            case ConversionQuoted():
                if self._is_for(news.token, Awaits.QUOTE):
                    self._quoted(news)
            case Synced(actor=actor, token=token):
                if actor == AUDITOR and self._is_for(token, Awaits.RECORD):
                    self._tries = 0
                    self._commit()
            case ConversionAnswered():
                self._answered(news)
            case ConversionShown():
                self._shown(news)
            case ReconcileFinished(reason, _, problems):
                if self._step is Awaits.BOOKS and reason == self._occasion():
                    self._end(*problems)
            case _:
                self._actor.refuse(news)

    # Awaits by step.

    def _begin(self) -> None:
        self._tries = 0
        if not self._proceeds.left:
            self._end()
        elif self._gateway is None:
            self._keep(DRY)
        else:
            self._ask_wallets()

    def _ask_wallets(self) -> None:
        self._enter(Awaits.WALLETS)
        if not self._is_killed():
            self._venue.list_accounts(self._token(Awaits.WALLETS), self._actor.reply_to())

    def _choose(self, listed: AccountsListed) -> None:
        assert self._books is not None  # the first step has them
        if listed.failure is not None:
            self._failed(Awaits.WALLETS, listed.failure)
            return
        amount = amount_of(self._proceeds, self._books, listed)
        if isinstance(amount, str):
            self._keep(amount)
            return
        self._tries = 0
        self._request = QuoteRequest(START, GOAL, amount)
        self._ask_quote()

    def _ask_quote(self) -> None:
        self._enter(Awaits.QUOTE)
        if self._is_killed() or self._gateway is None or self._request is None:
            return
        self._gateway.quote_conversion(
            self._request, self._token(Awaits.QUOTE), self._actor.reply_to()
        )

    def _quoted(self, quoted: ConversionQuoted) -> None:
        if quoted.objection is not None:
            self._keep(quoted.objection)
        elif quoted.conversion is None:
            self._failed(Awaits.QUOTE, quoted.failure or "no quote")
        else:
            self._conversion, self._tries = quoted.conversion, 0
            self._note(ConversionIntended(quoted.conversion, self._reason))
            self._await_record()

    def _await_record(self) -> None:
        self._enter(Awaits.RECORD)
        self._actor.send(AUDITOR, SyncRequested(self._token(Awaits.RECORD)))

    def _commit(self) -> None:
        self._enter(Awaits.COMMIT)
        assert self._conversion is not None  # it was quoted
        if self._gateway is not None:
            request = ConversionRequest(self._conversion, self._actor.epoch)
            self._gateway.convert(request, self._actor.reply_to())

    def _answered(self, answer: ConversionAnswered) -> None:
        wanted = self._conversion
        if self._step is not Awaits.COMMIT or wanted is None or wanted.trade_id != answer.trade_id:
            return  # asked by an incarnation before us: the venue is asked what became of it
        match answer.outcome:
            case ConversionSeen(ConversionState.DONE):
                self._settle(ConversionSettled(wanted, True, "the venue has carried it out"))
            case NotSent(reason, is_final):
                if is_final or self._tries >= TRIES:
                    self._settle(ConversionSettled(wanted, False, f"not sent: {reason}"))
                else:
                    self._again(self._commit)
            case lost:
                self._lost(lost)

    def _lost(self, outcome: ConversionSeen | Rejected | OutcomeLost) -> None:
        """Ask the venue what became of a commit: also after a no, which may be about a second
        delivery of what was carried out.
        """
        assert self._conversion is not None  # it was committed
        refusal = None
        if isinstance(outcome, Rejected):
            refusal = f"the venue refused: {outcome.text}"
        elif isinstance(outcome, OutcomeLost):
            self._actor.log.warning("outcome of a conversion unknown", reason=outcome.reason)
            self._actor.publish(of_doubt(self._conversion, outcome.reason))
        doubt = ConversionDoubt(self._conversion, self._actor.clock.machine_ns(), refusal)
        self._doubts[self._conversion.trade_id] = doubt
        self._enter(Awaits.DOUBT)
        self._ask_ns = 0

    def _ask_about_doubts(self, now_ns: int) -> None:
        if now_ns < self._ask_ns or any(isinstance(each, str) for each in self._asked.waiting):
            return
        self._ask_ns = now_ns + ASK_EVERY_NS
        for name, doubt in self._doubts.items():
            token = self._asked.ask(name, now_ns)
            self._venue.read_conversion(doubt.conversion, token, self._actor.reply_to())

    def _shown(self, shown: ConversionShown) -> None:
        name = self._asked.answered(shown.token)
        doubt = self._doubts.get(name) if isinstance(name, str) else None
        if doubt is None or shown.seen is None:
            return
        now_ns = self._actor.clock.machine_ns()
        settled = doubt.verdict(shown.seen, now_ns, self._lifetime_ns)
        if settled is not None:
            self._settle(settled)

    def _settle(self, settled: ConversionSettled) -> None:
        """Put on record what became of a conversion, and go on from there."""
        conversion = settled.conversion
        self._doubts.pop(conversion.trade_id, None)
        self._note(settled)
        what = converted(conversion) if settled.is_done else f"not converted: {settled.reason}"
        self._actor.log.info(what, trade=conversion.trade_id)
        if settled.is_done:
            self._conversion = conversion
            self._enter(Awaits.BOOKS)
            self._actor.publish(ReconcileRequested(self._occasion()))
        elif self._step is not Awaits.IDLE:
            self._attempts += 1
            if settled.reason == NEVER_CARRIED_OUT and self._attempts < TRIES:
                self._step = Awaits.IDLE  # nothing has moved: another quote is another conversion
            else:
                self._keep(settled.reason)

    # How it ends.

    def _end(self, *lines: str) -> None:
        """It is over; `lines` are what is to be said besides what was converted."""
        if self._step is Awaits.BOOKS and self._conversion is not None:
            lines = (converted(self._conversion), *lines)
        self._lines, self._conversion = lines, None
        self._enter(Awaits.OVER)

    def _keep(self, why: str) -> None:
        self._end(kept(self._proceeds.left, why))

    def _failed(self, step: Awaits, why: str) -> None:
        """Try a step again, a few times; before the commit nothing has moved."""
        if self._tries < TRIES:
            steps = {
                Awaits.WALLETS: self._ask_wallets,
                Awaits.QUOTE: self._ask_quote,
            }
            self._again(steps.get(step, self._await_record))
        elif step is Awaits.RECORD and self._conversion is not None:
            why = "the journal did not answer; nothing was sent"
            self._settle(ConversionSettled(self._conversion, False, why))
        else:
            self._keep(f"{WORDS[step]}: {why}")

    def _again(self, go: Callable[[], None]) -> None:
        self._tries += 1
        self._next = self._actor.clock.machine_ns() + AGAIN_NS, go

    def _is_killed(self) -> bool:
        """Tell whether a kill has ended it; the gateway asks once more before a commit leaves."""
        is_on = any(each.effect >= Effect.KILL for each in self._actor.board.open)
        if is_on:
            self._keep(KILLED)
        return is_on

    # Bookkeeping.

    def _note(self, fact: ConversionIntended | ConversionSettled) -> None:
        self._proceeds = self._proceeds.after(fact)
        self._actor.publish(fact, self._chain)

    def _enter(self, step: Awaits) -> None:
        self._step, self._since_ns, self._next = step, self._actor.clock.machine_ns(), None

    def _token(self, step: Awaits) -> int:
        return self._asked.ask(step, self._actor.clock.machine_ns())

    def _is_for(self, token: int, step: Awaits) -> bool:
        return self._asked.answered(token) is step and self._step is step

    def _occasion(self) -> str:
        assert self._conversion is not None  # what has moved belongs to one
        return f"{REASON}:{self._conversion.trade_id}"
