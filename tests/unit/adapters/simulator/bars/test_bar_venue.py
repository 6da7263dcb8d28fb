"""Fills of a backtest, calculated by hand to the last digit: fees, parts, gaps, refusals, dust."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.envelope import ReplyTo
from adapters.simulator.bars.bar_venue import BarVenue
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.ids import Ids
from adapters.simulator.market_data.source import Step
from domain.messages.orders import PlaceRequest, Receipt
from domain.messages.venue import (
    CancelAnswered,
    FillsListed,
    OrderPreviewed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedOrder, Limit, Market, StopLimit
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price, Quantity
from domain.model.orders import Accepted, FillSeen, NotSent, OrderState, Rejected, VenueStatus
from tests.builders.messages import a_level, an_intent, approved, approved_sale
from tests.builders.steps import START, product, step
from tests.fakes.markets import Script

pytestmark = pytest.mark.req("BT4")
D = Decimal
ASKER = ReplyTo("order_manager")


class Desk:
    """A venue, and what it has answered."""

    def __init__(self, *, delay_ns: int = 0, **opening: str) -> None:
        self.heard: list[Any] = []
        self.venue = BarVenue(
            Script(products=(product(),)),
            {name: D(amount) for name, amount in (opening or {"USD": "10000"}).items()},
            FeeRates(),
            Ids("test"),
            START,
            lambda _, message: self.heard.append(message),
            lambda: Nanos(0),
            delay_ns,
        )
        self.venue.last_gate = lambda _: None
        self.venue.open_user_stream(ASKER)
        self.play(step(0))
        self._number = 0

    def play(self, *steps: Step) -> None:
        for each in steps:
            self.venue.play(each)
        self.venue.settle()

    def place(self, order: ApprovedOrder, lives_s: int | None = None) -> PlaceAnswered:
        self._number += 1
        intent = an_intent(order, self._number)
        if lives_s is not None:
            intent = evolve(intent, end_ns=Nanos(START + lives_s * SECOND))
        receipt = Receipt(intent.client_order_id, self._number, "", Nanos(0))
        self.venue.place(PlaceRequest(intent, receipt, 1), ASKER)
        return next(m for m in reversed(self.heard) if isinstance(m, PlaceAnswered))

    def state(self) -> VenueStatus:
        frames = [m for m in self.heard if isinstance(m, UserFrame) and m.orders]
        return frames[-1].orders[-1].status

    def fills(self) -> tuple[FillSeen, ...]:
        self.venue.list_fills(since_ns=None, order_ids=(), token=7, reply_to=ASKER)
        listed = self.heard[-1]
        assert isinstance(listed, FillsListed)
        return listed.fills


def a_buy(price: str, quantity: str = "2", **changes: Any) -> ApprovedOrder:
    limit = Limit(price=Price(D(price)), post_only=True, lifetime_ns=Nanos(45 * SECOND))
    return approved(quantity=Quantity(D(quantity)), order_type=limit, **changes)


def test_a_resting_buy_pays_its_own_price_and_the_maker_fee() -> None:
    desk = Desk()

    assert isinstance(desk.place(a_buy("98.50", "2"), 45).outcome, Accepted)
    desk.play(step(10, ("98.50", "9")))
    assert not desk.fills()
    desk.play(step(20, ("98.49", "9")))

    (fill,) = desk.fills()
    assert (fill.price, fill.quantity, fill.is_maker) == (D("98.50"), D(2), True)
    assert fill.fee == D("1.18200")  # 197 USD at 0.6 %
    assert desk.venue.balances() == {"BTC": D(2), "USD": D("9801.81800")}


def test_it_gets_no_more_than_was_traded_and_the_rest_expires() -> None:
    desk = Desk()
    desk.place(a_buy("98.50", "2"), 45)

    desk.play(step(10, ("98.40", "0.3")), step(20, ("98.40", "0.4")), step(50, ("98.40", "9")))

    assert [fill.quantity for fill in desk.fills()] == [D("0.3"), D("0.4")]
    assert desk.state() is VenueStatus.EXPIRED
    assert desk.venue.resting() == ()


def test_a_sale_takes_the_shown_depth_level_by_level_at_the_taker_fee() -> None:
    desk = Desk(BTC="2.5", USD="0")

    desk.place(approved_sale("lot", "2.5", order_type=Market()))

    first, second = desk.fills()
    assert (first.price, first.quantity) == (D("99.00"), D(1))
    assert (second.price, second.quantity) == (D("98.00"), D("1.5"))
    assert first.fee + second.fee == D("2.95200")  # 246 USD at 1.2 %
    assert desk.venue.balances()["USD"] == D("243.04800")


def test_a_stop_behind_a_gap_sells_at_the_first_bid_after_it() -> None:
    desk = Desk(BTC="1", USD="0")
    desk.play(step(5, ("100.00", "1")))
    stop = StopLimit(stop_price=Price(D(95)), price=Price(D(80)))
    assert isinstance(desk.place(approved_sale("lot", "1", order_type=stop)).outcome, Accepted)

    low = (a_level("89.90", "1.00000000"),)
    desk.play(step(20, ("90.00", "1"), bids=low, asks=(a_level("90.10", "1"),)))

    (fill,) = desk.fills()
    assert (fill.price, fill.fee) == (D("89.90"), D("1.07880"))


def test_post_only_that_would_take_is_refused_and_costs_nothing() -> None:
    desk = Desk()

    outcome = desk.place(a_buy("101.00"), 45).outcome

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "INVALID_LIMIT_PRICE_POST_ONLY"
    assert desk.venue.balances() == {"USD": D(10_000)}


def test_less_than_the_smallest_worth_is_refused() -> None:
    desk = Desk(BTC="0.01", USD="0")

    outcome = desk.place(approved_sale("dust", "0.0100", order_type=Market())).outcome

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"
    assert desk.venue.balances() == {"BTC": D("0.01"), "USD": D(0)}


def test_more_than_the_account_has_is_refused() -> None:
    assert isinstance(Desk(USD="10").place(a_buy("98.50"), 45).outcome, Rejected)


def test_nothing_is_sold_into_a_gap_of_the_data() -> None:
    desk = Desk(BTC="1", USD="0")
    name = product().id

    desk.venue.darken(name)
    refused = desk.place(approved_sale("lot", "1", order_type=Market())).outcome
    desk.venue.show(step(1))

    assert isinstance(refused, Rejected)
    assert refused.reason == "INVALID_NO_LIQUIDITY"
    assert isinstance(desk.place(approved_sale("lot", "1", order_type=Market())).outcome, Accepted)


def test_what_the_last_gate_stops_does_not_leave() -> None:
    desk = Desk()
    desk.venue.last_gate = lambda _: "halted"

    assert desk.place(a_buy("98.50"), 45).outcome == NotSent("halted", is_final=True)


def test_without_a_last_gate_nothing_leaves() -> None:
    venue = BarVenue(Script(), {}, FeeRates(), Ids("x"), START, lambda *_: None, lambda: Nanos(0))

    assert venue.last_gate(PlaceRequest(an_intent(), Receipt("", 0, "", Nanos(0)), 1)) is not None


def test_a_cancel_is_done_at_once_and_an_unknown_one_refused() -> None:
    desk = Desk()
    accepted = desk.place(a_buy("98.50"), 45).outcome
    assert isinstance(accepted, Accepted)

    desk.venue.cancel((accepted.order_id, "nobody"), 3, ASKER)

    answer = next(m for m in reversed(desk.heard) if isinstance(m, CancelAnswered))
    assert [each.success for each in answer.results] == [True, False]
    assert desk.state() is VenueStatus.CANCELLED


def test_orders_are_shown_to_who_asks() -> None:
    desk = Desk()
    accepted = desk.place(a_buy("98.50"), 45).outcome
    assert isinstance(accepted, Accepted)

    desk.venue.list_orders(since_ns=None, is_live_only=True, token=1, reply_to=ASKER)
    listed = desk.heard[-1]
    desk.venue.find_orders((accepted.order_id,), 2, ASKER)
    found = desk.heard[-1]
    desk.venue.preview(approved(), None, 3, ASKER)

    assert isinstance(listed, OrdersListed)
    assert isinstance(found, OrdersListed)
    assert listed.orders == found.orders
    assert listed.is_complete
    assert isinstance(desk.heard[-1], OrderPreviewed)
    assert OrderState.OPEN.value == listed.orders[0].status.value


def test_an_order_comes_when_its_time_on_the_way_is_over_and_meets_the_book_of_then() -> None:
    desk = Desk(delay_ns=3 * SECOND)
    intent = an_intent(a_buy("98.50"), 1)
    request = PlaceRequest(intent, Receipt(intent.client_order_id, 1, "", Nanos(0)), 1)
    desk.heard.clear()

    desk.venue.place(request, ASKER)
    assert not desk.heard
    assert desk.venue.on_the_way() == {intent.order.product}
    assert desk.venue.due(START + 3 * SECOND) is None
    assert desk.venue.due(START + 3 * SECOND + 1) == START + 3 * SECOND
    desk.play(step(2))
    desk.venue.receive()
    assert not desk.heard

    desk.venue.reach(Nanos(START + 3 * SECOND))
    desk.venue.receive()

    answer = next(each for each in desk.heard if isinstance(each, PlaceAnswered))
    assert isinstance(answer.outcome, Accepted)
    assert not desk.venue.on_the_way()
    desk.venue.cancel((answer.outcome.order_id,), 5, ASKER)
    assert desk.venue.resting()
    desk.venue.reach(Nanos(START + 6 * SECOND))
    desk.venue.receive()
    assert not desk.venue.resting()
    assert [each.token for each in desk.heard if isinstance(each, CancelAnswered)] == [5]


def test_what_may_not_leave_is_told_at_once_however_long_the_way_is() -> None:
    desk = Desk(delay_ns=3 * SECOND)
    desk.venue.last_gate = lambda _: "stopped"

    assert isinstance(desk.place(a_buy("98.50")).outcome, NotSent)
    assert not desk.venue.on_the_way()
