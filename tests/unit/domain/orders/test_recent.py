"""Nothing of ours looks foreign while it can be alive or listed; what is long over is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.entries import Unread
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from domain.model.orders import OrderIntent, OrderState
from domain.orders.order import Order
from domain.orders.recent import AT_ONCE_NS, LINGER_NS, TIDY_EVERY_NS, RecentOrders, last_shown_ns
from tests.builders.messages import NOW, a_limit, an_intent, an_unread, approved, approved_sale

pytestmark = pytest.mark.req("K1")


def an_entry_of(number: int = 1, life_ns: int = 45 * SECOND) -> OrderIntent:
    return evolve(an_intent(approved(), number), end_ns=Nanos(NOW + life_ns))


def a_market_order(number: int = 2) -> OrderIntent:
    return an_intent(approved_sale("lot-1"), number)


def resting_for_ever(number: int = 3) -> OrderIntent:
    return an_intent(approved(), number)


@given(
    life_ns=st.integers(min_value=5 * SECOND, max_value=30 * DAY),
    steps=st.lists(st.integers(min_value=SECOND, max_value=2 * DAY), max_size=20),
)
def test_an_entry_is_ours_for_its_whole_life_and_an_hour(life_ns: int, steps: list[int]) -> None:
    intent, now_ns = an_entry_of(life_ns=life_ns), int(NOW)
    recent = RecentOrders()
    recent.intend(intent, now_ns)
    recent.show(intent.client_order_id, "venue-1")
    for step in steps:
        now_ns += step
        recent.forget(now_ns)
        if now_ns <= NOW + life_ns + LINGER_NS:
            assert recent.get(intent.client_order_id) == intent.order
            assert recent.has_order_id("venue-1")


def test_what_is_long_over_is_forgotten_with_its_venue_id() -> None:
    intent = an_entry_of()
    recent = RecentOrders()
    recent.intend(intent, NOW)
    recent.show(intent.client_order_id, "venue-1")

    recent.forget(NOW + MINUTE + LINGER_NS)

    assert recent.get(intent.client_order_id) is None
    assert not recent.has_order_id("venue-1")
    assert len(recent) == 0


def test_a_market_order_is_ours_for_a_day() -> None:
    assert last_shown_ns(a_market_order(), NOW) == NOW + AT_ONCE_NS


def test_what_may_rest_without_end_is_never_forgotten() -> None:
    intent = resting_for_ever()
    recent = RecentOrders()
    recent.intend(intent, NOW)
    recent.forget(NOW + 10_000 * DAY)

    assert recent.get(intent.client_order_id) == intent.order


def test_what_still_moves_is_ours_again_and_stays_so_for_an_hour() -> None:
    recent = RecentOrders()
    recent.hear("an-old-one", "venue-9", NOW)
    recent.forget(NOW + LINGER_NS)

    assert recent.has_order_id("venue-9")
    recent.forget(NOW + LINGER_NS + TIDY_EVERY_NS)
    assert not recent.has_order_id("venue-9")


def test_hearing_of_an_order_never_shortens_its_life() -> None:
    forever, entry = resting_for_ever(), an_entry_of(life_ns=30 * DAY)
    recent = RecentOrders()
    for each in (forever, entry):
        recent.intend(each, NOW)
        recent.hear(each.client_order_id, f"venue-{each.number}", NOW)
    recent.forget(NOW + 29 * DAY)

    assert recent.get(forever.client_order_id) == forever.order
    assert recent.get(entry.client_order_id) == entry.order


def test_what_the_venue_lists_of_others_does_not_become_ours() -> None:
    recent = RecentOrders()
    recent.show("foreign", "venue-7")

    assert recent.get("foreign") is None
    assert not recent.has_order_id("venue-7")


def test_a_long_run_holds_only_its_last_hours() -> None:
    recent = RecentOrders()
    for minute in range(3 * 24 * 60):
        now_ns = NOW + minute * MINUTE
        intent = evolve(an_intent(approved(), minute + 1), end_ns=Nanos(now_ns + 45 * SECOND))
        recent.intend(intent, now_ns)
        recent.show(intent.client_order_id, f"venue-{minute}")
        recent.forget(now_ns)

    assert len(recent) <= (LINGER_NS + TIDY_EVERY_NS) // MINUTE + 2


def test_of_the_journal_only_what_still_matters_is_taken() -> None:
    old, young = an_entry_of(1), an_entry_of(4, life_ns=2 * HOUR)
    orders = [
        evolve(Order.intended(each, NOW), order_id=f"venue-{each.number}") for each in (old, young)
    ]

    recent = RecentOrders.of(orders, NOW + 2 * HOUR)

    assert recent.get(old.client_order_id) is None
    assert recent.get(young.client_order_id) == young.order
    assert recent.has_order_id("venue-4")


@pytest.mark.req("X5")
def test_an_order_that_takes_by_a_limit_is_forgotten_like_one_at_the_market() -> None:
    taking = approved(order_type=a_limit(post_only=False, lifetime_ns=None))

    assert last_shown_ns(an_intent(taking), NOW) == NOW + AT_ONCE_NS


def an_order(state: OrderState, order_id: str | None = None, number: int = 1) -> Order:
    return evolve(Order.intended(an_entry_of(number), NOW), state=state, order_id=order_id)


@pytest.mark.parametrize(
    ("known", "unread", "may_be_ours"),
    [
        ((), an_unread(), False),
        ((OrderState.OPEN, "venue-1"), an_unread(), True),
        ((OrderState.OPEN, "venue-1"), an_unread(order_id="venue-1"), True),
        ((OrderState.OPEN, "venue-1"), an_unread(order_id="o-9"), False),
        ((OrderState.PENDING_SUBMIT,), an_unread(order_id="o-9"), True),
        ((OrderState.REJECTED,), an_unread(order_id="o-9"), False),
        ((OrderState.VOID,), an_unread(order_id="o-9"), False),
        ((OrderState.VOID,), an_unread(client_order_id=an_entry_of().client_order_id), True),
        (
            (OrderState.PENDING_SUBMIT,),
            an_unread(order_id="o-9", client_order_id="by-hand"),
            False,
        ),
    ],
)
def test_what_cannot_be_read_may_be_ours_unless_it_is_provably_not(
    known: tuple[Any, ...], unread: Unread, may_be_ours: bool
) -> None:
    recent = RecentOrders.of([an_order(*known)] if known else [], NOW)

    assert recent.may_include(unread) is may_be_ours


def test_one_order_without_an_id_is_enough_for_doubt_about_every_id() -> None:
    recent = RecentOrders.of([an_order(OrderState.OPEN, "venue-1")], NOW)
    recent.intend(an_entry_of(2), NOW)
    assert recent.may_include(an_unread(order_id="o-9"))

    recent.miss(an_entry_of(2).client_order_id)
    assert not recent.may_include(an_unread(order_id="o-9"))


def test_an_order_is_found_by_our_name_or_by_the_venues() -> None:
    entry = an_entry_of()
    recent = RecentOrders.of([an_order(OrderState.OPEN, "venue-1")], NOW)

    assert recent.find(entry.client_order_id, "") == entry.order
    assert recent.find("", "venue-1") == entry.order
    assert recent.find("", "venue-2") is None


def test_what_is_over_is_looked_for_once_an_hour() -> None:
    intent = an_entry_of()
    recent, over_ns = RecentOrders(), NOW + MINUTE + LINGER_NS
    recent.intend(intent, NOW)
    recent.forget(over_ns - MINUTE)

    recent.forget(over_ns)
    recent.forget(over_ns - MINUTE + TIDY_EVERY_NS - 1)
    assert len(recent) == 1

    recent.forget(over_ns - MINUTE + TIDY_EVERY_NS)
    assert len(recent) == 0
