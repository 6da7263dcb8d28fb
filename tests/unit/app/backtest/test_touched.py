"""Prices are shown after a decision only where something of ours can be touched."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from app.backtest.touched import TouchedProducts
from app.backtest.trail import OrderTrail
from domain.messages.orders import IntentRaised
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId, Side
from tests.builders.messages import BTC, NOW, a_lot, a_moved, a_product, an_intent, approved_sale

pytestmark = pytest.mark.req("BT1")
LOT = evolve(a_lot(), stop_price=Price(Decimal(95)), target_price=Price(Decimal(108)))


class World:
    """A minute of one product, an account, and a venue at which `orders` rest."""

    def __init__(self, *lots: Lot, low: int = 99, high: int = 101) -> None:
        self.lots, self.trail = lots, OrderTrail()
        self.orders: list[Any] = []
        self.sent: set[ProductId] = set()
        self.is_there = True
        self._low, self._high = Price(Decimal(low)), Price(Decimal(high))

    def row(self, product: ProductId, now_ns: Nanos) -> Bar | None:
        middle, volume = Price(Decimal(100)), Quantity(Decimal(1))
        row = Bar(product, now_ns, middle, self._high, self._low, middle, volume)
        return row if self.is_there else None

    def bid(self, _: ProductId, __: Nanos) -> Price:
        return Price(Decimal(99))

    def product(self, _: ProductId) -> Product:
        return a_product()

    def lowest_bid(self, _: ProductId, __: Nanos, low: Price) -> Decimal:
        return low - 1

    def resting(self) -> list[Any]:
        return self.orders

    def on_the_way(self) -> set[ProductId]:
        return self.sent

    def raise_buy(self, at_ns: int = NOW) -> None:
        self.trail.take(Nanos(at_ns), IntentRaised(an_intent()))

    @property
    def touched(self) -> TouchedProducts:
        world: Any = self
        return TouchedProducts(world, world, world)


class Rests:
    """An order at the venue."""

    def __init__(self, side: Side) -> None:
        self.product, self.side = BTC, side


def test_a_lot_between_its_levels_is_not_touched() -> None:
    assert not World(LOT).touched.near(NOW)


@pytest.mark.parametrize(("low", "high"), [(96, 101), (90, 101), (99, 108)])
def test_a_candle_that_may_reach_a_level_touches_the_lot(low: int, high: int) -> None:
    assert World(LOT, low=low, high=high).touched.near(NOW) == {BTC}


def test_time_and_a_sale_that_is_due_touch_a_lot_whatever_prices_do() -> None:
    soon = evolve(LOT, expires_ns=Nanos(NOW + MINUTE - 1))
    later = evolve(LOT, expires_ns=Nanos(NOW + MINUTE))
    quiet = World(soon)
    quiet.is_there = False

    assert World(soon).touched.near(NOW) == {BTC}
    assert quiet.touched.near(NOW) == {BTC}
    assert not World(later).touched.near(NOW)


def test_an_entry_at_the_venue_is_touched_and_a_stop_that_waits_there_is_not() -> None:
    world = World()
    world.orders = [Rests(Side.SELL)]
    assert not world.touched.after_decision(NOW)

    world.orders.append(Rests(Side.BUY))
    assert world.touched.ordered() == {BTC}
    assert world.touched.after_decision(NOW) == {BTC}


def test_what_was_wanted_in_this_minute_is_followed_until_it_has_come_whole() -> None:
    world = World()
    world.raise_buy()
    assert world.touched.after_decision(NOW) == {BTC}

    world.trail.take(NOW, a_moved(an_intent(), OrderState.CANCELLED))
    assert world.touched.after_decision(NOW) == {BTC}  # its rest may be wanted again

    world.trail.take(NOW, a_moved(an_intent(), OrderState.FILLED, "2"))
    assert not world.touched.after_decision(NOW)


def test_orders_of_minutes_before_and_sales_say_nothing() -> None:
    world = World()
    world.raise_buy(NOW - 1)
    world.trail.take(NOW, IntentRaised(an_intent(approved_sale("lot-1"), 2)))

    assert not world.touched.after_decision(NOW)


def test_a_product_of_which_an_order_is_on_the_way_is_followed() -> None:
    world = World()
    world.sent = {BTC}

    assert world.touched.ordered() == {BTC}
    assert world.touched.after_decision(NOW) == {BTC}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_lot_too_small_to_be_sold_is_not_touched_though_its_time_is_over(is_there: bool) -> None:
    dust = evolve(LOT, quantity=Quantity(Decimal("0.005")), expires_ns=Nanos(NOW))
    world = World(dust)
    world.is_there = is_there

    assert not world.touched.near(NOW)
