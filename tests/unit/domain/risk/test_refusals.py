"""Refusals that come from no rule name what was seen and what would be right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Price, Quantity
from domain.model.product import ProductFlags
from domain.risk import refusals
from tests.builders.messages import a_lot, a_product, an_exit

LOT = a_lot()


@pytest.mark.req("X5", "EX1")
def test_each_names_what_was_seen() -> None:
    small = refusals.too_small(a_product(), Quantity(Decimal("0.001")), Price(Decimal(100)))
    shut = refusals.closed(a_product(flags=ProductFlags(cancel_only=True)))

    assert small.observed == "0.001 BTC at 100"
    assert shut.observed == "online, cancel_only"
    assert refusals.closed(None).observed == "not in the catalogue"
    assert refusals.failed("total_cap", ValueError("x")).observed == "total_cap: ValueError"
    assert refusals.over("3 reprices", "2").limit == "2"


@pytest.mark.req("R1")
def test_a_lot_that_is_none_of_ours_is_another_refusal_than_one_that_is_being_sold() -> None:
    wanted = an_exit(LOT)

    codes = [refusals.nothing_to_sell(wanted, lot).reason for lot in (None, LOT)]

    assert codes == ["shorting_disallowed", "nothing_owned"]
