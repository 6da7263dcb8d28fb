"""Two lists of orders have one hash only if every order was the same, and ended the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from app.backtest.order_lists import differing, order_hashes
from app.backtest.trail import OrderLine, OrderTrail
from domain.messages.orders import IntentRaised
from domain.model.approval import Market, StopLimit
from domain.model.instants import Nanos
from domain.model.orders import OrderIntent, OrderState
from domain.model.product import ProductId
from tests.builders.messages import NOW, a_moved, an_intent, approved, approved_sale, booked
from tests.builders.numbers import amount, price, quantity

pytestmark = pytest.mark.req("BT1", "BT3")
BUY = an_intent()
(STRATEGY,) = {BUY.order.strategy}


def a_trail(change: Callable[[OrderLine], None] = lambda _: None) -> OrderTrail:
    found = OrderTrail()
    found.take(NOW, IntentRaised(BUY))
    found.take(Nanos(NOW + 1), booked(BUY, "2"))
    found.take(Nanos(NOW + 2), a_moved(BUY, OrderState.FILLED, "2"))
    change(found.orders[BUY.client_order_id])
    return found


def asked(line: OrderLine, **changes: Any) -> None:
    line.intent = evolve(line.intent, order=evolve(line.intent.order, **changes))


def ended(line: OrderLine, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(line, name, value)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: asked(line, product=ProductId("ETH-USD")),
        lambda line: asked(line, quantity=quantity("2.00000001")),
        lambda line: asked(line, order_type=Market()),
        lambda line: asked(line, order_type=StopLimit(stop_price=price(99), price=price(98))),
        lambda line: ended(line, raised_ns=Nanos(NOW + 1)),
        lambda line: ended(line, ended_ns=Nanos(NOW + 3)),
        lambda line: ended(line, ended_ns=None),
        lambda line: ended(line, state=OrderState.CANCELLED),
        lambda line: ended(line, filled=quantity("1.9")),
        lambda line: ended(line, value=amount("200.01")),
        lambda line: ended(line, fees=amount("2.5")),
        lambda line: ended(line, reason="post_only"),
    ],
)
def test_whatever_differs_of_an_order_gives_another_hash(
    change: Callable[[OrderLine], None],
) -> None:
    assert order_hashes(a_trail(change)) != order_hashes(a_trail())
    assert order_hashes(a_trail()) == order_hashes(a_trail())


def test_trailing_zeros_and_names_of_orders_change_nothing() -> None:
    def write(line: OrderLine) -> None:
        line.value = amount("200.000")
        line.intent = evolve(line.intent, client_order_id="another", number=7)

    assert order_hashes(a_trail(write)) == order_hashes(a_trail())


def test_each_strategy_has_its_own_hash_and_order_counts() -> None:
    other = an_intent(approved(strategy="other"), 2)
    sale = an_intent(approved_sale("lot-1"), 3)

    def told(*intents: OrderIntent) -> dict[str, str]:
        found = OrderTrail()
        for intent in intents:
            found.take(NOW, IntentRaised(intent))
        return order_hashes(found)

    assert list(told(BUY, other)) == sorted({STRATEGY, "other"})
    assert told(BUY, other)["other"] == told(other)["other"]
    assert told(BUY, sale)[STRATEGY] != told(sale, BUY)[STRATEGY]
    assert told() == {}


def test_what_differs_is_named_and_so_is_who_is_in_one_of_both_only() -> None:
    assert differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ("b", "c")
    assert differing({"a": 7}, {}) == ("a",)
    assert differing({"a": "1"}, {"a": "1"}) == ()
