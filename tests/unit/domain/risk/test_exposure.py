"""Reservations: made at approval, moved by fills, gone at the end, back if the end was none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.money import Amount, Quantity
from domain.model.orders import OrderState
from domain.risk.exposure import REMEMBERED_ENDS, Exposure
from tests.builders.messages import a_moved, an_intent, approved, approved_sale, booked

ORDER = approved(worst_case=Amount(Decimal(200)))
INTENT = an_intent(ORDER)


def reserved(exposure: Exposure) -> Decimal:
    return sum((each.worst_case for each in exposure.entries()), Decimal(0))


@pytest.mark.req("E2")
def test_an_approved_order_is_reserved_before_it_has_an_id() -> None:
    assert reserved(Exposure().reserve(ORDER)) == 200


@pytest.mark.req("E2")
def test_what_is_filled_is_owned_and_no_longer_reserved() -> None:
    exposure = Exposure().reserve(ORDER).bind(INTENT).fill(booked(INTENT, "0.5"))

    assert reserved(exposure) == 150


@pytest.mark.req("E2")
def test_a_second_intent_of_the_same_order_forgets_no_fill() -> None:
    exposure = Exposure().reserve(ORDER).bind(INTENT).fill(booked(INTENT, "0.5"))

    assert exposure.bind(INTENT) == exposure


@pytest.mark.req("BOOT1", "E2")
def test_after_a_restart_an_order_is_reserved_with_what_is_left() -> None:
    assert reserved(Exposure().bind(INTENT, Quantity(Decimal("1.5")))) == 50


@pytest.mark.req("E2", "X4")
def test_an_order_found_alive_after_its_end_is_reserved_again() -> None:
    exposure = Exposure().reserve(ORDER).bind(INTENT).end(a_moved(INTENT, OrderState.VOID))
    assert reserved(exposure) == 0

    assert reserved(exposure.end(a_moved(INTENT, OrderState.OPEN))) == 200


@pytest.mark.req("E2", "X4")
def test_a_fill_after_the_end_is_not_reserved_again_if_the_order_is_found_alive() -> None:
    other = an_intent(approved(approval=7), 7)
    ended = Exposure().bind(INTENT).end(a_moved(INTENT, OrderState.VOID))
    ended = ended.bind(other).end(a_moved(other, OrderState.VOID))

    late = ended.fill(booked(INTENT, "0.5"))
    alive = late.end(a_moved(INTENT, OrderState.OPEN))

    assert reserved(late) == 0
    assert reserved(alive) == 150
    assert alive.ended_as(INTENT.client_order_id) is None
    assert alive.ended_as(other.client_order_id) is not None
    assert reserved(alive.bind(INTENT)) == 150, "an order that is known is bound once"
    assert late.bind(INTENT) is late, "also where it has ended"


def test_an_order_that_has_ended_is_found_by_its_name_with_what_it_has_bought() -> None:
    intent = an_intent()
    living = Exposure().bind(intent).fill(booked(intent, "1"))
    assert living.ended_as(intent.client_order_id) is None

    ended = living.end(a_moved(intent, OrderState.CANCELLED, "1"))
    found = ended.ended_as(intent.client_order_id)
    assert found is not None
    assert (found.order, found.filled) == (intent.order, Quantity(Decimal(1)))
    assert ended.ended_as("another") is None


def test_a_dropped_reservation_is_gone_and_others_stay() -> None:
    other = approved(approval=5, worst_case=Amount(Decimal(30)))
    exposure = Exposure().reserve(ORDER).reserve(other)

    assert reserved(exposure.drop(ORDER.approval)) == 30


def test_orders_of_others_change_nothing() -> None:
    exposure = Exposure().reserve(ORDER).bind(INTENT)
    other = an_intent(approved(approval=7), 7)

    assert exposure.end(a_moved(other, OrderState.FILLED)) == exposure
    assert exposure.fill(booked(other, "1")) == exposure


@pytest.mark.req("R1")
def test_what_is_being_sold_is_counted_per_lot() -> None:
    half, rest = approved_sale("lot-1", "0.5"), approved_sale("lot-1", "1", approval=3)
    exposure = Exposure().reserve(ORDER).reserve(half).reserve(rest)
    assert exposure.selling("lot-1") == Decimal("1.5")
    assert exposure.selling("lot-2") == 0

    intent = an_intent(half, 2)
    exposure = exposure.bind(intent).fill(booked(intent, "0.2"))
    assert exposure.selling("lot-1") == Decimal("1.3")
    assert exposure.end(a_moved(intent, OrderState.CANCELLED)).selling("lot-1") == 1
    assert reserved(exposure) == 200


def test_ended_orders_are_remembered_for_a_while_only() -> None:
    exposure = Exposure()
    for number in range(1, REMEMBERED_ENDS + 50):
        intent = an_intent(approved(approval=number), number)
        exposure = exposure.bind(intent).end(a_moved(intent, OrderState.FILLED))

    assert len(exposure.ended) == REMEMBERED_ENDS
    assert not exposure.living
    assert reserved(exposure) == 0


@pytest.mark.req("E2")
@given(st.lists(st.decimals("0.01", "2", places=2), max_size=10))
def test_the_reservation_shrinks_in_step_with_the_fills(parts: list[Decimal]) -> None:
    exposure, left = Exposure().reserve(ORDER).bind(INTENT), Decimal(2)
    for number, part in enumerate(parts):
        if part > left:
            continue
        left -= part
        exposure = exposure.fill(booked(INTENT, str(part), entry_id=f"part-{number}"))

        assert reserved(exposure) == 100 * left
