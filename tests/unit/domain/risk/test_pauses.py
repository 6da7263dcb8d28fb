"""How long a product is left alone whose entries are rejected."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MINUTE
from domain.model.orders import OrderState
from domain.risk.pauses import CAME_TOO_LATE, LONGEST_PAUSE_NS, RejectionPauses
from tests.builders.messages import BTC, ETH, NOW, a_moved, an_intent, approved, approved_sale

pytestmark = pytest.mark.req("X5", "PAC")
REJECTED = a_moved(an_intent(), OrderState.REJECTED)


def rejected(times: int) -> RejectionPauses:
    pauses = RejectionPauses(MINUTE)
    for _ in range(times):
        assert pauses.take(REJECTED, NOW) is True
    return pauses


@given(st.integers(1, 10_000))
def test_the_pause_doubles_and_never_passes_an_hour(times: int) -> None:
    pauses = rejected(times)

    assert pauses.row(BTC) == times
    assert pauses.until_ns(BTC) == NOW + min(MINUTE * 2 ** (times - 1), LONGEST_PAUSE_NS)
    assert pauses.until_ns(ETH) == 0


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.PARTIALLY_FILLED, OrderState.FILLED])
def test_an_entry_that_is_taken_ends_the_row_of_its_product_once(state: OrderState) -> None:
    pauses = rejected(3)
    taken = a_moved(an_intent(), state)

    assert pauses.take(a_moved(an_intent(approved(product=ETH)), state), NOW) is None
    assert pauses.take(taken, NOW) is False
    assert pauses.take(taken, NOW) is None
    assert (pauses.row(BTC), pauses.until_ns(BTC)) == (0, 0)


def test_the_first_entry_that_came_too_late_for_its_price_costs_no_pause() -> None:
    pauses = RejectionPauses(MINUTE)
    late = evolve(REJECTED, reason=f"{CAME_TOO_LATE}: the market is there")
    taken = a_moved(an_intent(), OrderState.OPEN)

    assert pauses.take(late, NOW) is None
    assert pauses.until_ns(BTC) == 0
    assert pauses.take(late, NOW) is True
    assert (pauses.row(BTC), pauses.until_ns(BTC)) == (1, NOW + MINUTE)
    assert pauses.take(taken, NOW) is False
    assert pauses.take(late, NOW) is None
    assert pauses.take(taken, NOW) is None
    assert pauses.take(late, NOW) is None
    assert pauses.take(REJECTED, NOW) is True


def test_other_ends_and_sales_say_nothing() -> None:
    pauses = rejected(1)
    sale = an_intent(approved_sale("lot-1"))

    for state in (OrderState.CANCELLED, OrderState.VOID, OrderState.UNKNOWN, OrderState.EXPIRED):
        assert pauses.take(a_moved(an_intent(), state), NOW) is None
    assert pauses.take(a_moved(sale, OrderState.REJECTED), NOW) is None
    assert pauses.take(a_moved(sale, OrderState.OPEN), NOW) is None
    assert pauses.row(BTC) == 1
