"""A book kept from changes equals the book that the changes describe."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market.book import Book
from domain.model.market import Level
from tests.builders.messages import a_level

SIDES = st.lists(
    st.builds(
        lambda price, quantity: a_level(f"{price}.5", str(quantity)),
        st.integers(1, 12),
        st.integers(0, 3),
    ),
    max_size=8,
)


def a_book() -> Book:
    book = Book()
    book.replace([a_level("99"), a_level("100", "2")], [a_level("102"), a_level("101", "3")])
    return book


def test_the_top_is_the_best_of_each_side() -> None:
    assert a_book().top() == (a_level("100", "2"), a_level("101", "3"))


def test_losing_the_best_price_shows_the_next() -> None:
    book = a_book()

    book.apply([a_level("100", "0")], [a_level("101", "0")])

    assert book.top() == (a_level("99"), a_level("102"))
    assert len(book) == 2


def test_a_side_that_is_empty_has_no_top() -> None:
    book = a_book()

    book.apply([a_level("99", "0"), a_level("100", "0")], [])

    assert book.top() is None
    assert Book().top() is None


def test_removing_an_unknown_price_changes_nothing() -> None:
    book = a_book()

    book.apply([a_level("50", "0")], [a_level("150", "0")])

    assert book.top() == a_book().top()
    assert len(book) == 4


def test_a_price_written_otherwise_is_the_same_price() -> None:
    book = a_book()

    book.apply([a_level("100.00", "0")], [a_level("101.000", "7")])

    assert book.top() == (a_level("99"), a_level("101", "7"))
    assert len(book) == 3


@given(SIDES, SIDES, st.lists(st.tuples(SIDES, SIDES), max_size=6))
def test_any_changes_leave_what_they_say(
    bids: list[Level], asks: list[Level], changes: list[tuple[list[Level], list[Level]]]
) -> None:
    book = Book()
    book.replace(bids, asks)
    truth: list[dict[Decimal, Decimal]] = [
        {level.price: level.quantity for level in side} for side in (bids, asks)
    ]
    for batch in changes:
        book.apply(*batch)
        for side, levels in zip(truth, batch, strict=True):
            side.update({level.price: level.quantity for level in levels})
    left = [{p: q for p, q in side.items() if q} for side in truth]

    assert len(book) == len(left[0]) + len(left[1])
    top = book.top()
    if not left[0] or not left[1]:
        assert top is None
    else:
        assert top is not None
        best_bid, best_ask = max(left[0]), min(left[1])
        assert (top[0].price, top[0].quantity) == (best_bid, left[0][best_bid])
        assert (top[1].price, top[1].quantity) == (best_ask, left[1][best_ask])


@pytest.mark.req("U1")
@pytest.mark.parametrize(
    ("within_bps", "bids", "asks"),
    [(0, "100", "202"), (99, "100", "202"), (100, "298", "202"), (400, "586", "517")],
)
def test_depth_is_what_rests_near_the_best_price_of_each_side(
    within_bps: int, bids: str, asks: str
) -> None:
    book = Book()
    book.replace(
        [a_level("100", "1"), a_level("99", "2"), a_level("96", "3"), a_level("95", "9")],
        [a_level("101", "2"), a_level("105", "3"), a_level("110", "9")],
    )

    assert book.depths(within_bps) == (Decimal(bids), Decimal(asks))


@pytest.mark.req("U1")
def test_a_book_with_one_side_has_no_depth() -> None:
    book = Book()
    book.replace([a_level("100")], [])

    assert book.depths(20) is None
