"""Which orders are at hand, and which are forgotten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.money import Quantity
from domain.model.orders import TERMINAL, OrderState
from domain.model.product import ProductId
from domain.orders.order import Order, is_doubtful
from domain.orders.own_orders import OwnOrders
from tests.builders.messages import BTC, ETH, NOW, an_intent, approved


def an_order(
    number: int, state: OrderState = OrderState.OPEN, *, product: ProductId = BTC, missing: int = 0
) -> Order:
    intent = an_intent(approved(product=product), number)
    return Order(
        intent=intent,
        state=state,
        order_id=f"venue-{number}",
        venue_filled=Quantity(Decimal(missing)),
        intended_ns=NOW,
    )


@pytest.mark.req("X4")
def test_what_ended_longest_ago_is_forgotten_first() -> None:
    orders = OwnOrders(remembered_ends=2)
    for number in (1, 2, 3):
        orders.keep(an_order(number, OrderState.CANCELLED))

    assert orders.of_venue("venue-1") is None
    assert orders.get(an_intent(number=1).client_order_id) is None
    assert orders.of_venue("venue-2") is not None
    assert len(orders) == 2


@pytest.mark.req("X4")
def test_of_what_is_forgotten_nothing_is_held() -> None:
    orders = OwnOrders(remembered_ends=2)
    for number in range(1, 9):
        orders.keep(an_order(number, OrderState.CANCELLED))

    assert list(orders._by_order_id) == ["venue-7", "venue-8"]


@pytest.mark.req("X4")
@pytest.mark.parametrize("change", ["its end is forgotten", "it has another id now"])
def test_an_id_that_the_venue_gave_twice_stands_for_the_order_that_showed_it_last(
    change: str,
) -> None:
    orders = OwnOrders(remembered_ends=1)
    first, second = an_order(1, OrderState.CANCELLED), evolve(an_order(2), order_id="venue-1")
    for each in (first, second):
        orders.keep(each)

    if change == "it has another id now":
        orders.keep(evolve(first, order_id="venue-9"))
    else:
        orders.keep(an_order(3, OrderState.CANCELLED))

    assert orders.of_venue("venue-1") == second
    assert orders.of_venue("venue-9") == orders.get(first.intent.client_order_id)


@pytest.mark.req("X4")
def test_what_has_not_ended_or_misses_fills_is_never_forgotten() -> None:
    orders = OwnOrders(remembered_ends=1)
    living = an_order(1)
    unbooked = an_order(2, OrderState.CANCELLED, missing=1)
    for order in (living, unbooked, *(an_order(n, OrderState.FILLED) for n in range(3, 9))):
        orders.keep(order)

    assert orders.of_venue("venue-1") == living
    assert orders.of_venue("venue-2") == unbooked
    assert len(orders) == 3


def test_an_order_that_comes_alive_again_is_looked_after_again() -> None:
    orders = OwnOrders(remembered_ends=1)
    orders.keep(an_order(1, OrderState.VOID))
    orders.keep(an_order(1))
    orders.keep(an_order(2, OrderState.VOID))
    orders.keep(an_order(3, OrderState.VOID))

    assert list(orders.unsettled.values()) == [an_order(1)]
    assert orders.of_venue("venue-1") == an_order(1)


@pytest.mark.parametrize("order_id", [None, "venue-9"])
def test_an_id_that_an_order_has_no_more_stands_for_nothing(order_id: str | None) -> None:
    orders = OwnOrders([an_order(1)])

    orders.keep(evolve(an_order(1), order_id=order_id))

    assert orders._by_order_id.keys() == {order_id} - {None}


def test_doubt_about_one_product_is_none_about_another() -> None:
    orders = OwnOrders([an_order(1, OrderState.UNKNOWN, product=ETH)])

    assert orders.is_in_doubt(ETH)
    assert not orders.is_in_doubt(BTC)


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(OrderState), st.integers(0, 1)), max_size=30
    )
)
def test_what_is_at_hand_is_what_a_walk_over_all_orders_would_find(
    changes: list[tuple[int, OrderState, int]],
) -> None:
    orders, plain = OwnOrders(), dict[str, Order]()
    for number, state, missing in changes:
        order = an_order(number, state, missing=missing)
        orders.keep(order)
        plain[order.intent.client_order_id] = order

    assert orders.unsettled == {k: v for k, v in plain.items() if not v.is_settled}
    assert orders.doubtful == {k: v for k, v in plain.items() if is_doubtful(v)}
    assert orders.unknown == {k: v for k, v in plain.items() if v.state is OrderState.UNKNOWN}
    assert all(order.state in TERMINAL or name in orders.unsettled for name, order in plain.items())
    changed = [evolve(order, reason="told anew") for order in plain.values()]
    for order in changed:
        orders.keep(order)
    assert [orders.get(each.intent.client_order_id) for each in changed] == changed
