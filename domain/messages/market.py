"""What the venue's public streams said, and what the feed made of it."""

from __future__ import annotations

from attrs import field, frozen

from domain.model.bar_run import BarRun
from domain.model.bars import Bars
from domain.model.entries import Unread
from domain.model.instants import Nanos
from domain.model.market import Bar, DataState, Doubt, Level, Quote, Trade
from domain.model.money import Price
from domain.model.product import ProductFlags, ProductId


@frozen
class BookSnapshotSeen:
    """The whole book of a product, replacing what was known; bids and asks in any order."""

    product: ProductId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@frozen
class BookChanged:
    """Absolute new quantities of some prices; zero removes the price."""

    product: ProductId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@frozen
class BookLost:
    """A change of this book can't be read: it is not known until its next snapshot."""

    product: ProductId
    reason: str


@frozen
class TradesPrinted:
    """Public trades, oldest first; `is_snapshot` marks recent history sent at subscription."""

    trades: tuple[Trade, ...]
    is_snapshot: bool


@frozen
class HeartbeatSeen:
    """The venue's once-a-second sign of life."""

    counter: int


@frozen
class SubscriptionsSeen:
    """The venue's list of what this connection is subscribed to: (channel, products)."""

    channels: tuple[tuple[str, tuple[str, ...]], ...]


@frozen
class ProductStatusSeen:
    """What the `status` channel says of a product: its status, and flags as far as it has any."""

    product: ProductId
    flags: ProductFlags


@frozen
class OtherFrameSeen:
    """A frame on a channel that we do not use; it still counts in the sequence."""

    channel: str


MarketEvent = (
    BookSnapshotSeen
    | BookChanged
    | BookLost
    | TradesPrinted
    | HeartbeatSeen
    | SubscriptionsSeen
    | ProductStatusSeen
    | OtherFrameSeen
)


@frozen
class MarketFrame:
    """One frame of the market stream. `sent_ns` is the venue's stamp, in market time.

    `sequence` counts all frames of a connection from 0 without gaps; `unread` were kept out.
    """

    connection: int
    sequence: int
    sent_ns: Nanos
    events: tuple[MarketEvent, ...]
    unread: tuple[Unread, ...] = ()


@frozen
class StreamOpened:
    """A stream ("market" or "user") is connected; `connection` numbers connections from 1."""

    stream: str
    connection: int


SUBSCRIBED_ANEW = "subscribed anew"
AFTER_GAP = "the process did not run"
OWN_RESTARTS = (SUBSCRIBED_ANEW, AFTER_GAP)
"""Reasons of `StreamClosed` that say nothing about the stream: we had it begin anew."""


@frozen
class StreamClosed:
    """A stream's connection ended and will be tried again; `reason` is for people."""

    stream: str
    connection: int
    reason: str


@frozen
class QuoteMoved:
    """The newest best bid and ask of a product; an unread older one is replaced in the inbox."""

    quote: Quote


@frozen
class BidMoved:
    """A best bid alone: nobody offers, or only REST shows it because the stream is frozen.

    Good for exits and for marks, no entry's price. Both instants and `doubt` as in `Quote`.
    """

    product: ProductId
    bid: Price
    at_ns: Nanos
    confirmed_ns: Nanos
    doubt: Doubt | None = None


@frozen
class BarClosed:
    """A minute is over and complete, on a connection without a gap or back-filled."""

    bar: Bar


@frozen
class HistoryLoaded:
    """Closed bars of the past, oldest first; `width_ns` is one minute or one hour."""

    product: ProductId
    width_ns: Nanos
    bars: tuple[Bar, ...] | BarRun


@frozen
class MinutesClosed:
    """Minutes of a backtest that are over, of each product that has any, as columns.

    Only a backtest sends it, to who keeps bars: it is in no route.
    """

    bars: tuple[Bars, ...] = field(eq=False)


@frozen
class FeedStalled:
    """A product's data can't be trusted now; `reason` is stable, `age_ns` is market time.

    `state` is suspect or stale.
    """

    product: ProductId
    reason: str
    age_ns: Nanos
    state: DataState = DataState.STALE


@frozen
class PriceDoubted:
    """Prices of a product were too odd for entries: the first doubt since the last time we told.

    `ticks` counts all of the product's doubted ticks since the feed began. Quotes say themselves
    whether they are doubted.
    """

    product: ProductId
    doubt: Doubt
    ticks: int


@frozen
class TradesLate:
    """Trades of a product came after their minute was closed, and changed nothing.

    `count` is how many have since the feed began; told with the minute in which they came.
    """

    product: ProductId
    count: int


@frozen
class FeedRecovered:
    """Fresh data of a product arrived after a stall; `was_told`: people had been told of it."""

    product: ProductId
    was_told: bool = False
