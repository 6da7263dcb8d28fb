"""What the embedded venue plays: the contract of market sources, expander and engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from attrs import frozen

from domain.model.errors import TradingError
from domain.model.instants import Nanos
from domain.model.market import Bar, Level, Trade
from domain.model.product import Product, ProductId

if TYPE_CHECKING:
    from domain.model.bars import Ints


@frozen
class Step:
    """What one product's market does at one instant: trades print, then the book looks like this.

    `trades` are the market's own, oldest first; `bids` best (highest) first, `asks` best (lowest)
    first, both without any order of our account. The book of a step is never crossed.
    """

    product: ProductId
    at_ns: Nanos
    trades: tuple[Trade, ...]
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@frozen(eq=False)
class MinuteColumns:
    """Rows of one product, oldest first, as whole numbers: starts in ns since 1970 (UTC), prices
    in price increments, volumes in base increments.
    """

    starts: Ints
    opens: Ints
    highs: Ints
    lows: Ints
    closes: Ints
    units: Ints


class MarketError(TradingError):
    """A market source cannot be played; the text says what was expected and what was found."""


class PlayedMarket(Protocol):
    """A market source: minute candles per product, known for all times it covers.

    The engine may ask for any minute; only the expander may look into a minute that is not over.
    """

    @property
    def description(self) -> str:
        """Source, seed and offset in one canonical line: part of the world's identity."""

    @property
    def prices(self) -> Literal["invented", "recorded", "live"]:
        """Where the prices come from, for the READY line."""

    @property
    def products(self) -> tuple[Product, ...]:
        """Every product of the market, sorted by id."""

    @property
    def first_ns(self) -> Nanos:
        """Start of the first minute that any product has."""

    @property
    def end_ns(self) -> Nanos | None:
        """End of the last minute that any product has; None for a market without end."""

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute lies between the product's first and last row."""

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the row of that minute; None where there is none (a minute without a trade)."""

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the rows with start_ns <= start < end_ns, oldest first."""

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest row that starts before `minute_ns`, None if there is none."""


class Expander(Protocol):
    """Turns one minute of one product into steps, from (market, seed, product, minute) alone."""

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the minute's steps, oldest first, at most 2 s apart; empty where not covered."""


class MinuteSteps(Protocol):
    """The steps of a minute of one product by number, oldest first; each is made when asked for."""

    @property
    def product(self) -> ProductId:
        """Whose steps they are."""

    @property
    def times(self) -> Sequence[int]:
        """When they are, market time."""

    @property
    def first_traded(self) -> int:
        """The number of the first step with a trade; without one, one past the last."""

    def step(self, index: int) -> Step:
        """Return a step by its number."""
