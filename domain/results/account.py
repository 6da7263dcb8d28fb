"""The books of an account, record by record: the one reader of a journal that opens them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from domain.messages.journal import RunStarted
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    LotAdopted,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.product import quote_of
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger


@frozen
class Change:
    """The books before and after a record; the same where a fill was booked before."""

    before: Ledger
    after: Ledger


class AccountFold:
    """Opens the books with the first statement, once their currency is known, and follows them.

    Another world has another account: its books begin anew.
    """

    def __init__(self) -> None:
        self.quote: str | None = None
        self.world = ""
        self._statement: StatementTaken | None = None
        self._boot: BootCompleted | ProductsChanged | None = None
        self._books: Books | None = None

    @property
    def ledger(self) -> Ledger | None:
        """Return the books as they stand; None before they are opened."""
        return None if self._books is None else self._books.ledger

    def begins_anew(self, message: RunStarted) -> bool:
        """Take in the start of a run; tell whether it is in another world than those before."""
        is_other = bool(message.world and self.world and message.world != self.world)
        if is_other:
            self._books = self._statement = None
        self.world = message.world or self.world
        return is_other

    def take(self, message: Any) -> Change | None:
        """Take the next record but a run's start; return what it does to open books.

        A fill before the books are open is left out: the audit names it.

        Raises:
            InvariantBroken: more is sold than is owned.
        """
        match message:
            case StatementTaken():
                self._statement = self._statement or message
                self._open()
            case BootCompleted() | ProductsChanged():
                self._learn(message)
            case FillBooked(fill=fill):
                if self.quote is None:
                    self.quote = quote_of(fill.product)
                    self._open()
                return self._apply(message)
            case CashFlowSeen() | LotsMissing() | LotReleased() | LotAdopted():
                return self._apply(message)
            case _:
                pass
        return None

    def _learn(self, news: BootCompleted | ProductsChanged) -> None:
        """Learn the price steps, and in which currency the account is kept."""
        self._boot = news
        self.quote = next((product.quote for product in news.products), self.quote)
        if self._books is not None:
            self._books = self._books.apply(news)
        self._open()

    def _open(self) -> None:
        if self._books is None and self._statement is not None and self.quote is not None:
            self._books = Books(self.quote).apply(self._statement).apply(self._boot)

    def _apply(self, message: Any) -> Change | None:
        before = self.ledger
        if self._books is None or before is None:
            return None
        self._books = self._books.apply(message)
        after = self._books.ledger
        assert after is not None
        return Change(before, after)
