"""The order that a check may send is legal, tiny and far below the market, or there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.product import ProductFlags, Side
from domain.system.harmless_order import DISTANCES, MOST_QUOTE, HarmlessOrder, harmless_order
from tests.builders.messages import a_product

pytestmark = pytest.mark.req("M1")

STEPS = st.integers(-8, 1).map(lambda power: Decimal(10) ** power)
PRICES = st.decimals("0.0001", "1000000", places=4)
MINIMA = st.decimals("0", "100", places=6)


@given(
    bid=PRICES,
    tick=STEPS,
    step=STEPS,
    base_min=MINIMA,
    quote_min=MINIMA,
    distance=st.sampled_from(DISTANCES),
)
def test_it_is_legal_small_and_far_below_whatever_the_product_is(
    bid: Decimal,
    tick: Decimal,
    step: Decimal,
    base_min: Decimal,
    quote_min: Decimal,
    distance: Decimal,
) -> None:
    limits: dict[str, Any] = {"base_min": base_min, "quote_min": quote_min}
    product = a_product(price_increment=tick, base_increment=step, **limits)
    order = harmless_order(product, bid, distance)

    if isinstance(order, str):
        assert product.id in order
        return
    assert order.side is Side.BUY
    assert 0 < order.price <= bid * (1 - distance)
    assert order.price % tick == order.quantity % step == 0
    assert 0 < order.quantity >= base_min
    assert quote_min <= order.worth <= MOST_QUOTE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"flags": ProductFlags(cancel_only=True)}, "takes no resting order now: online, cancel"),
        ({"flags": ProductFlags(status="a new word")}, "takes no resting order now: a new word"),
        ({"quote_min": Decimal(26)}, "worth more than 25 USD"),
        ({"price_increment": Decimal(1000)}, "no price so far below 100"),
    ],
)
def test_there_is_none_where_it_would_be_refused_or_dear(
    changes: dict[str, Any], told: str
) -> None:
    found = harmless_order(a_product(**changes), Decimal(100), DISTANCES[0])

    assert isinstance(found, str)
    assert told in found


def test_it_is_no_larger_than_the_venue_asks_for() -> None:
    limits: dict[str, Any] = {"base_min": Decimal("0.001"), "quote_min": Decimal(1)}
    product = a_product(base_increment=Decimal("0.001"), **limits)
    order = harmless_order(product, Decimal(100), Decimal("0.5"))

    assert isinstance(order, HarmlessOrder)
    assert (order.price, order.quantity) == (Decimal(50), Decimal("0.020"))
    assert order.worth == 1
