"""Forms on the wire, as far as we read them; members that are not named here are ignored.

Names are the venue's. Source: Coinbase Advanced Trade REST and WebSocket reference, read 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

PREFIX = "/api/v3/brokerage"

# Lists hold their entries as the venue wrote them: each is read by itself (`entries.py`).

# Streams.


class FrameEnvelope(Struct, gc=False):
    """Any stream frame: data frames have a channel, error frames only `type` and `message`."""

    channel: str = ""
    timestamp: str = ""
    sequence_num: int = -1
    events: msgspec.Raw = msgspec.Raw(b"[]")
    type: str = ""
    message: str = ""


class BookUpdate(Struct, gc=False):
    """One changed price; `side` is bid or offer."""

    side: str
    price_level: Decimal
    new_quantity: Decimal


class BookEvent(Struct):
    """Changes of one product's book. Half of a change is none: it is one entry."""

    type: str
    product_id: str
    updates: list[BookUpdate]


class PublicTrade(Struct, gc=False):
    """One trade of the market; `side` is the maker's."""

    trade_id: str
    product_id: str
    price: Decimal
    size: Decimal
    side: str
    time: str


class TradesEvent(Struct):
    """Trades, newest first."""

    type: str
    trades: list[msgspec.Raw]


class HeartbeatEvent(Struct, gc=False):
    """One beat; the counter is a number or a text."""

    heartbeat_counter: int | str


class SubscriptionsEvent(Struct):
    """Channel → products of this connection."""

    subscriptions: dict[str, list[str]]


class ProductStatus(Struct, gc=False):
    """What the status channel says of a product; it calls `id` what is product_id elsewhere."""

    id: str


class StatusEvent(Struct):
    """Products and their status."""

    type: str
    products: list[msgspec.Raw]


class UserOrder(Struct, gc=False):
    """Cumulative state of one order; older payloads lack what has a default."""

    order_id: str
    client_order_id: str
    product_id: str
    status: str
    order_side: str
    cumulative_quantity: str
    creation_time: str | None = None


class UserEvent(Struct):
    """Orders of the account."""

    type: str
    orders: list[msgspec.Raw] = []


# REST.


class OrderForm(Struct, gc=False):
    """One order of a listing."""

    order_id: str
    client_order_id: str
    product_id: str
    side: str
    status: str
    filled_size: str = ""
    created_time: str | None = None
    order_configuration: Any = None


class OrderIds(Struct, gc=False):
    """Which order it is: all that who only cancels has to know of one."""

    order_id: str
    client_order_id: str


class OrdersPage(Struct):
    """A page of orders, newest first."""

    orders: list[msgspec.Raw]
    has_next: bool = False
    cursor: str | None = None


class FillForm(Struct, gc=False):
    """One fill; `size` is in quote currency if `size_in_quote`."""

    order_id: str
    product_id: str
    side: str
    price: str
    size: str
    trade_time: str
    commission: str = ""
    entry_id: str = ""
    trade_id: str = ""
    trade_type: str = "FILL"
    size_in_quote: bool = False
    liquidity_indicator: str = ""


class FillsPage(Struct):
    """A page of fills, newest first; unlike other pages it does not say whether more follow."""

    fills: list[msgspec.Raw]
    cursor: str | None = None


class Money(Struct, gc=False):
    """An amount of one currency."""

    value: str


class AccountForm(Struct, gc=False):
    """One wallet; older payloads lack what has a default."""

    currency: str
    available_balance: Money
    hold: Money
    uuid: str = ""
    type: str = ""
    platform: str = ""
    active: bool = True
    ready: bool = True


class AccountsPage(Struct):
    """A page of wallets."""

    accounts: list[msgspec.Raw]
    has_next: bool = False
    cursor: str | None = None


