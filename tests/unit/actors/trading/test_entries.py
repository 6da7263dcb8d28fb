"""Who follows entries that rest: asks for the cancel, then for the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.topology import ENTRIES
from actors.trading.entries import WAITING_MAX, RestingEntries
from domain.decisions.worked_entry import LEFT_BEHIND
from domain.messages.decisions import ProposalRefused, RestProposed
from domain.messages.market import FeedRecovered, FeedStalled, QuoteMoved
from domain.messages.orders import CancelProposed, IntentRaised, OrderAdvanced
from domain.messages.supervision import ActorProven, BreakerTripped
from domain.model.approval import Purpose
from domain.model.breakers import Effect
from domain.model.instants import SECOND, Nanos
from domain.model.market import Doubt, DoubtKind
from domain.model.money import Price
from domain.model.orders import OrderIntent, OrderState
from domain.model.product import Side
from domain.orders.order import TIME_OVER
from domain.risk.working import Working
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    a_breaker,
    a_limit,
    a_moved,
    a_quote,
    an_intent,
    approved,
    approved_sale,
)

pytestmark = pytest.mark.req("X5")
WORKING = Working(max_reprices=1, after_bps=Decimal(5), after_ns=Nanos(5 * SECOND))
LIMIT_NS = Nanos(60 * SECOND)
FIRST = an_intent(approved(highest_price=Price(Decimal("100.20"))))
STALLED = FeedStalled(BTC, "nobody offers", Nanos(0))


def entries(working: Working = WORKING, *, epoch: int = 1) -> tuple[Harness, RestingEntries]:
    harness = Harness()
    return harness, harness.start(RestingEntries, ENTRIES, working, LIMIT_NS, epoch=epoch)


def following(working: Working = WORKING) -> tuple[Harness, RestingEntries]:
    """Return one that follows the first order, which the venue has taken."""
    harness, actor = entries(working)
    deliver(actor, IntentRaised(FIRST), moved(OrderState.OPEN))
    return harness, actor


def moved(state: OrderState, reason: str = "", intent: OrderIntent = FIRST) -> OrderAdvanced:
    return evolve(a_moved(intent, state), reason=reason)


def left(at_ns: int = START_NS) -> QuoteMoved:
    return QuoteMoved(a_quote("100.10", "100.20", at_ns=at_ns))


def cancels(said: tuple[Any, ...]) -> list[CancelProposed]:
    return of_kind(said, CancelProposed)


def waited(harness: Harness, actor: RestingEntries, seconds: int = 5) -> tuple[Any, ...]:
    """Return what it says once that time has passed."""
    return harness.pass_time(actor, seconds * SECOND)


def test_an_order_that_is_left_for_long_enough_is_cancelled_once() -> None:
    harness, actor = following()

    assert cancels(deliver(actor, left())) == []
    assert cancels(waited(harness, actor)) == [CancelProposed(FIRST.client_order_id, LEFT_BEHIND)]
    assert cancels(deliver(actor, left(harness.clock.market))) == []


def test_what_is_left_of_it_is_proposed_when_it_has_ended_and_not_before() -> None:
    harness, actor = following()
    deliver(actor, left())
    waited(harness, actor)
    pending = deliver(actor, moved(OrderState.PENDING_CANCEL, LEFT_BEHIND))
    ended = deliver(actor, moved(OrderState.CANCELLED, LEFT_BEHIND))

    assert of_kind(pending, RestProposed) == []
    assert of_kind(ended, RestProposed) == [
        RestProposed(FIRST.client_order_id, "breakout", BTC, takes=False)
    ]


def test_the_next_order_counts_as_moved_and_is_not_moved_beyond_the_limit() -> None:
    harness, actor = following()
    deliver(actor, left())
    waited(harness, actor)
    deliver(actor, moved(OrderState.CANCELLED, LEFT_BEHIND))
    highest = Price(Decimal("100.20"))
    next_one = approved(approval=2, highest_price=highest, replaces=FIRST.client_order_id)
    second = an_intent(next_one, 2)
    deliver(actor, IntentRaised(second), moved(OrderState.OPEN, intent=second))

    assert cancels(deliver(actor, left(harness.clock.market))) == []
    assert cancels(waited(harness, actor)) == []


def test_what_rests_to_its_end_is_taken_where_that_is_wanted() -> None:
    _, actor = following(evolve(WORKING, takes_rest=True))

    said = deliver(actor, moved(OrderState.CANCELLED, TIME_OVER))

    assert [each.takes for each in of_kind(said, RestProposed)] == [True]


@pytest.mark.parametrize("effect", list(Effect)[1:], ids=lambda each: each.name)
def test_a_breaker_that_covers_it_ends_it_even_if_it_closes_again(effect: Effect) -> None:
    harness, actor = following()
    deliver(actor, BreakerTripped(a_breaker(effect)), left())

    assert cancels(waited(harness, actor)) == []


def test_a_breaker_without_effect_or_for_another_product_ends_nothing() -> None:
    harness, actor = following()
    none, other = a_breaker(Effect.NONE), a_breaker(Effect.BLOCK, "product:ETH-USD")
    deliver(actor, BreakerTripped(none), BreakerTripped(other), left())

    assert len(cancels(waited(harness, actor))) == 1


def test_a_breaker_on_the_board_ends_it_before_it_is_told() -> None:
    harness, actor = following()
    deliver(actor, left())
    harness.board.trip(a_breaker(Effect.BLOCK))

    assert cancels(waited(harness, actor)) == []


def test_nothing_is_moved_while_its_price_is_not_known() -> None:
    harness, actor = following()
    deliver(actor, left(), STALLED)

    assert cancels(waited(harness, actor)) == []
    deliver(actor, FeedRecovered(BTC, was_told=False), left(harness.clock.market))
    assert len(cancels(waited(harness, actor))) == 1


@pytest.mark.parametrize("flaw", ["odd", "old"])
def test_nothing_is_moved_by_an_odd_or_old_price(flaw: str) -> None:
    harness, actor = following()
    seen = left()
    if flaw == "odd":
        doubt = Doubt(DoubtKind.JUMP, "9 %", "1 %", Nanos(START_NS))
        seen = QuoteMoved(evolve(seen.quote, doubt=doubt))
    else:
        seen = left(START_NS - LIMIT_NS)
    deliver(actor, seen)

    assert cancels(waited(harness, actor)) == []


def test_sales_and_orders_that_do_not_rest_are_not_followed() -> None:
    harness, actor = entries()
    sale = an_intent(approved_sale("lot-1"), 3)
    taking = evolve(FIRST.order, order_type=a_limit(post_only=False, lifetime_ns=None))
    for each in (sale, an_intent(taking, 4)):
        deliver(actor, IntentRaised(each), moved(OrderState.OPEN, intent=each))
    deliver(actor, left())

    assert cancels(waited(harness, actor)) == []


def test_a_refused_rest_is_over_and_no_more_wait_than_can_be() -> None:
    _, actor = following(evolve(WORKING, takes_rest=True))
    last = ""
    for number in range(1, WAITING_MAX + 3):
        intent = an_intent(evolve(FIRST.order, approval=number), number)
        deliver(actor, IntentRaised(intent), moved(OrderState.CANCELLED, TIME_OVER, intent))
        last = intent.client_order_id
    waiting = actor._desk.waiting

    assert len(waiting) == WAITING_MAX
    deliver(actor, ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (), last))
    assert last not in waiting


def test_a_fresh_incarnation_knows_no_order_and_proves_itself_by_a_price() -> None:
    _, actor = entries(epoch=2)

    said = deliver(actor, moved(OrderState.CANCELLED, LEFT_BEHIND), left())

    assert [type(each) for each in said] == [ActorProven]
