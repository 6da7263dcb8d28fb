"""What a liquidation brought is that of its own sales, once, however often it was ordered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.messages.control import CLOSE, LIQUIDATE, RESUME, OperatorActed
from domain.results.proceeds import Proceeds, proceeds_of, stays, would_stay
from tests.builders.messages import an_intent, approved_sale, booked

pytestmark = pytest.mark.req("RB5")
ORDERED, RESUMED = OperatorActed(LIQUIDATE, "liquidate"), OperatorActed(RESUME, "well again")
BOUGHT, SOLD = booked(an_intent()), booked(an_intent(approved_sale("lot")))
BROUGHT = SOLD.fill.price * SOLD.fill.quantity - SOLD.fill.fee


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], Proceeds()),
        ([SOLD, BOUGHT], Proceeds()),
        ([ORDERED], Proceeds(is_begun=True)),
        ([SOLD, ORDERED, BOUGHT, SOLD], Proceeds(BROUGHT, is_begun=True)),
        ([ORDERED, SOLD, ORDERED, SOLD], Proceeds(2 * BROUGHT, is_begun=True)),
        ([ORDERED, SOLD, OperatorActed(CLOSE, "x")], Proceeds(BROUGHT, is_begun=True)),
        ([ORDERED, SOLD, RESUMED, SOLD], Proceeds()),
        ([ORDERED, SOLD, RESUMED, ORDERED, SOLD], Proceeds(BROUGHT, is_begun=True)),
    ],
)
def test_the_sales_from_the_order_on_count_less_their_fees(
    messages: list[Any], expected: Proceeds
) -> None:
    assert proceeds_of(messages) == expected


def test_it_is_said_what_stays_in_which_currency_and_what_a_person_does() -> None:
    proceeds = Proceeds(Decimal("1234.567"), is_begun=True)

    assert stays("USD", proceeds).startswith("it stays USD: ")
    assert "1,234.57 USD of it came from these sales" in stays("USD", proceeds)
    assert "convert it to USDC at the venue" in stays("USD", proceeds)
    assert stays("USDC", proceeds) == "it ends in USDC: these sales brought 1,234.57 of it"
    assert would_stay("USD").endswith("nothing here converts it to USDC")
    assert would_stay("USDC") == "it would end in USDC"