class ProductForm(Struct, gc=False):
    """One product; a flag that is missing counts as not set, a missing number refuses it.

    Of price and volumes nothing is demanded: where they can't be read the volume is unknown.
    """

    product_id: str
    base_currency_id: str = ""
    quote_currency_id: str = ""
    price_increment: str = ""
    base_increment: str = ""
    quote_increment: str = ""
    base_min_size: str = ""
    base_max_size: str = ""
    quote_min_size: str = ""
    quote_max_size: str = ""
    price: Any = ""
    volume_24h: Any = ""
    approximate_quote_24h_volume: Any = ""
    product_type: str = "SPOT"
    status: str = ""
    alias: str | None = None
    is_disabled: bool = False
    trading_disabled: bool = False
    cancel_only: bool = False
    limit_only: bool = False
    post_only: bool = False
    auction_mode: bool = False
    view_only: bool = False


class Pages(Struct):
    """Where the next page of products is."""

    next_cursor: str | None = None
    has_next: bool = False


class ProductsPage(Struct):
    """A page of products; mostly there is one page and no pagination."""

    products: list[msgspec.Raw]
    pagination: Pages | None = None


class CandleForm(Struct, gc=False):
    """One candle; `start` is in seconds since 1970."""

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str


class CandlesAnswer(Struct):
    """Candles, newest first."""

    candles: list[msgspec.Raw]


class BookLevel(Struct, gc=False):
    """One price of a book."""

    price: str
    size: str


class PriceBook(Struct):
    """A book of at most the best level a side; a side may be empty."""

    product_id: str
    bids: list[BookLevel]
    asks: list[BookLevel]
    time: str


class QuotesAnswer(Struct):
    """Best bid and ask of products."""

    pricebooks: list[msgspec.Raw]


class FeeTierBody(Struct, gc=False):
    """Fee rates as fractions."""

    maker_fee_rate: str
    taker_fee_rate: str


class FeesAnswer(Struct):
    """What the account pays."""

    fee_tier: FeeTierBody


class TimeAnswer(Struct, gc=False):
    """The venue's time; milliseconds of the epoch, as a text."""

    epochMillis: str  # noqa: N815 - the venue's name


class PermissionsAnswer(Struct, gc=False):
    """What the key may do; there are no defaults, a missing right is a broken answer."""

    can_view: bool
    can_trade: bool
    can_transfer: bool
    portfolio_uuid: str


class PreviewAnswer(Struct, gc=False):
    """What the venue has against an order that it is only asked about; nothing: it would take it.

    `order_total` is with fees, `commission_total` the fees alone, in quote currency.

    Reasons are texts or objects, by the venue's version; an answer without the list says nothing.
    """

    errs: list[Any]
    order_total: str = ""
    commission_total: str = ""


class CancelForm(Struct, gc=False):
    """The answer for one order id."""

    success: bool
    order_id: str
    failure_reason: str = ""


class CancelsAnswer(Struct):
    """Answers for order ids, perhaps fewer than asked."""

    results: list[msgspec.Raw]


class AcceptedBody(Struct, gc=False):
    """The order that the venue took."""

    order_id: str = ""
    product_id: str = ""
    side: str = ""
    client_order_id: str = ""


class RefusalBody(Struct, gc=False):
    """Why the venue said no; the same problem stands in changing members."""

    error: str = ""
    message: str = ""
    error_details: str = ""
    preview_failure_reason: str = ""
    new_order_failure_reason: str = ""


class PlaceAnswer(Struct):
    """Answer to a new order; HTTP 200 does not mean that it exists."""

    success: bool
    success_response: AcceptedBody | None = None
    error_response: RefusalBody | None = None
    failure_reason: str = ""


class ConvertAmount(Struct, gc=False):
    """An amount and its currency."""

    value: str
    currency: str


class ConvertFee(Struct, gc=False):
    """What a conversion costs."""

    amount: ConvertAmount


class ConvertQuote(Struct, gc=False):
    """A conversion that was quoted: what we entered, and what it costs."""

    id: str
    user_entered_amount: ConvertAmount
    total_fee: ConvertFee
    total: ConvertAmount | None = None
    exchange_rate: ConvertAmount | None = None


class ConvertQuoteAnswer(Struct):
    """The answer to a question for a quote."""

    trade: ConvertQuote


class ConvertTrade(Struct, gc=False):
    """How far a conversion is."""

    id: str
    status: str


class ConvertTradeAnswer(Struct):
    """The answer to a commit, or to the question what became of one."""

    trade: ConvertTrade
