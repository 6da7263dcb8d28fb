"""A price is known for five seconds after it was last confirmed, and again once it recovers."""

from __future__ import annotations

import pytest

from domain.messages.market import FeedRecovered, FeedStalled
from domain.model.instants import SECOND, Nanos
from domain.orders.effects import PriceLost, WakeAt
from domain.orders.prices import PRICE_LIFE_NS, KnownPrices
from tests.builders.messages import BTC, ETH, NOW

pytestmark = pytest.mark.req("ST1")


@pytest.mark.parametrize(("age_s", "left_s"), [(0, 5), (3, 2), (5, 0), (100, 0)])
def test_a_stalled_price_is_unknown_when_its_life_is_over(age_s: int, left_s: int) -> None:
    prices = KnownPrices()

    (wake,) = prices.heard(FeedStalled(BTC, "frozen", Nanos(age_s * SECOND)), NOW)
    since_ns = wake.at_ns

    assert wake == WakeAt(Nanos(NOW + left_s * SECOND), PriceLost(BTC))
    assert prices.is_unknown(BTC, since_ns)
    assert not prices.is_unknown(BTC, since_ns - 1)
    assert not prices.is_unknown(ETH, since_ns)


def test_a_second_word_about_the_same_stall_lengthens_nothing() -> None:
    prices = KnownPrices()
    stalled = FeedStalled(BTC, "frozen", Nanos(0))

    assert prices.heard(stalled, NOW) == prices.heard(stalled, NOW + SECOND)


def test_what_has_recovered_is_known() -> None:
    prices = KnownPrices()
    prices.heard(FeedStalled(BTC, "frozen", Nanos(0)), NOW)

    assert prices.heard(FeedRecovered(BTC), NOW) == ()
    assert not prices.is_unknown(BTC, NOW + 2 * PRICE_LIFE_NS)


def test_what_recovers_without_a_stall_that_we_heard_of_is_known() -> None:
    prices = KnownPrices()

    assert prices.heard(FeedRecovered(BTC), NOW) == ()
    assert not prices.is_unknown(BTC, NOW)
