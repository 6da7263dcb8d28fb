"""What the books are worth: once with all that is shown, once with what limits look at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.model.bids import BidColumn
from domain.model.money import Amount, Price, Rate
from domain.portfolio.ledger import Ledger, book, mark_missing, open_ledger
from domain.portfolio.valuation import equity, value
from tests.builders.messages import BTC, a_product, an_intent, booked
from tests.unit.domain.portfolio.test_ledger import GONE

CASH = Amount(Decimal(10_000))


def owning(*quantities: Decimal) -> Ledger:
    """Return books with a lot of each quantity."""
    ledger = open_ledger("USD", CASH)
    for number, quantity in enumerate(quantities, start=1):
        bought = booked(an_intent(number=number), str(quantity), entry_id=f"t{number}")
        ledger = book(ledger, bought, a_product())
    return ledger


@pytest.mark.req("BT1")
@given(
    quantities=some.lists(some.decimals("0.00000001", "9", places=8), max_size=4),
    bid=some.decimals("0.01", "99999", places=2),
    taker=some.decimals("0", "0.012", places=6),
    allotment=some.one_of(some.none(), some.decimals("1", "20000", places=2)),
    is_known=some.booleans(),
)
def test_equity_is_that_of_the_whole_view_to_the_last_digit(
    quantities: list[Decimal],
    bid: Decimal,
    taker: Decimal,
    allotment: Decimal | None,
    is_known: bool,
) -> None:
    allotted = None if allotment is None else Amount(allotment)
    bids = {BTC: Price(bid)} if is_known else {}
    for ledger in (owning(*quantities), mark_missing(owning(*quantities), GONE)):
        view = value(ledger, bids, Rate(taker), allotted)

        found = equity(ledger, Rate(taker), allotted)
        assert (found.at(bids), found.opening_nlv) == (view.nlv, view.opening_nlv)


@pytest.mark.req("BT1")
@given(
    quantities=some.lists(some.decimals("0.00000001", "9", places=8), max_size=4),
    ticks=some.lists(some.integers(1, 10**7), max_size=5),
    taker=some.decimals("0", "0.012", places=6),
)
def test_a_column_of_bids_is_worth_what_each_of_them_is(
    quantities: list[Decimal], ticks: list[int], taker: Decimal
) -> None:
    found = equity(owning(*quantities), Rate(taker), None)
    column = BidColumn(Price(Decimal("0.01")), tuple(ticks))

    shown = found.column({BTC: column}, len(ticks))
    expected = [found.at({BTC: column.price(row)}) for row in range(len(ticks))]
    assert list(map(str, shown)) == list(map(str, expected))
    assert bool(found.column({}, 1)) is not bool(quantities)
