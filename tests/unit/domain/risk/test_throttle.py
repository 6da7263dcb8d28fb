"""Too much of the same: counted within a window, once an order, by key."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from domain.model.breakers import GLOBAL, Scope
from domain.model.instants import Nanos
from domain.model.orders import OrderState
from domain.risk.throttle import (
    KEPT,
    REJECTED,
    REPEATED,
    Counted,
    CountedOrders,
    Throttle,
    ThrottleLimits,
    counted,
    unquiet,
)
from tests.builders.messages import BTC, a_moved, an_intent, booked

pytestmark = pytest.mark.req("PAC")

WINDOW = 100


def test_the_limit_is_reached_by_so_many_orders_within_the_window() -> None:
    throttle = Throttle(3, WINDOW)

    assert [throttle.count("a", str(at), at) for at in (0, 50, 100)] == [False, False, True]


def test_what_is_older_than_the_window_does_not_count() -> None:
    throttle = Throttle(3, WINDOW)

    assert [throttle.count("a", str(at), at) for at in (0, 50, 101, 150)] == [*[False] * 3, True]


def test_an_order_counts_once_and_each_key_for_itself() -> None:
    throttle = Throttle(2, WINDOW)

    told = [throttle.count(key, order, 1) for key, order in (("a", "1"), ("a", "1"), ("b", "2"))]

    assert told == [False] * 3
    assert throttle.count("a", "3", 2)


def test_it_is_quiet_a_whole_window_after_the_last() -> None:
    throttle = Throttle(2, WINDOW)
    throttle.count("a", "1", 5)
    throttle.count("a", "2", 7)

    assert (throttle.quiet_at("a"), throttle.quiet_at("b")) == (7 + WINDOW, 0)


def test_the_fullest_key_is_told_with_what_its_window_holds() -> None:
    throttle = Throttle(5, WINDOW)
    assert throttle.fullest(0) == ("", 0)
    for key, at in (("a", 0), ("a", 10), ("b", 20)):
        throttle.count(key, f"{key}{at}", at)
    assert throttle.fullest(20) == ("a", 2)

    for at in (110, 120):
        throttle.count("b", f"b{at}", at)
    assert throttle.fullest(120) == ("b", 3)
    assert throttle.fullest(500)[1] == 0


@given(some.lists(some.integers(0, 300), max_size=30), some.integers(2, 5))
def test_it_is_reached_exactly_where_a_window_holds_so_many(stamps: list[int], limit: int) -> None:
    throttle, stamps = Throttle(limit, WINDOW), sorted(stamps)

    for number, at in enumerate(stamps):
        within = [each for each in stamps[: number + 1] if at - each <= WINDOW]
        assert throttle.count("a", str(number), at) is (len(within) >= limit)


def test_the_shipped_limits_are_in_market_time() -> None:
    assert ThrottleLimits().window_ns == 300_000_000_000


# What counts, and what a journal gives back.


def a_rejection(number: int) -> object:
    return evolve(a_moved(an_intent(number=number), OrderState.REJECTED), reason="NO_FUNDS")


def test_rejected_orders_and_filled_entries_count_and_nothing_else_does() -> None:
    entry = an_intent(number=1)

    assert counted(a_rejection(1), 7) == Counted(
        REJECTED, GLOBAL, entry.client_order_id, Nanos(7), "NO_FUNDS"
    )
    assert counted(booked(entry, "1"), 8) == Counted(
        REPEATED, Scope.of_product(BTC), entry.client_order_id, Nanos(8), BTC
    )
    assert counted(a_moved(entry, OrderState.CANCELLED), 9) is None


def test_an_order_is_kept_once_and_of_each_kind_only_the_newest() -> None:
    kept = CountedOrders()
    for number in range(1, KEPT + 3):
        kept.take(a_rejection(number), number)
        kept.take(a_rejection(number), number + 100)
    kept.take(booked(an_intent(number=1), "1"), 5)

    assert [each.at_ns for each in kept.newest] == [3, 4, 5, *range(5, KEPT + 3)]


def test_a_rejection_without_a_reason_is_told_as_one() -> None:
    found = counted(a_moved(an_intent(), OrderState.REJECTED), 7)

    assert found is not None
    assert found.about == "no reason given"


def test_a_start_goes_on_from_what_was_kept() -> None:
    kept = CountedOrders()
    kept.take(a_rejection(1), 7)
    kept.take(booked(an_intent(number=2), "1"), 5)

    again = CountedOrders(kept.kept)
    again.take(a_rejection(1), 9)

    assert again.kept == kept.kept
    assert [each.at_ns for each in again.newest] == [5, 7]


def rejections(*stamps: int) -> tuple[Counted, ...]:
    return tuple(Counted(REJECTED, GLOBAL, str(at), Nanos(at), "") for at in stamps)


@pytest.mark.parametrize(
    ("stamps", "newest"),
    [
        ((0, 50), None),
        ((0, 50, 100), 100),
        ((0, 50, 100, 190, 280), 280),
        ((0, 50, 100, 200), None),
        ((0, 50, 100, 200, 250, 300), 300),
    ],
    ids=["too few", "enough", "never quiet since", "quiet since", "enough again"],
)
def test_counted_once_more_the_limit_stays_reached_until_it_was_quiet(
    stamps: tuple[int, ...], newest: int | None
) -> None:
    found = unquiet(rejections(*stamps), {REJECTED: Throttle(3, WINDOW)})

    assert [each.at_ns for each in found] == ([] if newest is None else [newest])
