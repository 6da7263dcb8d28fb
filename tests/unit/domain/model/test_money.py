"""Exact money: no binary float gets in, and every rounding goes where it is told."""

from __future__ import annotations

import decimal
import threading
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.errors import InvalidNumber
from domain.model.money import (
    PRECISION_DIGITS,
    Amount,
    Price,
    Quantity,
    Rate,
    bps,
    ceil_to,
    fee,
    floor_to,
    notional,
    parse_decimal,
    plain,
)

NUMBERS = st.decimals("-1000000", "1000000", places=9)
STEPS = st.sampled_from([Decimal(step) for step in ("1e-8", "0.01", "0.25", "1", "1000")])


def test_a_binary_float_is_trapped_in_this_thread_and_in_new_ones() -> None:
    caught: list[bool] = []

    def mix() -> None:
        try:
            Decimal(1) + Decimal(0.1)  # noqa: RUF032 - the float is the point
        except decimal.FloatOperation:
            caught.append(True)

    mix()
    thread = threading.Thread(target=mix)
    thread.start()
    thread.join()

    assert caught == [True, True]
    assert decimal.getcontext().prec == PRECISION_DIGITS


@pytest.mark.parametrize("text", ["", "abc", "1,5", "NaN", "Infinity", "-inf", "0x10", "1 2"])
def test_a_text_that_is_no_finite_number_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(InvalidNumber, match=r"expected a .*number, was"):
        parse_decimal(text)


@given(NUMBERS)
def test_plain_text_reads_back_as_the_same_number(value: Decimal) -> None:
    text = plain(value)

    assert parse_decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize(
    ("value", "text"), [("0E+3", "0"), ("-0.00", "0"), ("1.2E+3", "1200"), ("1.50", "1.5")]
)
def test_plain_text_has_neither_exponent_nor_needless_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.req("X3")
@given(NUMBERS, STEPS)
def test_rounding_moves_less_than_a_step_in_its_direction(value: Decimal, step: Decimal) -> None:
    down, up = floor_to(value, step), ceil_to(value, step)

    assert down <= value <= up
    assert value - down < step
    assert up - value < step
    assert down % step == 0
    assert up % step == 0
    assert (down == up) == (value % step == 0)


def test_a_fee_is_unrounded() -> None:
    amount = notional(Price(Decimal("43000.01")), Quantity(Decimal("0.00000003")))

    assert amount == Decimal("0.0012900003")
    assert fee(amount, Rate(Decimal("0.006"))) == Amount(Decimal("0.0000077400018"))
    assert bps(Decimal("0.012")) == 120
