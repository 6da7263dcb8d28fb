"""Sums of many books, drawn at once, are those of each book's levels."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.book_sums import BookDraw, sums_near
from adapters.simulator.market_data.depth import Climate, Depth, Prices, book_around
from domain.market.book import Book
from tests.builders.market import product

pytestmark = pytest.mark.req("BT1")
CLIMATE = Climate(best=400, line=3_000, gap=8, spread=3)


@st.composite
def climates(draw: st.DrawFn) -> Climate:
    units = st.one_of(st.integers(1, 50), st.integers(1, 2**40))
    gap = 1 << draw(st.integers(0, 12))
    return Climate(draw(units), draw(units), gap, draw(st.integers(1, 400)))


@st.composite
def draws(draw: st.DrawFn) -> tuple[BookDraw, int]:
    now = draw(climates())
    before = evolve(draw(climates()), gap=now.gap, spread=now.spread)
    close = draw(st.one_of(st.integers(1, 40), st.integers(1, 10**9)))
    key, minute = draw(st.integers(0, 2**64 - 1)), draw(st.integers(0, 10**7))
    return BookDraw(key, minute, before, now), close


@given(st.lists(draws(), min_size=1, max_size=5), st.integers(0, 100))
def test_what_lies_near_the_best_prices_is_that_of_each_whole_book(
    asked: list[tuple[BookDraw, int]], within: int
) -> None:
    subject = product("1", "1")
    found = sums_near([each for each, _ in asked], [close for _, close in asked], within)

    for (drawn, close), sums in zip(asked, found, strict=True):
        depth = Depth(subject, Prices(Decimal(1)), drawn.key, drawn.minute, drawn.before, drawn.now)
        bids, asks = book_around(depth, close, 0, is_up=True)
        book = Book()
        book.replace(bids, asks)
        assert sums is not None
        best, depths = (bids[0].price, asks[0].price), book.depths(within)
        assert best == (Decimal(sums.bid), Decimal(sums.ask))
        assert depths == (Decimal(sums.bids), Decimal(sums.asks))


def test_a_book_whose_numbers_no_column_holds_is_not_summed() -> None:
    huge, usual = evolve(CLIMATE, line=2**50), BookDraw(1, 2, CLIMATE, CLIMATE)
    of_lines = BookDraw(1, 2, huge, CLIMATE)

    found = sums_near([of_lines, usual, usual], [100, 2**60, 100], 20)
    assert [each is None for each in found] == [True, True, False]
    assert sums_near([], [], 20) == []
