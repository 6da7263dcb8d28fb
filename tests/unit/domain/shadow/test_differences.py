"""Two decisions side by side: each class, and what is not worth comparing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.approval import Purpose
from domain.model.money import Price, Quantity
from domain.model.product import Side
from domain.shadow.differences import Likeness, Verdict, compare, verdict_of
from tests.builders.messages import BTC, ETH, approved, approved_sale


def wants(**changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "product": BTC,
        "side": Side.BUY,
        "strategy": "breakout",
        "quantity": Quantity(Decimal(2)),
        "price": Price(Decimal(100)),
    }
    return Verdict(**{**values, **changes})


def refused(by: str) -> Verdict:
    return wants(quantity=None, price=None, refused_by=by)


CASES = (
    (wants(), wants(), Likeness.MATCH),
    (wants(), wants(quantity=Quantity(Decimal(1))), Likeness.SIZE),
    (wants(), wants(price=Price(Decimal(99)), quantity=Quantity(Decimal(3))), Likeness.PRICE),
    (wants(), None, Likeness.ONLY_PRIMARY),
    (wants(), refused("total_cap"), Likeness.ONLY_PRIMARY),
    (None, wants(), Likeness.ONLY_SHADOW),
    (refused("total_cap"), wants(), Likeness.ONLY_SHADOW),
    (refused("total_cap"), refused("total_cap"), Likeness.MATCH),
    (refused("total_cap"), refused("theme_cap"), Likeness.GATE),
)


@pytest.mark.req("SH1")
@pytest.mark.parametrize(("primary", "shadow", "expected"), CASES)
def test_each_pair_has_its_class(
    primary: Verdict | None, shadow: Verdict | None, expected: Likeness
) -> None:
    pair = [[] if each is None else [each] for each in (primary, shadow)]

    (found,) = compare(*pair)
    assert (found.likeness, found.primary, found.shadow) == (expected, primary, shadow)


def test_what_only_one_proposed_and_its_gate_refused_is_no_difference() -> None:
    assert compare([refused("already_held")], []) == ()
    assert compare([], [refused("already_held")]) == ()


@pytest.mark.req("SH1")
def test_one_that_buys_what_the_other_sells_is_one_difference() -> None:
    buys, sells = wants(), wants(side=Side.SELL, price=None)

    (found,) = compare([buys], [sells])
    assert (found.likeness, found.primary, found.shadow) == (Likeness.SIDE, buys, sells)


def test_products_are_compared_apart() -> None:
    found = compare([wants(), wants(product=ETH)], [wants(product=ETH)])

    assert [(each.about.product, each.likeness) for each in found] == [
        (BTC, Likeness.ONLY_PRIMARY),
        (ETH, Likeness.MATCH),
    ]


def test_the_word_of_a_gate_is_an_order_or_the_headline_of_a_refusal() -> None:
    order = approved()
    assert verdict_of(OrderApproved(order)) == wants()
    assert verdict_of(OrderApproved(approved_sale("lot-1"))) == wants(side=Side.SELL, price=None)
    nameless = ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, ())
    assert verdict_of(nameless) == refused("unknown")
