"""A doubted bid sells nothing until it is confirmed or has held; an old one is none at all."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.decisions.exit_prices import (
    HELD_NS,
    LOST_AFTER_NS,
    TOO_OLD,
    PriceLimit,
    Stall,
    may_act,
)
from domain.market.bids import Bid
from domain.model.instants import SECOND, Nanos
from domain.model.market import Doubt, DoubtKind
from domain.model.money import Price, Quantity
from tests.builders.messages import NOW, a_lot, a_quote

LIMIT = Nanos(5 * SECOND)
PRICES = PriceLimit(LIMIT, open_ns=NOW)
BID = Bid(Price(a_quote().bid), NOW)


@pytest.mark.req("O1", "X6")
@pytest.mark.parametrize("kind", list(DoubtKind))
@pytest.mark.parametrize("is_confirmed", [False, True])
def test_only_a_price_that_may_be_wrong_has_to_hold(kind: DoubtKind, is_confirmed: bool) -> None:
    doubt = Doubt(kind, "seen", "limit", NOW, is_confirmed=is_confirmed)
    waits = kind in (DoubtKind.JUMP, DoubtKind.SPREAD) and not is_confirmed

    assert may_act(evolve(BID, doubt=doubt), NOW, NOW) is not waits
    assert may_act(evolve(BID, doubt=doubt), NOW, NOW + HELD_NS - 1) is not waits
    assert may_act(evolve(BID, doubt=doubt), NOW, NOW + HELD_NS)
    assert may_act(BID, NOW, NOW)


@pytest.mark.req("ST1", "X6")
def test_a_bid_is_fresh_up_to_the_limit() -> None:
    assert PRICES.is_fresh(BID, NOW + LIMIT)
    assert not PRICES.is_fresh(BID, NOW + LIMIT + 1)


@pytest.mark.req("ST1", "X6")
def test_a_lot_is_blind_without_a_bid_with_an_old_one_and_after_a_stall() -> None:
    lot, stall = a_lot(), Stall("nobody bids", NOW)

    assert PRICES.blindness(lot, BID, None, NOW) is None
    assert PRICES.blindness(lot, None, None, NOW + LIMIT) is None
    assert PRICES.blindness(lot, None, None, NOW + LIMIT + 1) == "no bid was seen yet"
    assert PRICES.blindness(lot, BID, None, NOW + LIMIT + 1) == TOO_OLD
    assert PRICES.blindness(lot, BID, stall, NOW + LOST_AFTER_NS - 1) is None
    assert PRICES.blindness(lot, BID, stall, NOW + LOST_AFTER_NS) == "nobody bids"
    newer = evolve(BID, confirmed_ns=Nanos(NOW + 1))
    assert PRICES.blindness(lot, newer, stall, NOW + LOST_AFTER_NS) is None


def test_a_lot_of_which_nothing_is_there_is_told_as_missing_and_not_as_blind() -> None:
    lot = a_lot()
    gone = evolve(lot, missing=Quantity(lot.quantity))

    assert PRICES.blindness(gone, None, None, NOW + 2 * LIMIT) is None
