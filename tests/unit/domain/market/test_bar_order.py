"""Claims about the order in which closed bars are handed on."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.market.bar_order import Asked, BarOrder
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from tests.builders.messages import BTC, ETH, NOW

FLAT, NOTHING = Price(Decimal(40_000)), Quantity(Decimal(0))


def bar(minute: int, product: ProductId = BTC) -> Bar:
    return Bar(product, at(minute), FLAT, FLAT, FLAT, FLAT, NOTHING)


def at(minute: int) -> Nanos:
    return Nanos(NOW + minute * MINUTE)


def asked(first: int, end: int, *, is_backfill: bool = False) -> Asked:
    return Asked(BTC, at(first), at(end), is_backfill)


def test_without_a_question_bars_pass_at_once() -> None:
    assert BarOrder().release(BTC, (bar(1),)) == (bar(1),)


def test_a_bar_of_the_stream_waits_for_the_back_fill() -> None:
    order = BarOrder()
    order.owe(asked(-1_440, 0, is_backfill=True))
    assert order.release(BTC, (bar(0),)) == ()
    assert order.release(BTC, (bar(1),)) == ()
    assert order.release(ETH, (bar(0, ETH),)) == (bar(0, ETH),)

    order.settle(asked(-1_440, 0, is_backfill=True))

    assert order.release(BTC) == (bar(0), bar(1))
    assert order.release(BTC) == ()


def test_an_answer_about_one_minute_does_not_overtake_the_back_fill() -> None:
    order = BarOrder()
    order.owe(asked(-1_440, 0, is_backfill=True))
    order.owe(asked(0, 1))

    order.settle(asked(0, 1))
    assert order.release(BTC, (bar(0),)) == ()

    order.settle(asked(-1_440, 0, is_backfill=True))
    assert order.release(BTC) == (bar(0),)


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_bars_come_out_in_order_and_none_is_lost(arrivals: list[int], owed: set[int]) -> None:
    order, out = BarOrder(), list[Bar]()
    for minute in range(6):
        if minute in owed:
            order.owe(asked(minute, minute + 1))
    streamed = [minute for minute in range(6) if minute not in owed]
    for minute in arrivals:
        if minute in owed:
            order.settle(asked(minute, minute + 1))
            out += order.release(BTC, (bar(minute),))
        else:  # the stream itself never goes back in time
            out += order.release(BTC, (bar(streamed.pop(0)),))
    held_back = [each.start_ns for each in out]
    assert sorted(held_back) == [at(minute) for minute in range(6)]
    assert all(held_back.index(at(m)) < held_back.index(at(m + 1)) for m in owed - {5})
