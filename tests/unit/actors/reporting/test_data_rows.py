"""The status has a row a product that is followed."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.reporting.data_rows import data_rows
from domain.market.bids import Bids
from domain.messages.market import FeedStalled, QuoteMoved
from domain.model.breakers import Effect, Scope
from domain.model.instants import SECOND, Nanos, iso
from domain.model.product import DELISTED
from tests.builders.messages import BTC, ETH, NOW, a_breaker, a_product, a_quote

LIMIT = Nanos(5 * SECOND)
pytestmark = pytest.mark.req("ST1")


def test_each_product_has_a_row_with_its_word_and_the_time_of_its_price() -> None:
    bids = Bids()
    bids.take(QuoteMoved(a_quote(at_ns=NOW)))
    own = a_breaker(name="own", scope=Scope.of_product(BTC), effect=Effect.BLOCK)
    stalls = {ETH: FeedStalled(ETH, "quote too old", LIMIT)}

    btc, eth = data_rows((a_product(BTC), a_product(ETH)), bids, stalls, (own,), NOW, LIMIT)

    assert btc == {
        "product": BTC,
        "state": "blocked",
        "why": f"own: {own.reason}",
        "price_at": iso(NOW),
    }
    assert eth == {"product": ETH, "state": "stale", "why": "quote too old", "price_at": None}


def test_what_is_delisted_is_not_followed_and_no_row() -> None:
    gone = a_product(BTC)
    gone = evolve(gone, flags=evolve(gone.flags, status=DELISTED))

    assert data_rows((gone,), Bids(), {}, (), NOW, LIMIT) == []
