"""Refusals that come from no rule name what was seen and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from domain.model.approval import Refusal
from domain.model.money import Price, Quantity
from domain.model.product import ProductFlags
from domain.risk import refusals
from tests.builders.messages import a_lot, a_product, an_exit

LOT = a_lot()
SHUT = a_product(flags=ProductFlags(cancel_only=True))


def small() -> Refusal:
    return refusals.too_small(a_product(), Quantity(Decimal("0.001")), Price(Decimal(100)))


TOLD: list[tuple[Callable[[], Refusal], str, str, str]] = [
    (small, "below_minimum", "0.001 BTC at 100", "1 USD"),
    (lambda: refusals.closed(SHUT), "product_disabled", "online, cancel_only", "open for sales"),
    (lambda: refusals.closed(None), "product_disabled", "not in the catalogue", "open for sales"),
    (lambda: refusals.over("3 reprices", "2"), "nothing_left", "3 reprices", "2"),
    (
        lambda: refusals.failed("total_cap", ValueError("x")),
        "rule_failed",
        "total_cap: ValueError",
        "an answer",
    ),
]


@pytest.mark.req("X5", "EX1")
@pytest.mark.parametrize(("told", "reason", "observed", "limit"), TOLD)
def test_each_names_what_was_seen_and_what_would_be_right(
    told: Callable[[], Refusal], reason: str, observed: str, limit: str
) -> None:
    refusal = told()

    assert (refusal.reason, refusal.observed, refusal.limit) == (reason, observed, limit)


@pytest.mark.req("R1")
def test_a_lot_that_is_none_of_ours_is_another_refusal_than_one_that_is_being_sold() -> None:
    wanted = an_exit(LOT)

    foreign, sold = (refusals.nothing_to_sell(wanted, lot) for lot in (None, LOT))

    assert (foreign.reason, foreign.observed, foreign.limit) == (
        "shorting_disallowed",
        f"lot {LOT.id}",
        "an owned lot",
    )
    assert (sold.reason, sold.observed, sold.limit) == (
        "nothing_owned",
        "all of it is being sold",
        "something to sell",
    )
