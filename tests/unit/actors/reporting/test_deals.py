"""Fills added up: what a sale earned is what the ledger realised, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.reporting.deals import Deals
from domain.messages.portfolio import StatementTaken
from domain.model.money import Price
from domain.model.portfolio import AccountBalance
from domain.portfolio.books import Books
from tests.builders.messages import an_intent, approved, approved_sale, booked

ROOM = StatementTaken("start", (AccountBalance("USD", Decimal(10_000), Decimal(0)),))
ENTRY = an_intent(approved())


@given(
    st.lists(st.integers(1, 199), max_size=4, unique=True),
    st.decimals("0.01", "500", places=2, allow_nan=False),
)
def test_a_sale_in_parts_earns_what_the_ledger_realised(cuts: list[int], price: Decimal) -> None:
    books = Books("USD").apply(ROOM).apply(booked(ENTRY))
    deals = Deals(books)
    sale = an_intent(approved_sale(ENTRY.client_order_id), 2)
    edges = [0, *sorted(cuts), 200]
    for low, high in pairwise(edges):
        part = str(Decimal(high - low) / 100)
        fill = booked(sale, part, entry_id=f"sale-{low}", price=Price(price))
        books = books.apply(fill)
        deals.add(fill)

    deal = deals.end(sale.client_order_id)

    assert deal is not None
    assert books.ledger is not None
    assert (deal.profit, deal.filled) == (books.ledger.realised, Decimal(2))
    assert deal.paid == Decimal(200)
    assert deal.is_whole


def test_an_order_without_fills_comes_to_nothing() -> None:
    assert Deals(Books("USD")).end("nobody") is None


def test_what_has_ended_is_not_remembered() -> None:
    deals = Deals(Books("USD").apply(ROOM))
    deals.add(booked(ENTRY))

    assert deals.end(ENTRY.client_order_id) is not None
    assert deals.end(ENTRY.client_order_id) is None
