"""Answers to the questions of the client, page by page: bodies in, entries out."""

from __future__ import annotations

from collections.abc import Callable

from adapters.venues.coinbase import answers
from adapters.venues.coinbase.aliases import Listing
from adapters.venues.coinbase.answers import Wallet
from adapters.venues.coinbase.paginator import Page
from domain.messages.venue import CancelResult
from domain.model.entries import Entries
from domain.model.instants import HOUR, MINUTE, SECOND
from domain.model.market import Bar, Quote
from domain.model.orders import FillSeen, OrderSeen
from domain.model.product import ProductId

CANDLES_PER_CALL = 300
"""The venue's limit is 350, by some accounts less."""
GRANULARITIES = {
    MINUTE: "ONE_MINUTE",
    5 * MINUTE: "FIVE_MINUTE",
    15 * MINUTE: "FIFTEEN_MINUTE",
    30 * MINUTE: "THIRTY_MINUTE",
    HOUR: "ONE_HOUR",
    2 * HOUR: "TWO_HOUR",
    6 * HOUR: "SIX_HOUR",
    24 * HOUR: "ONE_DAY",
}
"""The venue's names for the widths of candles."""


def orders(body: bytes) -> Page[OrderSeen]:
    """Return a page of orders."""
    page = answers.read_orders(body)
    return Page(answers.orders_in(page.orders), answers.next_cursor(page.has_next, page.cursor))


def fills(body: bytes) -> Page[FillSeen]:
    """Return a page of fills."""
    page = answers.read_fills(body)
    return Page(answers.fills_in(page.fills), page.cursor or "")


def accounts(body: bytes) -> Page[Wallet]:
    """Return a page of wallets."""
    page = answers.read_accounts(body)
    return Page(answers.wallets_in(page.accounts), answers.next_cursor(page.has_next, page.cursor))


def candles(product: ProductId) -> Callable[[bytes], Page[Bar]]:
    """Return what reads candles of one product."""
    read = answers.candles_of(product)
    return lambda body: Page(read(answers.read_candles(body).candles))


def quotes(body: bytes) -> Entries[Quote]:
    """Return best bids and asks; a product with an empty side has no quote."""
    return answers.quotes_in(answers.read_quotes(body).pricebooks)


def products(body: bytes) -> Page[Listing]:
    """Return a page of the catalogue."""
    answer = answers.read_products(body)
    pages = answer.pagination
    cursor = "" if pages is None else answers.next_cursor(pages.has_next, pages.next_cursor)
    return Page(answers.products_in(answer.products), cursor)


def cancelled(body: bytes) -> Entries[CancelResult]:
    """Return the answers for single orders."""
    return answers.cancels_in(answers.read_cancels(body).results)


def spans(width_ns: int, start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Return first and last bucket (seconds, inclusive) of each call; newest span last."""
    first_ns = -(-start_ns // width_ns) * width_ns
    last_ns = (end_ns - 1) // width_ns * width_ns
    step_ns = CANDLES_PER_CALL * width_ns
    return [
        (at_ns // SECOND, min(at_ns + step_ns - width_ns, last_ns) // SECOND)
        for at_ns in range(first_ns, last_ns + 1, step_ns)
    ]
