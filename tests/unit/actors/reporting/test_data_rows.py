"""The status has a row a product that is followed."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.reporting.data_rows import OddData, data_rows
from domain.market.bids import Bids
from domain.messages.market import FeedStalled, PriceDoubted, QuoteMoved
from domain.model.breakers import Effect, Scope
from domain.model.instants import SECOND, Nanos, iso
from domain.model.market import Doubt, DoubtKind
from domain.model.product import DELISTED
from tests.builders.messages import BTC, ETH, NOW, a_breaker, a_product, a_quote

LIMIT = Nanos(5 * SECOND)
pytestmark = pytest.mark.req("ST1")


def test_each_product_has_a_row_with_its_word_and_the_time_of_its_price() -> None:
    bids = Bids()
    bids.take(QuoteMoved(a_quote(at_ns=NOW)))
    nothing_odd = {"doubted_ticks": 0, "last_doubt": None, "late_trades": 0}
    own = a_breaker(name="own", scope=Scope.of_product(BTC), effect=Effect.BLOCK)
    stalls = {ETH: FeedStalled(ETH, "quote too old", LIMIT)}

    btc, eth = data_rows(
        (a_product(BTC), a_product(ETH)), bids, stalls, (own,), NOW, LIMIT, OddData()
    )

    assert btc == {
        "product": BTC,
        "state": "blocked",
        "why": f"own: {own.reason}",
        "price_at": iso(NOW),
        **nothing_odd,
    }
    why = {"why": "quote too old", "price_at": None}
    assert eth == {"product": ETH, "state": "stale", **why, **nothing_odd}


@pytest.mark.req("O1")
def test_a_doubted_price_is_suspect_and_what_was_odd_is_counted() -> None:
    doubt = Doubt(DoubtKind.JUMP, "mid moved -5 % in 60 s", "0.4 %", NOW, is_down=True)
    bids = Bids()
    bids.take(QuoteMoved(evolve(a_quote(at_ns=NOW), doubt=doubt)))
    told = {BTC: PriceDoubted(BTC, doubt, 17)}

    (row,) = data_rows((a_product(BTC),), bids, {}, (), NOW, LIMIT, OddData(told, {BTC: 3}))

    assert (row["state"], row["doubted_ticks"], row["late_trades"]) == ("suspect", 17, 3)
    assert row["why"] == row["last_doubt"] == "jump: mid moved -5 % in 60 s, limit 0.4 %"


def test_what_is_delisted_is_not_followed_and_no_row() -> None:
    gone = a_product(BTC)
    gone = evolve(gone, flags=evolve(gone.flags, status=DELISTED))

    assert data_rows((gone,), Bids(), {}, (), NOW, LIMIT, OddData()) == []
