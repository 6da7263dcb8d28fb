"""One lot, two lots."""

import pytest

from domain.model.wording import counted


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (12_345, "12,345 entries")],
)
def test_a_number_has_the_noun_that_belongs_to_it(number: int, text: str) -> None:
    assert counted(number, "entry", "entries") == text


def test_most_nouns_take_an_s() -> None:
    assert (counted(1, "lot"), counted(3, "lot")) == ("1 lot", "3 lots")
