"""The one fold of the account: statement, fills and cash flows into the books.

Risk gate, portfolio, recovery and audit all keep their books by `Books.apply`, so that no two of
them can ever disagree about what the same messages mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from domain.messages.decisions import ExitProposed, StopRaised
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    LedgerReported,
    LotAdopted,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.errors import InvariantBroken
from domain.model.money import ZERO, Amount, Price, Rate
from domain.model.portfolio import PortfolioView, totals_of
from domain.model.product import Product, ProductId
from domain.portfolio.ledger import (
    Ledger,
    adopt,
    book,
    flow,
    leave,
    mark_missing,
    open_ledger,
    raise_stop,
    release,
    report,
)
from domain.portfolio.valuation import Equity, equity, value


@frozen
class Books:
    """The books of one account in `quote_currency`; `ledger` is None before the first statement.

    `products` give the price steps to which stops and targets of new lots are rounded.
    """

    quote_currency: str
    ledger: Ledger | None = None
    products: Mapping[ProductId, Product] = field(factory=dict)

    def apply(self, message: Any) -> Books:
        """Return the books after `message`; these very books if it changes nothing in them.

        Raises:
            InvariantBroken: a fill came before the opening statement, or sells more than is owned.
        """
        match message:
            case StatementTaken():
                return self._open(message)
            case FillBooked():
                return self._book(message)
            case CashFlowSeen() | LotsMissing() | LotReleased() | LotAdopted():
                return self if self.ledger is None else self._with(_moved(self.ledger, message))
            case ExitProposed() | StopRaised():
                return self if self.ledger is None else self._with(_moved(self.ledger, message))
            case BootCompleted(products=products) | ProductsChanged(products=products):
                return evolve(self, products={product.id: product for product in products})
            case _:
                return self

    @property
    def is_open(self) -> bool:
        """Tell whether the opening statement was taken: before it there is nothing to book on."""
        return self.ledger is not None

    def owns(self, product: ProductId) -> bool:
        """Tell whether any lot of `product` is owned."""
        return self.ledger is not None and self.ledger.owns(product)

    @property
    def owned(self) -> frozenset[ProductId]:
        """Return the products of which lots are owned."""
        return frozenset(() if self.ledger is None else (lot.product for lot in self.ledger.lots))

    def value(
        self, marks: Mapping[ProductId, Price], taker: Rate | None, allotment: Amount | None
    ) -> PortfolioView | None:
        """Return cash, lots and NLV; None before the opening statement or without a fee rate.

        `marks` are bids known to be true now: without that of an owned product NLV is None.
        """
        if self.ledger is None or taker is None:
            return None
        return value(self.ledger, marks, taker, allotment)

    def equity(self, taker: Rate | None, allotment: Amount | None) -> Equity | None:
        """Return what says the NLV of `value` at any bids; None where that returns None."""
        if self.ledger is None or taker is None:
            return None
        return equity(self.ledger, taker, allotment)

    def report(self, actor: str, token: int) -> LedgerReported:
        """Return what these books of `actor` say: cash, lots, and what the venue should hold."""
        return report(actor, token, self.ledger)

    def _open(self, statement: StatementTaken) -> Books:
        """The first statement opens the books; the later ones are only compared with them."""
        if self.ledger is not None:
            return self
        coins = totals_of(statement.accounts)
        cash = coins.pop(self.quote_currency, ZERO)
        return self._with(open_ledger(self.quote_currency, Amount(cash), coins))

    def _book(self, booked: FillBooked) -> Books:
        if self.ledger is None:
            raise InvariantBroken(
                f"fill {booked.fill.entry_id} was booked before the opening statement"
            )
        return self._with(book(self.ledger, booked, self.products.get(booked.fill.product)))

    def _with(self, ledger: Ledger) -> Books:
        return self if ledger is self.ledger else evolve(self, ledger=ledger)


Move = CashFlowSeen | LotsMissing | LotReleased | LotAdopted | ExitProposed | StopRaised


def _moved(ledger: Ledger, message: Move) -> Ledger:
    """Return the ledger after something that is no fill of ours."""
    match message:
        case CashFlowSeen():
            return flow(ledger, message)
        case LotsMissing():
            return mark_missing(ledger, message)
        case LotReleased():
            return release(ledger, message)
        case LotAdopted():
            return adopt(ledger, message)
        case ExitProposed():
            return leave(ledger, message)
        case StopRaised():
            return raise_stop(ledger, message)
