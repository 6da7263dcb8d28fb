"""How a sale ended that sold nothing, in words."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.decisions.watched_lot import WatchedLot, end_of
from domain.model.orders import OrderState
from tests.builders.messages import a_lot, a_moved, an_intent, approved_sale


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (OrderState.REJECTED, "", "the venue rejects the sale"),
        (OrderState.REJECTED, "FUNDS", "the venue rejects the sale: FUNDS"),
        (OrderState.VOID, "", "the sale never reached the venue"),
        (OrderState.CANCELLED, "", "nobody takes the other side of the sale"),
    ],
)
def test_an_end_that_sold_nothing_is_said_with_its_reason(
    state: OrderState, reason: str, words: str
) -> None:
    moved = evolve(a_moved(an_intent(approved_sale("lot-1")), state), reason=reason)

    assert end_of(moved) == words


def test_two_lots_share_no_tries() -> None:
    one, other = WatchedLot(a_lot()), WatchedLot(a_lot())
    one.tries.failed("refused", 1)

    assert other.tries.hindrance is None
