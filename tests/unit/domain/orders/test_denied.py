"""What is asked for a person about denied orders, and when that is answered."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.control import SettleRequested
from domain.model.instants import MINUTE, Nanos
from domain.model.orders import OrderState
from domain.orders.denied import FORGOTTEN_AFTER_NS, DeniedOrders, Finding
from domain.orders.effects import FindOrders, ListFills, ListOrders, OfPerson
from domain.orders.order import CLOCKS_NS, Order
from domain.orders.own_orders import OwnOrders
from tests.builders.messages import NOW, an_intent

pytestmark = pytest.mark.req("X4", "SUP1")
ASKED = SettleRequested("r1", "seen")


def an_order(number: int, age_ns: int = 0) -> Order:
    return evolve(
        Order.intended(an_intent(number=number), NOW - age_ns),
        state=OrderState.OPEN,
        order_id=f"venue-{number}",
    )


def denied(*orders: Order) -> tuple[OwnOrders, DeniedOrders]:
    own = OwnOrders(orders)
    for order in orders:
        own.missing[order.intent.client_order_id] = True
    return own, DeniedOrders(own)


def test_all_denied_orders_are_asked_for_together_and_the_list_holds_the_oldest_life() -> None:
    _, inquiries = denied(an_order(1), an_order(2, age_ns=30 * MINUTE))

    assert list(inquiries.ask(ASKED, 0)) == [
        FindOrders(("venue-1", "venue-2"), "r1"),
        ListOrders(Nanos(NOW - 30 * MINUTE - CLOCKS_NS), OfPerson("r1")),
        ListFills("venue-1", "r1"),
        ListFills("venue-2", "r1"),
    ]


def test_a_request_ends_with_its_last_answer_and_names_what_is_still_denied() -> None:
    first, second = an_order(1), an_order(2)
    own, inquiries = denied(first, second)
    questions = list(inquiries.ask(ASKED, 0))
    del own.missing[second.intent.client_order_id]  # an answer has shown it

    *early, last = [inquiries.answered("r1", None) for _ in questions]

    assert early == [None] * 3
    assert last == Finding("seen", (first,), None)
    assert inquiries.answered("r1", None) is None


def test_one_answer_that_fails_gives_nothing_up_and_says_why() -> None:
    _, inquiries = denied(an_order(1))
    questions = list(inquiries.ask(ASKED, 0))

    *_, last = [inquiries.answered("r1", "503" if not n else None) for n in range(len(questions))]

    assert last == Finding("seen", (), "503")
    assert "(503)" in inquiries.sentences("503")[0]


@pytest.mark.parametrize("request_id", ["", "r2"])
def test_an_answer_that_nobody_waits_for_is_nothing(request_id: str) -> None:
    _, inquiries = denied(an_order(1))
    list(inquiries.ask(ASKED, 0))

    assert inquiries.answered(request_id, None) is None


def test_a_request_that_is_never_answered_is_forgotten() -> None:
    _, inquiries = denied(an_order(1))
    list(inquiries.ask(ASKED, 0))

    list(inquiries.ask(SettleRequested("r2", "seen"), FORGOTTEN_AFTER_NS + 1))

    assert [inquiries.answered("r1", None) for _ in range(9)] == [None] * 9


@pytest.mark.parametrize("begun_ns", [0, 7, 2 * FORGOTTEN_AFTER_NS])
def test_an_answer_counts_until_the_last_instant_of_the_wait(begun_ns: int) -> None:
    """Machine time is any number: what counts is how long somebody has waited."""
    order = an_order(1)
    _, inquiries = denied(order)
    questions = list(inquiries.ask(ASKED, begun_ns))

    list(inquiries.ask(SettleRequested("r2", "another"), begun_ns + FORGOTTEN_AFTER_NS))

    *_, last = [inquiries.answered("r1", None) for _ in questions]
    assert last == Finding("seen", (order,), None)


def test_of_each_order_in_doubt_there_is_a_sentence_and_why_the_venue_could_not_be_asked() -> None:
    name = an_order(1).intent.client_order_id
    _, inquiries = denied(an_order(1))

    told = f"order {name} of BTC-USD may or may not exist"
    assert inquiries.sentences(None) == (told,)
    assert inquiries.sentences("503") == (f"{told}: the venue could not be asked (503)",)


def test_with_nothing_denied_nothing_is_asked() -> None:
    inquiries = DeniedOrders(OwnOrders((an_order(1),)))

    assert list(inquiries.ask(ASKED, 0)) == []
    assert inquiries.sentences(None) == ()
