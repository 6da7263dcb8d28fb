"""A member is what it must be, or the entry says which one is not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulator.market_data.members import above_zero, from_zero, word
from domain.model.errors import ProtocolBroken


def test_numbers_and_texts_are_read_exactly() -> None:
    assert above_zero({"size": "0.10"}, "size") == Decimal("0.1")
    assert from_zero({"size": "0"}, "size") == 0
    assert word({"name": "BTC"}, "name") == "BTC"


@pytest.mark.parametrize("value", [None, "", 7, [], "NaN", "1e99", "1e-99", "-1", "x"])
def test_what_is_no_number_above_zero_is_refused_by_name(value: object) -> None:
    for read in (above_zero, from_zero):
        with pytest.raises(ProtocolBroken, match=r"size: expected a "):
            read({"size": value}, "size")


def test_zero_is_a_quantity_and_no_price() -> None:
    with pytest.raises(ProtocolBroken):
        above_zero({"price": "0"}, "price")
