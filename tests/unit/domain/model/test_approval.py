"""Approved orders: what each kind is, and how long its order may rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs.exceptions import FrozenInstanceError

from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    Limit,
    Market,
    OrderType,
    Purpose,
    lifetime_of,
)
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price
from domain.model.product import Side
from tests.builders.messages import approved, approved_sale

HUNDRED = Price(Decimal(100))
RESTING = Limit(price=HUNDRED, post_only=True, lifetime_ns=Nanos(30 * SECOND))


@pytest.mark.req("R1")
def test_an_entry_buys_and_an_exit_sells_whatever_else_they_say() -> None:
    assert (ApprovedEntry.side, ApprovedEntry.purpose) == (Side.BUY, Purpose.ENTRY)
    assert (ApprovedExit.side, ApprovedExit.purpose) == (Side.SELL, Purpose.EXIT)


@pytest.mark.req("E1")
@pytest.mark.parametrize("order", [approved(), approved_sale("lot")], ids=["entry", "exit"])
def test_an_approved_order_can_not_be_changed(order: ApprovedEntry | ApprovedExit) -> None:
    with pytest.raises(FrozenInstanceError):
        order.quantity = order.quantity  # type: ignore[misc] # what nobody may do


@pytest.mark.parametrize(
    ("order_type", "lifetime_ns"),
    [
        (Market(), None),
        (RESTING, 30 * SECOND),
        (Limit(price=HUNDRED, post_only=False, lifetime_ns=None), None),
    ],
    ids=["market", "resting", "taking"],
)
def test_only_a_limit_with_a_lifetime_has_one(
    order_type: OrderType, lifetime_ns: int | None
) -> None:
    assert lifetime_of(order_type) == lifetime_ns
