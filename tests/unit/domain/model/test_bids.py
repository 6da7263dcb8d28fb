from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.bids import BidColumn
from domain.model.money import Price

pytestmark = pytest.mark.req("BT1")


def test_a_bid_is_so_many_steps_of_the_price() -> None:
    column = BidColumn(Price(Decimal("0.05")), (3, 2_001))

    assert [column.price(row) for row in (0, 1)] == [Decimal("0.15"), Decimal("100.05")]
