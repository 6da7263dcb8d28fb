"""What is owned at the end of a run, as people are shown it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from actors.reporting.rows import position_row
from app.results.closing import positions_sheet
from domain.market.bids import Bid
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from tests.builders.messages import a_lot

LOT = evolve(a_lot(), quantity=Quantity(Decimal(2)), cost=Amount(Decimal(200)))


@pytest.mark.req("REC1")
@pytest.mark.parametrize(
    ("missing", "profit"), [("0", "+17.80"), ("1", "+8.90"), ("2", "0.00")], ids=str
)
def test_the_open_profit_is_of_what_the_venue_holds_after_the_fee(
    missing: str, profit: str
) -> None:
    lot = evolve(LOT, missing=Quantity(Decimal(missing)))
    row = position_row(lot, Bid(Price(Decimal(110)), Nanos(0)), None)

    (shown,) = positions_sheet({"positions": [row]}, Decimal("0.01")).rows

    assert shown[4] == profit
