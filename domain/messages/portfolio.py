"""The books: statements, marks, lots, losses."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.money import Amount, Quantity
from domain.model.portfolio import AccountBalance, PortfolioView
from domain.model.product import ProductId


@frozen
class LedgerReported:
    """Cash and owned quantities in the books of `actor` at the moment of a sync request."""

    actor: str
    token: int
    is_open: bool
    cash: Amount
    owned: tuple[tuple[ProductId, Quantity], ...]


@frozen
class LossesMeasured:
    """How far each loss limit is used: (breaker, lost, limit), percent or quote currency."""

    losses: tuple[tuple[str, Decimal, Decimal], ...]


@frozen
class StatementTaken:
    """The venue's balances at a quiet moment (start, hourly, stop), checked against the ledger."""

    occasion: str
    accounts: tuple[AccountBalance, ...]


@frozen
class CashFlowSeen:
    """A change of the balance that is no fill of ours: it moves capital, not performance."""

    currency: str
    amount: Amount
    kind: str


@frozen
class PortfolioMoved:
    """The newest view of the portfolio."""

    view: PortfolioView


@frozen
class EquityMarked:
    """Equity at a cycle, a flow or a breach, for drawdown and continuity; None: unknown."""

    cycle: int
    nlv: Amount | None
    opening_nlv: Amount


START = "start"
"""Occasion of the list of lots at READY."""


@frozen
class LotsListed:
    """Every owned lot and whether something protects it, at start and stop."""

    occasion: str
    protected: tuple[str, ...]
    unprotected: tuple[str, ...]
