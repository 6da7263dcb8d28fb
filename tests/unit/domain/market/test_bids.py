"""A bid is the newest that was told, from a whole book or from one without offers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.market.bids import Bid, Bids
from domain.messages.market import BidMoved, QuoteMoved
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price
from tests.builders.messages import BTC, ETH, NOW, a_quote

LIMIT = Nanos(5 * SECOND)


def whole(bid: str, at_ns: int = NOW) -> QuoteMoved:
    return QuoteMoved(a_quote(bid, "200", at_ns=at_ns))


def alone(bid: str, at_ns: int = NOW) -> BidMoved:
    return BidMoved(BTC, Price(Decimal(bid)), Nanos(at_ns), Nanos(at_ns))


@pytest.mark.parametrize(("first", "second"), [(whole, alone), (alone, whole), (alone, alone)])
def test_the_newer_of_two_prices_counts_in_whatever_order_they_come(
    first: type, second: type
) -> None:
    for order in ((0, 1), (1, 0)):
        bids = Bids()
        told = (first("100"), second("99", NOW + 1))
        for number in order:
            assert bids.take(told[number]) == BTC

        found = bids.get(BTC)
        assert found is not None
        assert found == Bid(Price(Decimal(99)), Nanos(NOW + 1))


@pytest.mark.req("ST1", "E2")
def test_a_bid_is_a_mark_as_long_as_it_is_not_too_old() -> None:
    bids = Bids()
    bids.take(whole("100"))

    assert bids.marks((BTC, ETH), Nanos(NOW + LIMIT), LIMIT) == {BTC: 100}
    assert bids.marks((BTC, ETH), Nanos(NOW + LIMIT + 1), LIMIT) == {}
    assert bids.get(ETH) is None
