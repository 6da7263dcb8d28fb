"""The books: statements, marks, lots, losses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import field, frozen

from domain.model.bids import BidColumn
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.pnl import OpenPnl
from domain.model.portfolio import AccountBalance, Lot, PortfolioView
from domain.model.product import ProductId


@frozen
class LedgerReported:
    """What stands in the books of `actor` at the moment of a sync request.

    `coins` are the balances that the venue should show in every currency but that of `cash`;
    `moves` by how much each currency moved with each of the newest fills. `allotted` is what of the
    cash may be used here, None where the actor does not say.
    """

    actor: str
    token: int
    is_open: bool
    cash: Amount
    lots: tuple[Lot, ...] = ()
    coins: Mapping[str, Decimal] = field(factory=dict)
    moves: tuple[Mapping[str, Decimal], ...] = ()
    allotted: Amount | None = None


@frozen
class LimitUse:
    """How much of a limit is used; `unit` of both numbers: % of equity, a currency, products,
    losses, s still to wait, or orders in a window of market time, like "orders in 300 s".
    """

    name: str
    used: Decimal
    limit: Decimal
    unit: str


@frozen
class MinutesPassed:
    """Minutes of a backtest in which nobody was asked: `bids` are those of each owned product, one
    for each of the market times `at_ns`.

    Only a backtest sends it, to the portfolio: it is in no route.
    """

    at_ns: tuple[Nanos, ...]
    bids: Mapping[ProductId, BidColumn]


@frozen
class MinutesMarked:
    """What the account was worth in the first of the minutes passed, as many as there are in both:
    in the one behind them something may follow, so that it has to be played.
    """

    cycle: int
    at_ns: tuple[Nanos, ...]
    nlv: tuple[Amount, ...]
    opening_nlv: Amount


@frozen
class LossesMeasured:
    """How far each limit on losses is used; each has the name of its breaker."""

    losses: tuple[LimitUse, ...]


@frozen
class CapsMeasured:
    """How far each cap on what is at risk, each throttle and each limit of pace is used; of those
    on one of many, the fullest of them.
    """

    caps: tuple[LimitUse, ...]


@frozen
class StatementTaken:
    """The venue's balances at a quiet moment (start, hourly, stop), checked against the ledger."""

    occasion: str
    accounts: tuple[AccountBalance, ...]


@frozen
class CashFlowSeen:
    """A change of a balance that is no fill of ours: it moves capital, not performance.

    `amount` is in `currency`, negative where it left; `kind` says what it looks like.
    """

    currency: str
    amount: Amount
    kind: str


@frozen
class LotsMissing:
    """What of our lots of one currency the venue does not hold any more: (lot, quantity) each.

    A lot of this currency that is not named is all there.
    """

    currency: str
    lots: tuple[tuple[str, Quantity], ...]


@frozen
class LotReleased:
    """The owner takes `quantity` of a lot out of our books: it leaves at cost, without profit."""

    lot: str
    product: ProductId
    quantity: Quantity
    reason: str


@frozen
class LotAdopted:
    """The owner hands `quantity` of foreign coins over: a lot from now on, sold at `stop_price`.

    `cost` is what all of it counts as paid in, in quote currency; `lot` is its name.
    """

    lot: str
    product: ProductId
    quantity: Quantity
    cost: Amount
    stop_price: Price
    at_ns: Nanos
    reason: str


@frozen
class PortfolioMoved:
    """The newest view of the portfolio."""

    view: PortfolioView


@frozen
class EquityMarked:
    """Equity at a cycle, a flow or a breach, for drawdown and continuity; None: unknown.

    `open_pnl` is the part of it that is not realised, by strategy and signal, where it is known.
    """

    cycle: int
    nlv: Amount | None
    opening_nlv: Amount
    open_pnl: tuple[OpenPnl, ...] = ()


START = "start"
"""Occasion of the list of lots at READY."""


@frozen
class LotsListed:
    """Every owned lot and whether something protects it, at start and stop."""

    occasion: str
    protected: tuple[str, ...]
    unprotected: tuple[str, ...]
