"""When a lot has to be sold: at the stop, at the target, at the end of its hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.exits import due_exit
from domain.model.approval import LEAVING, ExitReason
from domain.model.instants import DAY
from domain.model.money import Price
from tests.builders.messages import NOW, a_lot

LOT = a_lot()


@pytest.mark.req("X6", "PROT1")
@pytest.mark.parametrize(
    ("bid", "age_ns", "reason"),
    [
        ("97", 0, ExitReason.STOP),
        ("97.01", 0, None),
        ("107.99", 0, None),
        ("108", 0, ExitReason.TARGET),
        ("100", DAY - 1, None),
        ("100", DAY, ExitReason.MAX_HOLD),
        ("90", 2 * DAY, ExitReason.STOP),
        ("109", 2 * DAY, ExitReason.TARGET),
    ],
)
def test_each_reason_is_due_exactly_at_its_limit(
    bid: str, age_ns: int, reason: ExitReason | None
) -> None:
    assert due_exit(LOT, Price(Decimal(bid)), NOW + age_ns) is reason


@pytest.mark.req("PROT1")
@given(st.decimals("0.01", "97", places=2), st.integers(0, 10 * DAY))
def test_at_or_below_the_stop_nothing_else_matters(bid: Decimal, age_ns: int) -> None:
    assert due_exit(LOT, Price(bid), NOW + age_ns) is ExitReason.STOP


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    ("bid", "reason"),
    [("97", ExitReason.STOP), ("108", ExitReason.TARGET), ("100", None)],
)
@pytest.mark.parametrize("leaving", LEAVING)
def test_what_somebody_wants_out_of_is_sold_unless_stop_or_target_say_so_first(
    bid: str, reason: ExitReason | None, leaving: ExitReason
) -> None:
    assert due_exit(LOT, Price(Decimal(bid)), NOW, leaving=leaving) is (reason or leaving)
