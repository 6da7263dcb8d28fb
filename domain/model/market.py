"""Market data as values: quotes, bars, trades, candles."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side


class DataState(StrEnum):
    """How far the market data of one product can be trusted: one word for everybody."""

    WARMING = "warming"
    """No price is known yet."""
    LIVE = "live"
    SUSPECT = "suspect"
    """There is a price that can't be right, or only half of one; entries are refused."""
    STALE = "stale"
    """Nothing fresh comes; entries are refused."""
    BLOCKED = "blocked"
    """Prices are fresh, and the venue or a breaker lets no entry of this product through."""


class DoubtKind(StrEnum):
    """Why a price is not good enough for entries, the gravest first."""

    JUMP = "jump"
    """The mid has moved farther within a minute than it ever should."""
    SPREAD = "spread"
    """Bid and ask are too far apart."""
    BAR = "bar"
    """The last closed bar is far from those before it, and hardly anything was traded in it."""
    HISTORY = "history"
    """Too little of the past is known to tell."""


@frozen
class Doubt:
    """What makes a price suspect: the value that was seen first and the limit, with their units.

    `since_ns` is market time. `is_down` tells which way it moved. `is_confirmed`: a second source
    (a trade, or a reading by REST) has shown the price too. No entry is made at any doubted price.
    """

    kind: DoubtKind
    observed: str
    limit: str
    since_ns: Nanos
    is_down: bool = False
    is_confirmed: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether the price itself may be wrong, so that exits have to wait for more."""
        return self.kind in (DoubtKind.JUMP, DoubtKind.SPREAD) and not self.is_confirmed

    @property
    def text(self) -> str:
        """Return the doubt for people, like "jump: mid moved -5.2 % in 60 s, limit 0.4 %"."""
        return f"{self.kind.value}: {self.observed}, limit {self.limit}"


@frozen(kw_only=True)
class PriceLimits:
    """The limits of O1.

    The mid may move `jump_sigmas` standard deviations within 60 s, and `jump_floor_bps` in any
    case; a bar may be `bar_pct` percent off the mean of the 20 before it, or have traded at least
    `bar_volume_ratio` of their mean volume.
    """

    jump_sigmas: Decimal
    jump_floor_bps: Decimal
    max_spread_bps: Decimal
    bar_pct: Decimal
    bar_volume_ratio: Decimal


@frozen
class Quote:
    """Best bid and ask of one product.

    `at_ns` is market time of the venue's frame; `confirmed_ns` the market time at which we
    last knew it to be true (a later frame, or a REST reading that agreed). `doubt` says what keeps
    entries from it, None if nothing does.
    """

    product: ProductId
    bid: Price
    bid_quantity: Quantity
    ask: Price
    ask_quantity: Quantity
    at_ns: Nanos
    confirmed_ns: Nanos
    doubt: Doubt | None = None


@frozen
class Bar:
    """One closed bar of trades; `start_ns` is its first instant, `volume` is in base currency."""

    product: ProductId
    start_ns: Nanos
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity

    @property
    def is_consistent(self) -> bool:
        """Tell whether open and close lie between low and high, and low is a price."""
        low, high = self.low, self.high
        return 0 < low <= self.open <= high and low <= self.close <= high and self.volume >= 0


@frozen
class Trade:
    """A public trade. `maker_side` is the side of the resting order, as the venue reports it."""

    product: ProductId
    trade_id: str
    price: Price
    quantity: Quantity
    maker_side: Side
    at_ns: Nanos


@frozen
class Level:
    """One price of a book; a quantity of zero removes the price."""

    price: Price
    quantity: Quantity
