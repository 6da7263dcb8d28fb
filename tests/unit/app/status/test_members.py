"""What a JSON object does not have, or has in a strange form, is not there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.status.members import COUNT_MAX, TEXT_MAX, Members, clean

STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(STRANGE)
def test_whatever_a_member_is_each_reader_gives_what_it_promises(value: object) -> None:
    members = Members({"a": value})

    assert isinstance(members.text("a"), str)
    assert isinstance(members.flag("a"), bool)
    assert 0 <= members.count("a") <= COUNT_MAX
    number = members.number("a")
    assert number is None or number.is_finite()
    assert members.moment("a") is None or isinstance(value, str)
    assert all(isinstance(each, str) for each in members.texts("a"))
    assert not members.part("a") or isinstance(value, dict)
    assert all(isinstance(each, Members) for each in members.parts("a"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("two\nlines\tand \x1b[31mred", "two lines and [31mred"),
        ("half \ud800 and \u202eturned", "half and turned"),
        (7, "7"),
        (True, ""),
        pytest.param(10**5000, "", id="a number too long to be written"),
        ("x" * 999, "x" * TEXT_MAX + "…"),
    ],
)
def test_a_text_is_one_clean_line(value: object, text: str) -> None:
    assert clean(value) == text


def test_a_number_is_exactly_what_was_written() -> None:
    members = Members({"a": "0.10", "b": 7, "c": "NaN", "d": True})

    assert (members.number("a"), members.number("b")) == (Decimal("0.10"), Decimal(7))
    assert (members.number("c"), members.number("d"), members.number("e")) == (None, None, None)
