"""Numbers have the digits that somebody reads; lines break between words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.status.words import (
    difference,
    distance,
    money,
    price,
    quantity,
    share,
    short,
    signed,
    wrapped,
)


@pytest.mark.parametrize(
    ("value", "increment", "text"),
    [
        ("72672.5", "0.01", "72,672.50"),
        ("0.0000123456789", None, "0.000012346"),
        ("3", "1", "3"),
        ("1e400", "0.01", "1.00e+400"),
        ("0", None, "0.00"),
    ],
)
def test_a_price_has_the_digits_of_its_product(
    value: str, increment: str | None, text: str
) -> None:
    assert price(Decimal(value), None if increment is None else Decimal(increment)) == text


def test_amounts_never_have_more_digits_than_anybody_reads() -> None:
    assert money(Decimal("-0.1") / 3) == "−0.03"
    assert quantity(Decimal(1) / 3, None) == "0.33333333"
    assert money(Decimal("1e999999999")) == "1.00e+999999999"


def test_numbers_are_not_broken_over_two_lines() -> None:
    lines = list(wrapped("  the loss of 24 hours is 12,345.67 USD of 300.00 USD", 24, 4))

    assert lines == ["  the loss of 24 hours", "    is 12,345.67 USD of", "    300.00 USD"]


@given(st.text(max_size=200), st.integers(20, 100), st.integers(0, 40))
def test_no_line_is_wider_than_it_may_be_and_no_word_is_lost(
    text: str, width: int, indent: int
) -> None:
    lines = list(wrapped(text, width, indent))

    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_number_is_short(value: Decimal) -> None:
    for shown in (money(value), signed(value), price(value, None), quantity(value, None)):
        assert len(shown) <= 31  # 16 digits with their commas, a sign, 8 digits behind the point


def test_what_is_cut_off_is_shown() -> None:
    assert short("BTC-USD", 7) == "BTC-USD"
    assert short("BTC-USDC", 7) == "BTC-US…"


def test_parts_and_distances_are_percents_where_they_say_anything() -> None:
    assert share(Decimal(1), Decimal(8)) == Decimal("12.5")
    assert distance(Decimal(100), Decimal(97)) == -3
    assert share(Decimal(1), Decimal(0)) is None
    assert distance(None, Decimal(1)) is None


@pytest.mark.parametrize("one", ["1E+999999", "1E-999999"])
def test_a_difference_of_what_is_no_amount_is_not_known(one: str) -> None:
    assert difference(Decimal(5), Decimal(3)) == 2
    assert difference(Decimal(one), Decimal(1)) is None
    assert difference(Decimal(1), Decimal(one)) is None
