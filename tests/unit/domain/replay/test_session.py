"""Records become verdicts, trades with their fills, and sales that became due."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.messages.decisions import ExitProposed, OrderApproved, ProposalRefused
from domain.messages.orders import EntryDropped, IntentRaised
from domain.messages.portfolio import LotAdopted
from domain.model.approval import ExitReason, Purpose, Reason, Refusal
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.orders import OrderState
from domain.model.product import Side
from domain.replay.session import PlayedSession, SessionFold, bar_of
from tests.builders.messages import (
    BTC,
    NOW,
    a_lot,
    a_moved,
    an_intent,
    approved,
    approved_sale,
    approved_stop,
    booked,
)
from tests.builders.numbers import amount, price, quantity

pytestmark = pytest.mark.req("BT4")
ENTRY = an_intent()
LOT = ENTRY.client_order_id


def told(*records: tuple[int, Any], lots: Any = ()) -> PlayedSession:
    fold = SessionFold(lots)
    for seconds, message in records:
        fold.take(Nanos(NOW + seconds * SECOND), message)
    return fold.result()


def test_an_entry_its_fills_and_its_sale_are_one_trade() -> None:
    sale = an_intent(approved_sale(LOT), 2)
    due = ExitProposed(LOT, BTC, quantity(2), ExitReason.STOP, price(97))
    found = told(
        (0, OrderApproved(ENTRY.order)),
        (0, IntentRaised(ENTRY)),
        (1, a_moved(ENTRY, OrderState.OPEN)),
        (3, booked(ENTRY)),
        (60, due),
        (70, evolve(due, bid=price(95))),
        (71, OrderApproved(sale.order)),
        (72, booked(sale, side=Side.SELL, price=price(94), at_ns=Nanos(NOW + 72 * SECOND))),
    )

    (trip,) = found.trips
    assert (trip.lot, trip.key.bar_ns, trip.answered_ns) == (LOT, bar_of(NOW), SECOND)
    assert [trip.bought, trip.lost, trip.stop] == [2, "", 97]
    (buy,), (sold,) = trip.buys, trip.sales
    assert [buy.decided, buy.decided_ns, buy.waits] == [100, NOW, True]
    # The first bid that made it due, however long it took to sell.
    assert [sold.decided, sold.decided_ns, sold.waits] == [97, NOW + 60 * SECOND, False]
    assert [(each.lot, each.reason, each.purpose) for each in found.exits] == [
        (LOT, ExitReason.STOP, Purpose.EXIT)
    ]


def test_an_order_that_waits_at_the_venue_was_decided_by_its_stop() -> None:
    stop = an_intent(approved_stop(LOT), 2)
    found = told(
        (0, OrderApproved(ENTRY.order)),
        (0, IntentRaised(ENTRY)),
        (3, booked(ENTRY)),
        (4, OrderApproved(stop.order)),
        (9, booked(stop, side=Side.SELL, price=price("96.5"))),
    )
    ((sold,),) = (trip.sales for trip in found.trips)
    assert [sold.decided, sold.waits, sold.reason] == [97, True, ExitReason.STOP]
    assert found.exits[0].purpose is Purpose.PROTECTION


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.VOID])
def test_an_order_that_never_stood_says_why_and_when(state: OrderState) -> None:
    moved = evolve(a_moved(ENTRY, state), order_id=None, reason="too old")
    (trip,) = told((0, OrderApproved(ENTRY.order)), (0, IntentRaised(ENTRY)), (6, moved)).trips
    assert (trip.lost, trip.answered_ns, trip.is_empty) == ("too old", 6 * SECOND, True)


def test_an_order_in_doubt_is_known_for_it() -> None:
    doubt = evolve(a_moved(ENTRY, OrderState.UNKNOWN), order_id=None)
    (trip,) = told(
        (0, OrderApproved(ENTRY.order)),
        (0, IntentRaised(ENTRY)),
        (5, doubt),
        (15, a_moved(ENTRY, OrderState.OPEN)),
    ).trips
    assert trip.in_doubt
    assert (trip.lost, trip.answered_ns) == ("", 15 * SECOND)


def test_an_entry_that_was_dropped_never_stood() -> None:
    dropped = EntryDropped(approved(), "below the minimum")
    (trip,) = told((0, OrderApproved(approved())), (1, dropped)).trips
    assert trip.lost == "below the minimum"


def test_the_rest_of_an_entry_belongs_to_it() -> None:
    rest = an_intent(approved(approval=7, first=LOT, replaces=LOT), 3)
    sale = an_intent(approved_sale(rest.client_order_id), 4)
    found = told(
        (0, OrderApproved(ENTRY.order)),
        (0, IntentRaised(ENTRY)),
        (3, booked(ENTRY, "1")),
        (20, OrderApproved(rest.order)),
        (20, IntentRaised(rest)),
        (21, booked(rest, "1")),
        (60, booked(sale, "1", side=Side.SELL)),
    )
    (trip,) = found.trips
    assert (len(trip.buys), len(trip.sales)) == (2, 1)
    assert len(found.verdicts) == 1


def test_refusals_are_of_the_bar_before_their_minute() -> None:
    refusal = Refusal(reason=Reason("total_cap"), observed="15 %", limit="15 %")
    refused = ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (refusal,))
    found = told((0, refused), (1, evolve(refused, lot=LOT)), (2, evolve(refused, refusals=())))
    (verdict,) = found.verdicts
    assert (verdict.reason, verdict.is_approved) == ("total_cap", False)
    assert verdict.key.bar_ns == NOW // MINUTE * MINUTE - MINUTE


def test_lots_of_before_and_adopted_ones_are_trades_without_a_decision() -> None:
    adopted = LotAdopted(
        "lot-2", BTC, quantity(1), amount(90), price(80), Nanos(NOW + 5), "was mine"
    )
    sale = an_intent(approved_sale("lot-1"), 2)
    found = told((1, adopted), (2, booked(sale, side=Side.SELL)), lots=[a_lot(id="lot-1")])
    carried, taken = found.trips
    assert (carried.is_carried, len(carried.sales), carried.bought) == (True, 1, Decimal(0))
    assert [taken.is_adopted, taken.is_carried, taken.stop] == [True, False, 80]


def test_a_sale_of_a_lot_that_nobody_knows_is_left_out() -> None:
    sale = an_intent(approved_sale("who"), 2)
    assert told((2, booked(sale, side=Side.SELL))).trips == ()
