"""Numbers without exponents, bodies that are objects, query keys that are what they should be."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.wire import (
    Refused,
    decode_object,
    encode,
    flag,
    invalid,
    many,
    one,
    text,
    whole,
)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_a_number_keeps_its_decimals_and_has_no_exponent(value: Decimal) -> None:
    written = text(value)

    assert "E" not in written
    assert Decimal(written) == value


@given(st.dictionaries(st.text(), st.none() | st.integers(-(2**53), 2**53) | st.text()))
def test_an_object_comes_back(value: dict[str, object]) -> None:
    assert decode_object(encode(value)) == value


def test_there_is_no_space_after_a_colon() -> None:
    assert encode({"a": 1, "b": [2]}) == b'{"a":1,"b":[2]}'


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_an_empty_object(body: bytes) -> None:
    assert decode_object(body) == {}


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="expected a JSON object as body"):
        decode_object(body)


def test_absent_and_empty_query_values_are_the_same() -> None:
    query = {"a": ["x", "y"], "b": [""], "c": []}

    assert [one(query, name) for name in "abcd"] == ["x", None, None, None]
    assert many(query, "a") == ("x", "y")
    assert many(query, "b") == many(query, "d") == ()


@pytest.mark.parametrize(("value", "expected"), [("TRUE", True), ("true", True), ("1", False)])
def test_a_flag_is_the_word_true_in_any_case(value: str, expected: bool) -> None:
    assert flag({"x": [value]}, "x") is expected
    assert flag({}, "x") is False


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "٣", "9" * 16, "1e3"])
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="limit must be a whole number"):
        whole({"limit": [value]}, "limit")


def test_a_whole_number_is_read_and_none_is_none() -> None:
    assert whole({"limit": ["250"]}, "limit") == 250
    assert whole({}, "limit") is None


def test_a_refusal_is_answered_in_the_form_of_the_venue() -> None:
    answer = invalid("no such thing").response()

    assert answer.status == 400
    assert json.loads(answer.body) == {
        "error": "INVALID_ARGUMENT",
        "error_details": "no such thing",
        "message": "no such thing",
    }
