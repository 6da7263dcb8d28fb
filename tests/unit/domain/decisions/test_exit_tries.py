"""Tries to sell a lot: one at a time, further apart after each that came to nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.exit_tries import (
    FIRST_WAIT_NS,
    LONGEST_WAIT_NS,
    ORDER_LIFE_NS,
    Circumstances,
    ExitTries,
)
from domain.model.approval import ExitReason
from domain.model.instants import DAY, HOUR, SECOND
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.product import ProductFlags
from tests.builders.messages import a_moved, an_intent

pytestmark = pytest.mark.req("X6", "PAC")
NOW = 1_700_000_000 * SECOND
USUAL = Circumstances(Price(Decimal(100)), Quantity(Decimal(2)), ProductFlags())


def tried(times: int) -> tuple[ExitTries, int]:
    """Return tries that were refused so often, each as soon as it could be, and when."""
    tries, now_ns = ExitTries(), NOW
    for _ in range(times):
        while not tries.may_begin(USUAL, now_ns):
            now_ns += SECOND
        tries.begin(USUAL, now_ns)
        tries.failed("refused", now_ns)
    return tries, now_ns


@pytest.mark.parametrize(("times", "wait_s"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (40, 60)])
def test_each_try_that_came_to_nothing_doubles_the_wait_up_to_a_minute(
    times: int, wait_s: int
) -> None:
    tries, now_ns = tried(times)

    assert not tries.may_begin(USUAL, now_ns + wait_s * SECOND - 1)
    assert tries.may_begin(USUAL, now_ns + wait_s * SECOND)
    assert tries.hindrance == "refused"


def test_a_proposal_without_any_answer_counts_as_a_try_that_came_to_nothing() -> None:
    tries = ExitTries()
    tries.begin(USUAL, NOW)
    tries.begin(USUAL, NOW + FIRST_WAIT_NS)

    assert not tries.may_begin(USUAL, NOW + 3 * FIRST_WAIT_NS - 1)
    assert tries.may_begin(USUAL, NOW + 3 * FIRST_WAIT_NS)


@pytest.mark.parametrize(
    "changed",
    [
        evolve(USUAL, bid=Price(Decimal(99))),
        evolve(USUAL, bid=Price(Decimal(101))),
        evolve(USUAL, quantity=Quantity(Decimal("1.99"))),
        evolve(USUAL, flags=ProductFlags(limit_only=True)),
        evolve(USUAL, flags=None),
        evolve(USUAL, is_limited=True),
    ],
)
def test_other_circumstances_begin_the_tries_anew_a_second_after_the_last(
    changed: Circumstances,
) -> None:
    tries, now_ns = tried(7)

    assert not tries.may_begin(changed, now_ns + FIRST_WAIT_NS - 1)
    assert tries.may_begin(changed, now_ns + FIRST_WAIT_NS)
    tries.begin(changed, now_ns + FIRST_WAIT_NS)
    assert tries.may_begin(changed, now_ns + 2 * FIRST_WAIT_NS)


def test_the_noise_of_a_price_is_no_other_circumstance() -> None:
    tries, now_ns = tried(7)

    assert not tries.may_begin(evolve(USUAL, bid=Price(Decimal("99.01"))), now_ns + 30 * SECOND)


def test_while_an_order_lives_nothing_is_tried_whatever_changes() -> None:
    tries = ExitTries()
    tries.begin(USUAL, NOW)
    tries.ordered("o", NOW)

    other = evolve(USUAL, bid=Price(Decimal(50)))
    assert not tries.may_begin(other, NOW + ORDER_LIFE_NS - 1)
    assert tries.may_begin(USUAL, NOW + ORDER_LIFE_NS)


def test_after_a_fill_the_rest_is_tried_within_a_second() -> None:
    tries, now_ns = tried(7)
    tries.ordered("o", now_ns)

    tries.succeeded(now_ns)

    assert tries.hindrance is None
    assert not tries.may_begin(USUAL, now_ns + FIRST_WAIT_NS - 1), "one try a second at most"
    assert tries.may_begin(USUAL, now_ns + FIRST_WAIT_NS)


def test_what_frees_a_lot_brings_the_next_try_forward_but_none_beside_an_order() -> None:
    tries, now_ns = tried(7)
    tries.freed(now_ns)
    assert tries.may_begin(USUAL, now_ns + FIRST_WAIT_NS)

    tries.ordered("o", now_ns)
    tries.freed(now_ns)
    assert not tries.may_begin(USUAL, now_ns + FIRST_WAIT_NS)


@given(st.integers(1, 10**6))
def test_the_wait_never_passes_a_minute(times: int) -> None:
    tries = ExitTries()
    tries._failures = times
    tries.begin(USUAL, NOW)

    assert tries.may_begin(USUAL, NOW + LONGEST_WAIT_NS)
    assert DAY > LONGEST_WAIT_NS


def selling(tries: ExitTries, at_ns: int, reason: ExitReason) -> int | None:
    """Begin a try at `at_ns`; return how far it reaches."""
    tries.begin(USUAL, at_ns)
    tries.ordered("o", at_ns)
    return tries.reach_bps(reason)


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    ("reason", "reaches"),
    [
        (ExitReason.TARGET, [25, 50, 100, 200, 400, None, None]),
        (ExitReason.STOP, [50, 200, None, None]),
        (ExitReason.OPERATOR, [50, 200, None, None]),
    ],
)
def test_each_try_reaches_farther_and_the_last_ones_to_any_price(
    reason: ExitReason, reaches: list[int | None]
) -> None:
    tries = ExitTries()

    assert [selling(tries, NOW + n * SECOND, reason) for n, _ in enumerate(reaches)] == reaches
    tries.begin_anew()
    assert selling(tries, NOW + HOUR, reason) == reaches[0]


@pytest.mark.req("X5", "PAC")
@pytest.mark.parametrize(
    ("reason", "waits"),
    [
        (ExitReason.TARGET, [1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60]),
        (ExitReason.STOP, [1, 1, 1, 2, 4, 8, 8, 8]),
    ],
)
def test_what_sells_in_parts_waits_longer_once_it_reaches_any_price(
    reason: ExitReason, waits: list[int]
) -> None:
    tries, now_ns = ExitTries(), int(NOW)
    for wait in waits:
        selling(tries, now_ns, reason)
        tries.succeeded(now_ns)
        assert not tries.may_begin(USUAL, now_ns + wait * SECOND - 1)
        now_ns += wait * SECOND
        assert tries.may_begin(USUAL, now_ns)


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    ("state", "filled", "tries_before", "goes_on"),
    [
        (OrderState.CANCELLED, "0", 0, True),
        (OrderState.EXPIRED, "0", 0, True),
        (OrderState.CANCELLED, "1", 5, True),
        (OrderState.CANCELLED, "0", 5, False),
        (OrderState.REJECTED, "0", 0, False),
        (OrderState.VOID, "0", 0, False),
    ],
)
def test_that_nobody_bids_within_a_reach_is_no_failure_as_long_as_it_widens(
    state: OrderState, filled: str, tries_before: int, goes_on: bool
) -> None:
    tries = ExitTries()
    for number in range(tries_before + 1):
        selling(tries, NOW + number * SECOND, ExitReason.TARGET)

    assert tries.goes_on(a_moved(an_intent(), state, filled)) is goes_on
