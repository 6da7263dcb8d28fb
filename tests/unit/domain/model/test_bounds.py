"""A flaw says where it is, seen from wherever it is looked at."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.bounds import (
    AN_ASSET,
    Flaw,
    Invalid,
    between,
    duration_text,
    entries,
    members,
    shown,
    spelled,
)
from domain.model.instants import HOUR, MILLISECOND, SECOND


def test_a_flaw_seen_from_further_up_has_the_longer_path() -> None:
    flaw = Flaw(("total_pct",), "expected at most 100, was 120", ("lower it",))

    assert flaw.below("policy", "caps") == Flaw(
        ("policy", "caps", "total_pct"), "expected at most 100, was 120", ("lower it",)
    )


def test_invalid_carries_every_flaw() -> None:
    flaws = (Flaw(("a",), "one"), Flaw(("b",), "two"))

    error = Invalid(*flaws)

    assert error.flaws == flaws
    assert str(error) == "one; two"


@given(st.integers(-20, 20), st.none() | st.integers(-9, 0), st.none() | st.integers(1, 9))
def test_bounds_belong_to_what_they_bound_and_none_is_no_bound(
    value: int, low: int | None, high: int | None
) -> None:
    is_within = (low is None or low <= value) and (high is None or value <= high)

    if is_within:
        between(low, high)(value)
    else:
        with pytest.raises(Invalid, match=f"was {value}"):
            between(low, high)(value)


def test_what_is_not_set_is_within_every_bound() -> None:
    between(1, 2)(None)
    spelled(re.compile("x"), "x")(None)


def test_a_text_has_the_whole_form_or_none_of_it() -> None:
    check = spelled(re.compile("[A-Z]+"), "BTC")

    check("ETH")
    for text in ("eth", "ETH ", "ETH1", ""):
        with pytest.raises(Invalid, match="expected a text like BTC"):
            check(text)


def test_a_product_in_the_place_of_an_asset_is_answered_by_its_asset() -> None:
    for text in ("BTC-USD", "btc", "btc/usd"):
        with pytest.raises(Invalid, match=r"did you mean BTC\?"):
            AN_ASSET(text)


def test_every_flaw_of_a_list_is_told_at_its_index_and_repeats_at_the_later_one() -> None:
    with pytest.raises(Invalid) as refused:
        members(between(0, 5))([1, 9, 1, -1])

    assert [(flaw.path, flaw.message) for flaw in refused.value.flaws] == [
        ((1,), "must be <= 5, was 9"),
        ((3,), "must be >= 0, was -1"),
        ((2,), "1 is listed twice"),
    ]


def test_every_flaw_of_a_mapping_is_told_at_its_key() -> None:
    check = entries(spelled(re.compile("[a-z]"), "a"), between(0, 5))

    with pytest.raises(Invalid) as refused:
        check({"a": 9, "B": 1})

    assert {flaw.path for flaw in refused.value.flaws} == {("a",), ("B",)}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (Decimal("1E+3"), "1000"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        ("x\n", "'x\\n'"),
    ],
)
def test_a_value_is_quoted_as_the_operator_wrote_it(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.text())
def test_whatever_is_quoted_is_short_and_on_one_line(value: str) -> None:
    text = shown(value)

    assert len(text) <= 60
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    ("length_ns", "text"),
    [(24 * HOUR, "24h"), (90 * SECOND, "90s"), (120 * SECOND, "2m"), (0, "0s")],
)
def test_a_duration_is_told_in_the_largest_unit_that_holds_it_whole(
    length_ns: int, text: str
) -> None:
    assert duration_text(length_ns) == text
    assert duration_text(1500 * MILLISECOND) == "1500ms"
