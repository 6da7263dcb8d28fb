"""Answers of the venue to our questions. `failure` is None or says why there is no answer."""

from __future__ import annotations

from attrs import frozen

from domain.model.entries import EntryKind, Unread
from domain.model.instants import Nanos
from domain.model.market import Bar, Quote
from domain.model.money import Amount, Rate
from domain.model.orders import FillSeen, OrderSeen, PlaceOutcome
from domain.model.portfolio import AccountBalance
from domain.model.product import Product, ProductId


@frozen
class PlaceAnswered:
    """Outcome of one place request. `sent_ns` is the machine time after which it can't leave."""

    client_order_id: str
    outcome: PlaceOutcome
    sent_ns: Nanos


@frozen
class OrderPreviewed:
    """What the venue would do with an order that it was only asked about.

    `errors` is what it has against it, in its words; `total` is what it would cost with fees and
    `commission` the fees alone, in quote currency.
    """

    token: int
    errors: tuple[str, ...]
    total: Amount
    commission: Amount
    failure: str | None


@frozen
class UserFrame:
    """One frame of the user stream."""

    connection: int
    sequence: int
    sent_ns: Nanos
    orders: tuple[OrderSeen, ...]
    is_snapshot: bool
    unread: tuple[Unread, ...] = ()


@frozen
class CancelResult:
    """The venue's answer for one order id; success means no more than "request taken"."""

    order_id: str
    success: bool
    reason: str


@frozen
class CancelAnswered:
    """Answer to a cancel request; ids missing from `results` are unknown."""

    token: int
    results: tuple[CancelResult, ...]
    failure: str | None


@frozen
class OrdersListed:
    """A listing of orders. Complete means: every page was read. `begun_ns` is machine time.

    `since_ns`: what was created since this market time is in it, alive or ended. None: it was asked
    for some orders only, and says nothing by what it lacks.
    `unread` were kept out: what one of them may be decides who knows which orders are ours.
    """

    token: int
    orders: tuple[OrderSeen, ...]
    is_complete: bool
    begun_ns: Nanos
    failure: str | None
    since_ns: Nanos | None = None
    unread: tuple[Unread, ...] = ()


@frozen
class FillsListed:
    """A listing of fills, oldest first."""

    token: int
    fills: tuple[FillSeen, ...]
    is_complete: bool
    failure: str | None
    unread: tuple[Unread, ...] = ()


@frozen
class AccountsListed:
    """All balances of the account."""

    token: int
    accounts: tuple[AccountBalance, ...]
    is_complete: bool
    failure: str | None
    unread: tuple[Unread, ...] = ()


@frozen
class ProductsListed:
    """The venue's catalogue of spot products."""

    token: int
    products: tuple[Product, ...]
    is_complete: bool
    failure: str | None


@frozen
class CandlesListed:
    """Closed candles of one product, oldest first."""

    token: int
    product: ProductId
    width_ns: Nanos
    bars: tuple[Bar, ...]
    is_complete: bool
    failure: str | None


@frozen
class QuotesListed:
    """Best bid and ask by REST."""

    token: int
    quotes: tuple[Quote, ...]
    failure: str | None


@frozen
class FeesRead:
    """The account's fee rates."""

    token: int
    maker: Rate | None
    taker: Rate | None
    failure: str | None


@frozen
class PermissionsRead:
    """What the key may do, and the portfolio it is bound to."""

    token: int
    can_view: bool
    can_trade: bool
    can_transfer: bool
    portfolio_uuid: str
    failure: str | None


@frozen
class EntriesUnread:
    """Entries of one kind that were kept out for one reason: `fresh` now, `count` in this run.

    `names` are some of the fresh ones by product, currency or order.
    """

    kind: EntryKind
    reason: str
    names: tuple[str, ...]
    fresh: int
    count: int
