"""When the market has left an entry that rests."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.approval import Market
from domain.model.money import Price
from domain.risk.working import Working
from tests.builders.messages import a_quote, approved

pytestmark = pytest.mark.req("X5")
ORDER = approved(highest_price=Price(Decimal("100.20")))
"""Rests at 100."""


@pytest.mark.parametrize(
    ("bid", "has_left"),
    [
        ("99.90", False),
        ("100", False),
        ("100.04", False),
        ("100.05", True),
        ("100.20", True),
        ("100.21", False),
    ],
)
def test_it_is_left_from_so_many_bps_on_and_up_to_its_highest_price(
    bid: str, has_left: bool
) -> None:
    working = Working(max_reprices=2, after_bps=Decimal(5))

    assert working.has_left(ORDER, a_quote(bid, "101")) is has_left


def test_at_the_same_price_nothing_is_left_even_without_a_distance() -> None:
    assert not Working().has_left(ORDER, a_quote("100", "100.10"))


@pytest.mark.parametrize(("offset", "has_left"), [("10", False), ("-10", True)])
def test_the_distance_is_that_of_where_it_would_rest_now(offset: str, has_left: bool) -> None:
    """10 bps below a bid of 100.10 is where it is; above the ask of 100.10 it is not."""
    working = Working(after_bps=Decimal(5), offset_bps=Decimal(offset))

    assert working.has_left(ORDER, a_quote("100.10", "100.09")) is has_left


def test_what_names_no_price_or_may_go_nowhere_is_never_left() -> None:
    quote = a_quote("100.10", "100.20")

    assert not Working().has_left(approved(), quote)
    assert not Working().has_left(
        approved(order_type=Market(), highest_price=Price(Decimal(200))), quote
    )
