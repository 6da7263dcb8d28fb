"""Which entries may be about an order of ours: claims about the tracker are in `test_tracker`."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.venue import FillsListed, OrdersListed
from domain.model.entries import EntryKind, Unread
from domain.model.instants import Nanos
from domain.model.orders import OrderSeen
from domain.orders.effects import BlockEntries, ReleaseEntries
from domain.orders.lifecycle import Event
from domain.orders.order import Order, advance, apply_seen
from domain.orders.own_orders import OwnOrders
from domain.orders.unread import UNREADABLE_ORDERS, UnreadOfOurs
from tests.builders.messages import NOW, a_breaker, a_seen, an_intent, an_unread

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
    assert "an unreadable fill may be ours (venue-1): " in effect.reason
    assert unread.take(evolve(odd, token=2), (a_breaker(name=UNREADABLE_ORDERS),)) == ()


OPEN_BREAKER = (a_breaker(name=UNREADABLE_ORDERS),)
ODD = an_unread(client_order_id=INTENT.client_order_id)
BY_HAND = evolve(a_seen(INTENT), order_id="o-9", client_order_id="")


def orders(*unread: Unread, seen: tuple[OrderSeen, ...] = ()) -> OrdersListed:
    return OrdersListed(1, seen, True, Nanos(0), None, unread=unread)


@pytest.mark.parametrize(
    ("kind", "order", "is_over"),
    [
        (EntryKind.ORDER, PLACED, False),
        (EntryKind.ORDER, advance(PLACED, Event.ENDED_CANCELLED), True),
        (EntryKind.FILL, PLACED, True),
        (EntryKind.FILL, apply_seen(PLACED, a_seen(INTENT, filled="1")), False),
    ],
    ids=["order that lives", "order that ended", "fill that nothing lacks", "fill that is missing"],
)
def test_it_is_over_when_nothing_more_can_come_of_the_order(
    kind: EntryKind, order: Order, is_over: bool
) -> None:
    own = OwnOrders((evolve(SENT, order_id="venue-1"),))
    unread, odd = UnreadOfOurs(own), evolve(ODD, kind=kind)
    is_order = kind is EntryKind.ORDER
    unread.take(orders(odd) if is_order else FillsListed(1, (), True, None, (odd,)), ())
    own.keep(order)

    told = unread.take(orders() if is_order else FillsListed(2, (), True, None), OPEN_BREAKER)

    released = ReleaseEntries(UNREADABLE_ORDERS, "the venue shows our orders readably")
    assert told == ((released,) if is_over else ())


def test_an_order_that_somebody_made_by_hand_shows_none_of_ours() -> None:
    """It has no name of ours, and neither has what could not be read."""
    unread = UnreadOfOurs(OwnOrders((SENT,)))
    unread.take(orders(an_unread(order_id="o-1")), ())

    told = unread.take(orders(an_unread(order_id="o-2"), seen=(BY_HAND,)), ())

    assert told == (
        BlockEntries(
            UNREADABLE_ORDERS,
            "an unreadable order may be ours (o-1): side: expected BUY or SELL",
        ),
    )


def fills(*unread: Unread) -> FillsListed:
    return FillsListed(1, (), True, None, unread)


def test_a_list_of_one_kind_says_nothing_of_what_could_not_be_read_of_the_other() -> None:
    """Neither of the two without any id: all that settles such a one is a list without any."""
    own = OwnOrders((PLACED,))
    for odd, other, same in (
        (fills(an_unread(EntryKind.FILL)), orders(), fills()),
        (orders(an_unread()), fills(), orders()),
    ):
        unread = UnreadOfOurs(own)
        unread.take(odd, ())

        assert unread.take(other, OPEN_BREAKER) == ()
        (told,) = unread.take(same, OPEN_BREAKER)
        assert isinstance(told, ReleaseEntries)


def test_each_that_could_not_be_read_is_waited_for_by_itself() -> None:
    """That the venue shows one of two without our name is no news of the other."""
    unread = UnreadOfOurs(OwnOrders((SENT,)))
    unread.take(orders(an_unread(order_id="o-1"), an_unread(order_id="o-2")), ())
    shown = evolve(BY_HAND, order_id="o-1")

    (told,) = unread.take(orders(an_unread(order_id="o-3"), seen=(shown,)), ())

    assert isinstance(told, BlockEntries)
    assert "(o-2)" in told.reason


def test_an_entry_without_any_id_is_told_as_one() -> None:
    (told,) = UnreadOfOurs(OwnOrders((PLACED,))).take(orders(an_unread()), ())

    assert isinstance(told, BlockEntries)
    assert "(without an id)" in told.reason
