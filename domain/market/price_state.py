"""What is known of the prices of one product: its book, its quote, and what is wrong with them."""

from __future__ import annotations

from decimal import Decimal

from attrs import define, evolve, frozen

from domain.market.book import Book
from domain.market.doubts import NoWatch, PriceWatch
from domain.messages.market import QuoteMoved
from domain.model.instants import MILLISECOND, Nanos
from domain.model.market import DataState, Doubt, Quote
from domain.model.money import Price, bps
from domain.model.product import ProductId
from domain.model.universe import DEPTH_WITHIN_BPS, BookMeasure

ANSWER_WITHIN_NS = 250 * MILLISECOND
"""Machine time for which a quote beyond the limit is not given up while REST is being asked.

At high speed a round trip takes seconds of market time. Entries are refused by the quote's age
meanwhile.
"""


@frozen
class Contradiction:
    """REST showed another price than the stream had told by then; `machine_ns` is when we heard."""

    reading: Quote
    machine_ns: Nanos


@define
class PriceState:
    """What is known of one product; instants are market time unless they say otherwise."""

    product: ProductId
    watch: PriceWatch | NoWatch
    book: Book | None = None
    quote: Quote | None = None
    bid: Price | None = None
    """The bid that was told last while nobody offered."""
    published_ns: int = 0
    stalled: str | None = None
    data: DataState = DataState.STALE
    """What a stall makes of its data."""
    is_told: bool = False
    """Whether people have been told of this stall."""
    crossed_since_ns: int | None = None
    alerted_machine_ns: int | None = None
    asked_machine_ns: int | None = None
    """Since when REST is being asked for it."""
    is_unconfirmed: bool = False
    """Whether REST has answered without confirming the quote we have."""


def is_awaited(state: PriceState, machine_ns: Nanos) -> bool:
    """Tell whether REST may still confirm a quote that is too old."""
    asked_ns = state.asked_machine_ns
    is_asked = asked_ns is not None and machine_ns - asked_ns <= ANSWER_WITHIN_NS
    return is_asked and not state.is_unconfirmed


def judged(state: PriceState, doubt: Doubt | None) -> tuple[QuoteMoved, ...]:
    """Tell what is to be doubted about a price that has not moved."""
    quote = state.quote
    if quote is None or quote.doubt is doubt:
        return ()
    state.quote = evolve(quote, doubt=doubt)
    return () if state.stalled is not None else (QuoteMoved(state.quote),)


def is_same_price(ours: Quote, reading: Quote) -> bool:
    """Tell whether both have the same best prices."""
    return (ours.bid, ours.ask) == (reading.bid, reading.ask)


def liquidity_of(state: PriceState) -> BookMeasure:
    """Return spread and depth of a product's book; of one that is stalled nothing."""
    quote, book = state.quote, state.book
    if quote is None or book is None or state.stalled is not None:
        return BookMeasure(state.product, None, None, None)
    return measured(state.product, quote.bid, quote.ask, book)


def measured(product: ProductId, bid: Price, ask: Price, book: Book) -> BookMeasure:
    """Return spread and depth at these best prices of `book`; nothing if a side is empty."""
    depths = book.depths(DEPTH_WITHIN_BPS)
    if depths is None:
        return BookMeasure(product, None, None, None)
    return measure_of(product, bid, ask, *depths)


def measure_of(
    product: ProductId, bid: Price, ask: Price, bid_depth: Decimal, ask_depth: Decimal
) -> BookMeasure:
    """Return spread and depth of a book with both sides; depths are in quote currency."""
    return BookMeasure(product, bps((ask - bid) * 2 / (ask + bid)), bid_depth, ask_depth)
