"""The journal checked against itself: what the fills alone say, compared with everything else.

Did every order go approval, intent, order, fill; is each fill booked once; do the venue's
statements differ by exactly our fills; do equity and lots follow from the fills. The auditor's
inbox takes a fill before the actors that answer to it, so what they say may be a few fills behind
its place in the journal, but never ahead of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from domain.messages.journal import RunStarted
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotAdopted,
    LotReleased,
    LotsListed,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted
from domain.model.errors import InvariantBroken
from domain.model.money import ZERO, Amount, notional, plain
from domain.model.portfolio import totals_of
from domain.model.product import Side, base_of, quote_of
from domain.model.wording import counted
from domain.portfolio.books import Books
from domain.portfolio.chain import Chain
from domain.portfolio.ledger import Ledger

BEHIND = 32
"""So many changes of the books may already be journaled that a statement does not know yet."""


@frozen(kw_only=True)
class AuditReport:
    """What was checked, and every disagreement as a sentence with its record number."""

    records: int = 0
    orders: int = 0
    fills: int = 0
    statements: int = 0
    problems: tuple[str, ...] = ()


@frozen
class AuditBooks:
    """Our books after change `number`, `fills` of which were fills, and by how much each currency
    moved in all.
    """

    number: int
    fills: int
    ours: Books
    moved: Mapping[str, Decimal] = field(factory=dict)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the books, which are open."""
        assert self.ours.ledger is not None
        return self.ours.ledger


Check = Callable[[AuditBooks], Iterator[str]]


def audit(records: Iterable[tuple[int, str, object]]) -> AuditReport:
    """Return what is wrong with a journal; `records` are (number, type name, message), in order."""
    work = _Audit()
    for seq, _, message in records:
        work.take(seq, message)
    return work.report()


class _Audit:
    """The working state of one pass."""

    def __init__(self) -> None:
        self._chain = Chain()
        self._problems: list[str] = []
        self._boot: BootCompleted | None = None
        self._quote: str | None = None
        self._world = ""
        self._base: StatementTaken | None = None
        self._early: list[CashFlowSeen] = []
        self._recent: deque[AuditBooks] = deque(maxlen=BEHIND)
        self._stated = self._marked = 0
        self._records = self._fills = self._statements = 0

    def take(self, seq: int, message: object) -> None:
        self._records += 1
        for problem in self._chain.take(message):
            self._say(seq, problem)
        match message:
            case FillBooked():
                self._fill(seq, message)
            case CashFlowSeen():
                self._flow(message)
            case LotsMissing() | LotReleased() | LotAdopted():
                self._coins(message)
            case StatementTaken():
                self._statement(seq, message)
            case EquityMarked():
                self._equity(seq, message)
            case LotsListed():
                self._follows(seq, lambda books: _lot_problems(books, message))
            case RunStarted(world=world):
                self._start(world)
            case BootCompleted():
                self._catalogue(message)

    def report(self) -> AuditReport:
        return AuditReport(
            records=self._records,
            orders=self._chain.intents,
            fills=self._fills,
            statements=self._statements,
            problems=tuple(self._problems),
        )

    def _say(self, seq: int, problem: str) -> None:
        self._problems.append(f"record {seq}: {problem}")

    def _start(self, world: str) -> None:
        """Begin new books in another world: it has another account."""
        if self._world and world and world != self._world:
            self._base = None
            self._early.clear()
            self._recent.clear()
            self._stated = self._marked = 0
        self._world = world or self._world

    # Changes of the books.

    def _books(self, quote: str | None) -> AuditBooks | None:
        """Return the newest books; the first statement opens them once the currency is known."""
        if not self._recent and self._base is not None and quote is not None:
            ours = Books(quote).apply(self._base).apply(self._boot)
            self._recent.append(AuditBooks(0, 0, ours))
            for change in self._early:  # seen while nobody knew which currency the books are in
                self._flow(change)
            self._early.clear()
        return self._recent[-1] if self._recent else None

    def _fill(self, seq: int, booked: FillBooked) -> None:
        self._fills += 1
        fill = booked.fill
        base, quote = base_of(fill.product), quote_of(fill.product)
        books = self._books(self._quote or quote)
        if books is None:
            self._say(seq, f"fill {fill.entry_id} was booked before the first statement")
            return
        if fill.entry_id in books.ledger.seen:
            return  # said already; counted once, the rest stays comparable
        try:
            ours = books.ours.apply(booked)
        except InvariantBroken as error:
            self._say(seq, str(error))
            return
        sign = 1 if fill.side is Side.BUY else -1
        paid = sign * notional(fill.price, fill.quantity) + fill.fee
        moved = _plus(_plus(books.moved, base, sign * fill.quantity), quote, -paid)
        self._recent.append(AuditBooks(books.number + 1, books.fills + 1, ours, moved))

    def _flow(self, change: CashFlowSeen) -> None:
        books = self._books(self._quote)
        if books is not None:
            moved = _plus(books.moved, change.currency, change.amount)
            self._append(books, books.ours.apply(change), moved)
        elif self._base is not None:
            self._early.append(change)

    def _coins(self, change: LotsMissing | LotReleased | LotAdopted) -> None:
        """Follow what lots lose; the flow of the balance itself is a record of its own."""
        books = self._books(self._quote)
        if books is not None:
            self._append(books, books.ours.apply(change), books.moved)

    def _append(self, books: AuditBooks, ours: Books, moved: Mapping[str, Decimal]) -> None:
        """Go on with a change that is no fill."""
        self._recent.append(AuditBooks(books.number + 1, books.fills, ours, moved))

    def _catalogue(self, boot: BootCompleted) -> None:
        """Learn the price steps, and in which currency the account is kept."""
        self._boot = boot
        self._quote = next((product.quote for product in boot.products), self._quote)
        if self._recent:
            books = self._recent[-1]
            self._recent[-1] = evolve(books, ours=books.ours.apply(boot))

    # What must follow from them.

    def _statement(self, seq: int, statement: StatementTaken) -> None:
        self._statements += 1
        base = self._base
        if base is None:
            self._base = statement
            return
        books = self._books(self._quote)
        if books is None:
            return
        # Start and stop are quiet. Any other statement must at least know what was journaled
        # before the statement before it, or a fill that never was could hide for ever.
        floor = self._stated if statement.occasion == "hourly" else books.number
        self._stated = books.number
        if not self._follows(
            seq,
            lambda each: _statement_problems(each, base, statement),
            lambda each: each.number >= floor,
        ):
            # Said once: from here on the venue's word is the base of the comparison.
            self._base = statement
            self._recent.clear()
            self._recent.append(evolve(books, moved=dict.fromkeys(books.moved, ZERO)))

    def _equity(self, seq: int, mark: EquityMarked) -> None:
        """Check a mark, which knows every fill that stood before the last one.

        Flows may be told several at once, and the mark before each of them knows none of the rest.
        """
        books, floor = self._books(self._quote), self._marked
        if books is not None:
            self._follows(
                seq, lambda each: _equity_problems(each, mark), lambda each: each.fills >= floor
            )
            self._marked = books.fills

    def _follows(
        self, seq: int, check: Check, may_be: Callable[[AuditBooks], bool] = lambda _: True
    ) -> bool:
        """Tell whether some of the newest books pass `check`; if none, say what the newest lack."""
        if self._books(self._quote) is None:
            return True
        for books in reversed(self._recent):
            if may_be(books) and next(check(books), None) is None:
                return True
        for problem in check(self._recent[-1]):
            self._say(seq, problem)
        return False


