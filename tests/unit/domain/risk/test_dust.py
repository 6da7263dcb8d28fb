"""Lots too small to be sold: what they wait for, and sales that leave none behind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.product import Product
from domain.risk.dust import sale_without_dust, what_sells
from tests.builders.messages import a_product

pytestmark = pytest.mark.req("X5")
HUNDRED = Decimal(100)


def product(**changes: Any) -> Product:
    limits: dict[str, Any] = {"base_min": Decimal("0.01"), "base_increment": Decimal("0.01")}
    return a_product(**{**limits, "base_max": Decimal(2), "quote_min": Decimal(10), **changes})


def test_people_are_told_from_which_price_on_it_can_be_sold() -> None:
    told = what_sells(product(), Decimal("0.05"))

    assert told == "the venue sells from 0.01 BTC and 10 USD on; this one from a bid of 200 on"


@pytest.mark.parametrize(("quantity", "price"), [("0.01", "1000"), ("0.02", "500")])
def test_what_is_as_large_as_a_sale_has_to_be_waits_for_a_price(quantity: str, price: str) -> None:
    told = what_sells(product(), Decimal(quantity))

    assert told.endswith(f"; this one from a bid of {price} on")


@pytest.mark.parametrize("quantity", ["0.005", "0.009"])
@pytest.mark.parametrize("step", ["0.001", "0.01"])
def test_people_are_told_that_no_price_makes_it_sellable(quantity: str, step: str) -> None:
    told = what_sells(product(base_increment=Decimal(step)), Decimal(quantity))

    assert told.endswith(f"; this one when its smallest quantity falls to {quantity}")


def test_less_than_a_step_is_sold_at_no_price_though_the_venue_names_no_smallest_quantity() -> None:
    told = what_sells(product(base_min=Decimal(0)), Decimal("0.005"))

    assert told.endswith("; this one when its smallest quantity falls to 0.005")


@pytest.mark.parametrize(
    ("wanted", "owned", "sold"),
    [
        ("1", "1", "1"),
        ("0.5", "1", "0.5"),
        ("0.95", "1", "0.9"),
        ("0.9", "1", "0.9"),
        ("3", "3", "2"),
        ("2.05", "2.05", "1.95"),
        ("2.1", "2.1", "2"),
        ("0.05", "0.12", "0.05"),
    ],
)
def test_no_sale_leaves_a_rest_that_is_too_small(wanted: str, owned: str, sold: str) -> None:
    """At a bid of 100 a sale is of 0.1 at least, and of 2 at most."""
    found = sale_without_dust(product(), Decimal(wanted), Decimal(owned), HUNDRED)

    assert found == Decimal(sold)


@given(
    owned=st.decimals("0.01", "6", places=2),
    part=st.integers(1, 100),
    bid=st.decimals("1", "1000", places=2),
)
def test_a_sale_is_legal_within_what_is_owned_and_leaves_no_dust_if_that_can_be(
    owned: Decimal, part: int, bid: Decimal
) -> None:
    market = product()
    wanted = owned * part / 100
    sold = sale_without_dust(market, wanted, owned, bid)
    rest = owned - sold

    assert sold <= min(wanted, market.base_max)
    assert sold == market.quantity_down(sold)
    if market.can_sell(sold, bid) and rest > 0 and not market.can_sell(rest, bid):
        # Only where a smaller sale, which leaves enough, would be none.
        least = market.quantity_up(max(market.base_min, market.quote_min / bid))
        assert not market.can_sell(market.quantity_down(owned - least), bid)


@pytest.mark.parametrize("wanted", ["0", "0.001"])
def test_nothing_legal_is_nothing(wanted: str) -> None:
    assert sale_without_dust(product(), Decimal(wanted), Decimal(wanted), HUNDRED) == 0
