"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.figures import (
    NOT_KNOWN,
    moment,
    money,
    percent,
    price,
    quantity,
    signed,
    span,
)
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, parse_iso


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("9992.814777", "9,992.81"),
        ("-7.185", "−7.18"),
        ("0", "0.00"),
        ("1234567.5", "1,234,567.50"),
    ],
)
def test_money_has_two_decimals(value: str, shown: str) -> None:
    assert money(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("3.125", "+3.12"), ("-7", "−7.00"), ("-0.001", "0.00"), ("0", "0.00")]
)
def test_a_profit_has_its_sign_and_nothing_has_none(value: str, shown: str) -> None:
    assert signed(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("72573.05", "72,573.05"),
        ("17.2", "17.20"),
        ("0.1703", "0.1703"),
        ("123e-8", "0.00000123"),
        ("0", "0.00"),
    ],
)
def test_a_price_has_as_many_digits_as_tell_it_apart(value: str, shown: str) -> None:
    assert price(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("length_ns", "shown"),
    [
        (0, "0 s"),
        (20 * SECOND, "20 s"),
        (90 * MINUTE, "1 h 30 min"),
        (DAY + HOUR + MINUTE, "1 d 1 h"),
        (HOUR + 5 * SECOND, "1 h 5 s"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(length_ns: int, shown: str) -> None:
    assert span(length_ns) == shown


def test_quantities_have_no_zeros_at_their_end() -> None:
    assert [quantity(Decimal(each)) for each in ("0.0570", "100", "1e3")] == [
        "0.057",
        "100",
        "1000",
    ]


def test_a_moment_is_told_to_the_second() -> None:
    assert moment(parse_iso("2023-12-12T14:31:00.123Z")) == "2023-12-12 14:31:00"


def test_percents_are_signed_where_asked() -> None:
    assert percent(Decimal("1.254")) == "1.25 %"
    assert percent(Decimal("1.254"), is_signed=True) == "+1.25 %"


def test_what_is_not_known_is_said_so() -> None:
    shown = [money(None), signed(None), percent(None), price(None), span(None), moment(None)]

    assert set(shown) == {NOT_KNOWN}
