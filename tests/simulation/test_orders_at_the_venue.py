"""Whatever wire, venue and crashes do to our orders, books and venue agree in the end.

Method: the order manager and its journal against the venue's engine; a state machine orders, lets
time pass, breaks the wire in every way that the venue's faults know, delivers answers late, out of
order and twice, and lets the process vanish with a part of what it had not synced.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.messages.venue import FillsListed, OrdersListed, UserFrame
from domain.model.approval import Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.money import Quantity
from tests.builders.desk import Desk
from tests.builders.full import IS_FULL
from tests.builders.messages import a_limit, approved, approved_sale

LEAST_STEPS = 10_000
STEPS = 50
EXAMPLES = 2_400 if IS_FULL else 240
REPEATABLE = (UserFrame, OrdersListed, FillsListed)
QUIET_S, ROUNDS = 25.0, 12
"""At the end: as long as a request may live and more, so many times."""
PRICES = ["91", "96", "98", "100", "104"]
ON_WIRE = ("place", "cancel", "orders", "fills")
WIRE: dict[str, dict[str, Any]] = {
    "lost_response": {},
    "unanswered": {},
    "reset_before": {},
    "reset_after": {},
    "http_429": {},
    "http_500": {"handled": True},
    "http_502_html": {"handled": True},
    "http_503_html": {},
    "truncated_json": {},
    "duplicate_request": {},
    "slow": {"delay": "12s"},
    "latency": {"p50": "2s", "p99": "9s"},
}
LOSSES = sorted(set(WIRE) - {"http_429", "duplicate_request"})
AT_VENUE: dict[str, dict[str, Any]] = {
    "delay_cancel": {"by": "5s"},
    "lose_cancel": {},
    "cancel_rejected_filled": {},
    "fill_after_cancel": {"by": "3s", "share": 0.5},
    "late_fill": {"by": "8s"},
    "hidden_fill": {"by": "8s"},
    "hidden_order": {"by": "6s"},
    "partial_fills": {"share": 0.2},
    "cancelled_by_venue": {"by": "2s"},
    "reject_order": {},
}
STREAM: dict[str, dict[str, Any]] = {
    "duplicate_frame": {"channel": "user"},
    "late_frame": {"channel": "user"},
    "drop_frame": {"channel": "user"},
    "seq_gap": {"channel": "user"},
    "disconnect": {"stream": "user"},
    "user_replay": {"updates": 10},
}
ENDLESS = ("late_fill", "hidden_fill", "hidden_order", "partial_fills")
"""Kinds that strike as long as they last."""
ONCE = ("disconnect", "user_replay")


class Taken:
    """How many steps were taken in all, and in how many lives."""

    steps = 0
    lives = 0
    fills = 0
    orders = 0
    struck = 0
    doubts = 0


class OrdersAtVenue(RuleBasedStateMachine):
    """One desk, and all that happens to it."""

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.desk = Desk(seed=seed)

    def _count(self) -> None:
        Taken.steps += 1

    # Orders.

    @rule(price=st.sampled_from(PRICES), life=st.sampled_from([5, 45]))
    def buy(self, price: str, life: int) -> None:
        self._count()
        self._buy(price, life)

    def _buy(self, price: str, life: int) -> None:
        kind = a_limit(Decimal(price), lifetime_ns=Nanos(life * SECOND))
        self.desk.approve(approved(order_type=kind))

    @rule(part=st.sampled_from(["0.5", "1"]))
    def sell(self, part: str) -> None:
        self._count()
        ledger = self.desk.recovered().ledger
        assert ledger is not None
        sold = {
            order.intent.order.lot
            for order in self.desk.unsettled.values()
            if order.intent.order.purpose is Purpose.EXIT
        }
        for lot in ledger.lots:
            if lot.id not in sold:
                size = Quantity(max(lot.quantity * Decimal(part), Decimal("0.01")))
                sale = approved_sale(lot.id)
                self.desk.approve(evolve(sale, quantity=min(size, lot.quantity)))
                return

    @rule(seconds=st.sampled_from([0.0, 2.0]))
    def halt(self, seconds: float) -> None:
        self._count()
        self.desk.halt()
        self.desk.pass_time(seconds)
        self.desk.resume()

    # Time.

    @rule(seconds=st.sampled_from([0.001, 0.5, 3.0, 22.0]), is_held=st.booleans())
    def pass_time(self, seconds: float, *, is_held: bool) -> None:
        self._count()
        self.desk.pass_time(seconds, is_held=is_held)

    @rule(price=st.sampled_from(PRICES), seconds=st.sampled_from([0.5, 4.0]))
    def buy_and_wait(self, price: str, seconds: float) -> None:
        self._count()
        self._buy(price, 45)
        self.desk.pass_time(seconds)

    @rule(price=st.sampled_from(PRICES), kept=st.sampled_from([0.0, 1.0]))
    def crash_on_the_way(self, price: str, kept: float) -> None:
        self._count()
        self._buy(price, 45)
        self.desk.sync()
        self.desk.pass_time(0.0015, is_held=True)
        self.desk.crash(kept)

    @rule()
    def sync(self) -> None:
        self._count()
        self.desk.sync()

    @precondition(lambda self: self.desk.arriving)
    @rule(data=st.data(), times=st.integers(1, 2))
    def deliver_any(self, data: st.DataObject, times: int) -> None:
        self._count()
        number = data.draw(st.integers(0, len(self.desk.arriving) - 1))
        is_repeatable = isinstance(self.desk.arriving[number][1], REPEATABLE)
        self.desk.deliver(number, times=times if is_repeatable else 1)

    @rule()
    def compare(self) -> None:
        self._count()
        self.desk.compare()

    # What goes wrong.

    @rule(
        kind=st.sampled_from(sorted(WIRE)),
        endpoint=st.sampled_from(ON_WIRE),
        count=st.integers(1, 3),
    )
    def break_the_wire(self, kind: str, endpoint: str, count: int) -> None:
        self._count()
        often = {} if kind == "latency" else {"count": count}
        self.desk.venue.add(kind, endpoint=endpoint, for_="20s", **often, **WIRE[kind])

    @rule(kind=st.sampled_from(sorted(AT_VENUE)), count=st.integers(1, 3))
    def confuse_the_venue(self, kind: str, count: int) -> None:
        self._count()
        often = {} if kind in ENDLESS else {"count": count}
        self.desk.venue.add(kind, for_="20s", **often, **AT_VENUE[kind])

    @rule(kind=st.sampled_from(sorted(STREAM)), count=st.integers(1, 3))
    def disturb_the_stream(self, kind: str, count: int) -> None:
        self._count()
        often = {} if kind in ONCE else {"count": count, "for_": "20s"}
        self.desk.venue.add(kind, **often, **STREAM[kind])

    @rule(kept=st.sampled_from([0.0, 0.5, 1.0]))
    def crash(self, kept: float) -> None:
        self._count()
        self.desk.crash(kept)

    @rule(
        kind=st.sampled_from(LOSSES),
        price=st.sampled_from(PRICES),
        seconds=st.sampled_from([4.0, 11.0, 22.0]),
    )
    def lose_the_answer(self, kind: str, price: str, seconds: float) -> None:
        self._count()
        often = {} if kind == "latency" else {"count": 1}
        self.desk.venue.add(kind, endpoint="place", for_="5s", **often, **WIRE[kind])
        self._buy(price, 45)
        self.desk.pass_time(seconds)

    # What has to hold.

    @invariant()
    def nothing_is_there_twice(self) -> None:
        if hasattr(self, "desk"):
            self.desk.check()

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        for _ in range(ROUNDS):
            self.desk.pass_time(QUIET_S)
            self.desk.compare()
            self.desk.pass_time(1.0)
            if not self.desk.unsettled:
                break
        self.desk.check()
        self.desk.check_end()
        Taken.lives += self.desk.lives
        Taken.struck += sum(self.desk.venue.struck())
        Taken.doubts += self.desk.doubts
        Taken.fills += len(self.desk.books()["fills"])
        Taken.orders += len(self.desk.books()["orders"])


@pytest.mark.slow
@pytest.mark.req("X1", "X2", "X4", "AUD1")
def test_books_and_venue_agree_whatever_happens_to_our_orders() -> None:
    run_state_machine_as_test(
        OrdersAtVenue,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Taken.steps >= LEAST_STEPS
    assert Taken.fills > EXAMPLES
    assert Taken.doubts > EXAMPLES
