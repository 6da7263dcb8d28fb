"""What protection has sold of each lot, counted alike by whoever counts the same fills."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.approval import ApprovedOrder
from domain.orders.protected_sales import REMEMBERED_LOTS, ProtectedSales
from tests.builders.messages import an_intent, approved, approved_sale, approved_stop, booked


@pytest.mark.req("R1", "PROT1")
def test_only_what_protection_sold_counts_lot_by_lot() -> None:
    sums = ProtectedSales()
    sold: list[tuple[ApprovedOrder, str]] = [
        (approved_stop("lot-1"), "0.5"),
        (approved_stop("lot-2"), "2"),
        (approved_stop("lot-1"), "0.25"),
        (approved_sale("lot-1"), "1"),
        (approved(), "2"),
    ]
    for number, (order, part) in enumerate(sold, 1):
        sums = sums.fill(booked(an_intent(order, number), part))

    assert sums.of("lot-1") == Decimal("0.75")
    assert sums.of("lot-2") == 2
    assert sums.of("lot-3") == 0


def test_the_lots_that_were_sold_longest_ago_are_forgotten() -> None:
    sums = ProtectedSales()
    for number in range(REMEMBERED_LOTS + 1):
        sums = sums.fill(booked(an_intent(approved_stop(f"lot-{number}"), number + 1)))

    assert len(sums.by_lot) == REMEMBERED_LOTS
    assert sums.of("lot-0") == 0
    assert sums.of(f"lot-{REMEMBERED_LOTS}") == 2
