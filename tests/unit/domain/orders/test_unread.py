"""Which entries may be about an order of ours: claims about the tracker are in `test_tracker`."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.venue import FillsListed, OrdersListed
from domain.model.entries import EntryKind, Unread
from domain.model.instants import Nanos
from domain.orders.effects import BlockEntries, ReleaseEntries
from domain.orders.lifecycle import Event
from domain.orders.order import Order, advance
from domain.orders.own_orders import OwnOrders
from domain.orders.unread import UNREADABLE_ORDERS, UnreadOfOurs
from tests.builders.messages import NOW, a_breaker, an_intent, an_unread

pytestmark = pytest.mark.req("E2", "REC1")

INTENT = an_intent()
SENT = advance(Order.intended(INTENT, NOW), Event.SENT, sent_ns=NOW)
PLACED = advance(SENT, Event.ACCEPTED, order_id="venue-1")


@pytest.mark.parametrize(
    ("known", "unread", "may_be_ours"),
    [
        ((), an_unread(), False),
        ((PLACED,), an_unread(), True),
        ((PLACED,), an_unread(order_id="venue-1"), True),
        ((PLACED,), an_unread(order_id="o-9"), False),
        ((SENT,), an_unread(order_id="o-9"), True),
        ((SENT,), an_unread(order_id="o-9", client_order_id="by-hand"), False),
        ((SENT,), an_unread(client_order_id=INTENT.client_order_id), True),
        ((SENT,), an_unread(EntryKind.EVENT), True),
        ((), an_unread(EntryKind.EVENT), False),
    ],
)
def test_an_entry_may_be_ours_unless_it_is_provably_not(
    known: tuple[Order, ...], unread: Unread, may_be_ours: bool
) -> None:
    found = UnreadOfOurs(OwnOrders(known)).among([unread])

    assert found == ((unread,) if may_be_ours else ())


def test_a_fresh_incarnation_lifts_the_block_of_the_one_before() -> None:
    unread = UnreadOfOurs(OwnOrders((PLACED,)))
    clean = OrdersListed(1, (), True, Nanos(0), None)

    (effect,) = unread.take(clean, (a_breaker(name=UNREADABLE_ORDERS),))

    assert isinstance(effect, ReleaseEntries)


def test_it_blocks_once_and_says_what_cannot_be_read() -> None:
    unread = UnreadOfOurs(OwnOrders((PLACED,)))
    odd = FillsListed(1, (), True, None, (an_unread(EntryKind.FILL, order_id="venue-1"),))

    (effect,) = unread.take(odd, ())

    assert isinstance(effect, BlockEntries)
    assert "a fill that may be ours (venue-1)" in effect.reason
    assert unread.take(evolve(odd, token=2), (a_breaker(name=UNREADABLE_ORDERS),)) == ()