def _statement_problems(
    books: AuditBooks, base: StatementTaken, now: StatementTaken
) -> Iterator[str]:
    before, after = totals_of(base.accounts), totals_of(now.accounts)
    for currency in sorted({*books.moved, books.ledger.quote_currency}):
        change = after.get(currency, ZERO) - before.get(currency, ZERO)
        ours = books.moved.get(currency, ZERO)
        if change != ours:
            yield (
                f"{currency} at the venue changed by {plain(change)} up to the {now.occasion}"
                f" statement, our fills and flows by {plain(ours)}"
                f" (difference {plain(change - ours)})"
            )


def _equity_problems(books: AuditBooks, mark: EquityMarked) -> Iterator[str]:
    ledger = books.ledger
    capital = ledger.capital
    held = [lot for lot in ledger.lots if lot.held > 0]
    if mark.opening_nlv > capital:
        yield (
            f"cycle {mark.cycle} starts from {plain(mark.opening_nlv)}, paid in were"
            f" {plain(capital)}"
        )
        return
    # An allotment leaves the rest of the capital out of the account.
    allotted = ledger.cash - (capital - mark.opening_nlv)
    if mark.opening_nlv < capital:
        allotted = Amount(max(allotted, ZERO))
    if mark.nlv is None:
        if not held:
            yield f"cycle {mark.cycle} has no equity, though nothing is owned"
    elif not held and mark.nlv != allotted:
        yield (
            f"cycle {mark.cycle} has equity {plain(mark.nlv)}, the fills leave {plain(allotted)}"
            " in cash and nothing owned"
        )
    elif held and not mark.nlv > allotted:
        yield (
            f"cycle {mark.cycle} has equity {plain(mark.nlv)}, the fills leave {plain(allotted)}"
            f" in cash and {counted(len(held), 'lot')} on top"
        )


def _lot_problems(books: AuditBooks, listed: LotsListed) -> Iterator[str]:
    said, owned = len(listed.protected) + len(listed.unprotected), len(books.ledger.lots)
    if said != owned:
        yield f"{counted(said, 'lot')} listed at {listed.occasion}, the fills leave {owned}"


def _plus(moved: Mapping[str, Decimal], currency: str, change: Decimal) -> dict[str, Decimal]:
    return {**moved, currency: moved.get(currency, ZERO) + change}
