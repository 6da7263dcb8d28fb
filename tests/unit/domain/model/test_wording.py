"""One lot, two lots; and what a word may have meant."""

import pytest

from domain.model.wording import counted, meant


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (12_345, "12,345 entries")],
)
def test_a_number_has_the_noun_that_belongs_to_it(number: int, text: str) -> None:
    assert counted(number, "entry", "entries") == text


def test_most_nouns_take_an_s() -> None:
    assert (counted(1, "lot"), counted(3, "lot")) == ("1 lot", "3 lots")


def test_the_nearest_name_is_what_was_meant_and_nothing_where_none_is_near() -> None:
    assert meant("risk_gat", ["feed", "risk_gate"]) == "; did you mean risk_gate?"
    assert meant("xyz", ["feed", "risk_gate"]) == ""
