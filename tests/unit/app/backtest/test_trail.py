"""The trail has each order once with what became of it, and what taking paid beyond the middle."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.backtest import trail
from app.backtest.trail import OrderTrail
from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import IntentRaised
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price
from domain.model.orders import OrderState
from domain.model.product import Side
from tests.builders.messages import (
    BTC,
    NOW,
    a_moved,
    a_quote,
    an_intent,
    approved_sale,
    booked,
)
from tests.builders.numbers import amount, quantity

pytestmark = pytest.mark.req("BT2")
LATER = Nanos(NOW + SECOND)
BUY = an_intent()
SALE = an_intent(approved_sale("lot-1"), 2)


def test_an_order_is_kept_from_its_intent_to_its_end() -> None:
    found = OrderTrail()
    found.take(NOW, IntentRaised(BUY))
    found.take(LATER, IntentRaised(BUY))  # told again: it had to wait
    found.take(LATER, booked(BUY, "1.5"))
    found.take(LATER, booked(BUY, "0.5"))
    found.take(LATER, a_moved(BUY, OrderState.FILLED, "2"))
    found.take(Nanos(LATER + 1), a_moved(BUY, OrderState.FILLED, "2"))

    (line,) = found.orders.values()
    assert (line.intent, line.raised_ns, line.ended_ns) == (BUY, NOW, LATER)
    assert (line.state, line.filled) == (OrderState.FILLED, quantity(2))
    assert (line.value, line.fees) == (amount(200), amount("2.4"))


def test_one_that_never_ended_has_no_end() -> None:
    found = OrderTrail()
    found.take(NOW, IntentRaised(BUY))
    found.take(LATER, a_moved(BUY, OrderState.OPEN))

    (line,) = found.orders.values()
    assert (line.state, line.ended_ns) == (OrderState.OPEN, None)


def test_what_takes_pays_beyond_the_middle_and_what_rests_does_not() -> None:
    found = OrderTrail()
    found.see(QuoteMoved(a_quote("99", "101")))
    found.take(NOW, booked(BUY, "2", is_maker=True, price=Price(Decimal(101))))
    assert found.spread == 0

    found.take(NOW, booked(BUY, "2", is_maker=False, price=Price(Decimal(101))))
    sale = booked(SALE, "2", is_maker=False, price=Price(Decimal(98)), side=Side.SELL)
    found.take(NOW, sale)
    assert found.spread == 2 * 1 + 2 * 2


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_fill_without_a_book_makes_the_cost_unknown(is_frozen: bool) -> None:
    found = OrderTrail()
    if is_frozen:
        found.see(QuoteMoved(a_quote("99", "101")))
        found.see(BidMoved(BTC, Price(Decimal(99)), NOW, NOW))
    found.take(NOW, booked(BUY, is_maker=False))

    assert (found.spread, found.fills_without_book) == (None, 1)


def test_only_so_many_refusals_are_kept_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trail, "MOST_REFUSALS", 2)
    no = Refusal(reason=Reason("total_cap"), observed="16 %", limit="15 %")
    message = ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (no,))
    found = OrderTrail()
    for _ in range(5):
        found.take(NOW, message)

    assert (len(found.refused), found.refusals_left_out) == (2, 3)


def test_the_orders_since_an_instant_are_told_newest_first() -> None:
    found = OrderTrail()
    found.take(NOW, IntentRaised(BUY))
    found.take(LATER, IntentRaised(SALE))

    assert [line.intent for line in found.raised_since(NOW)] == [SALE, BUY]
    assert [line.intent for line in found.raised_since(LATER)] == [SALE]
    assert not list(found.raised_since(Nanos(LATER + 1)))
