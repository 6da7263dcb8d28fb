"""A stop follows the market up, in steps, by what two looks have seen, and never down."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.trailing import APART_NS, NO_TRAIL, STEPS, Trail, TrailedLot
from domain.market.bids import Bid
from domain.model.instants import SECOND, Nanos
from domain.model.market import Doubt, DoubtKind
from domain.model.money import Price
from tests.builders.messages import NOW, a_lot, a_product

pytestmark = pytest.mark.req("X6")
PRODUCT, LOT = a_product(), a_lot(stop_price=Price(Decimal(97)))
FIVE = Trail(Decimal(5))
DOUBT = Doubt(DoubtKind.JUMP, "9 %", "1 %", Nanos(NOW))
prices = st.decimals("0.01", "10000", places=2).map(Price)


def a_bid(price: str, doubt: Doubt | None = None) -> Bid:
    return Bid(Price(Decimal(price)), Nanos(NOW), doubt)


def test_the_stop_stands_its_distance_below_the_bid() -> None:
    assert FIVE.raised(LOT, Price(Decimal(110)), PRODUCT) == Decimal("104.5")


def test_nothing_is_raised_where_no_trail_is_set() -> None:
    assert NO_TRAIL.raised(LOT, Price(Decimal(1000)), PRODUCT) is None


@given(prices, st.decimals("0.1", "50", places=1))
def test_a_stop_only_rises_by_a_step_at_least_and_stays_below_the_bid(
    bid: Price, distance_pct: Decimal
) -> None:
    stop = Trail(distance_pct).raised(LOT, bid, PRODUCT)

    distance = bid * distance_pct / 100
    if stop is None:
        least = LOT.stop_price + max(distance / STEPS, PRODUCT.price_increment)
        assert bid - distance < least + PRODUCT.price_increment
    else:
        assert LOT.stop_price + distance / STEPS <= stop <= bid - distance


@given(st.lists(prices, min_size=1, max_size=30))
def test_a_path_of_bids_never_lowers_a_stop(path: list[Price]) -> None:
    lot = LOT
    for bid in path:
        stop = FIVE.raised(lot, bid, PRODUCT)
        if stop is not None:
            assert stop > lot.stop_price
            lot = evolve(lot, stop_price=stop)


def test_a_single_print_is_not_followed() -> None:
    trailed = TrailedLot()

    assert trailed.look(a_bid("100"), NOW) is None
    assert trailed.look(a_bid("140"), NOW) == 100
    assert trailed.look(a_bid("100"), NOW) == 100


@pytest.mark.parametrize("bad", [None, a_bid("140", DOUBT)])
def test_after_a_look_without_a_good_bid_two_more_are_needed(bad: Bid | None) -> None:
    trailed = TrailedLot()
    trailed.look(a_bid("100"), NOW)

    assert trailed.look(bad, NOW) is None
    assert trailed.look(a_bid("101"), NOW) is None
    assert trailed.look(a_bid("101"), NOW) == 101


def test_a_stop_that_has_just_moved_waits() -> None:
    trailed = TrailedLot()
    trailed.look(a_bid("100"), NOW)
    trailed.moved(NOW)

    assert trailed.look(a_bid("120"), NOW + APART_NS - SECOND) is None
    assert trailed.look(a_bid("120"), NOW + APART_NS) == 120
