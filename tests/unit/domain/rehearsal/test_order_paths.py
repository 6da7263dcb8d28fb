"""Which records show that an order went which way."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.control import LIQUIDATE, OperatorActed
from domain.messages.decisions import RestProposed
from domain.model.approval import ExitReason
from domain.model.orders import OrderState
from domain.orders.order import TIME_OVER
from domain.rehearsal.order_paths import OF_EXIT, OrderPath, OrderPathFold
from tests.builders.messages import BTC, a_moved, an_intent, approved_sale, approved_stop, booked
from tests.builders.rehearsals import STARTED

pytestmark = pytest.mark.req("RH1")


def paths(*messages: object) -> list[OrderPath]:
    fold = OrderPathFold()
    return [path for message in messages for path in fold.take(message)]


def sold(reason: ExitReason) -> object:
    return booked(an_intent(approved_sale("lot-1", reason=reason)))


def test_every_reason_to_sell_is_a_path_of_its_own() -> None:
    assert OF_EXIT.keys() == set(ExitReason)
    assert len(set(OF_EXIT.values())) == len(ExitReason)


@pytest.mark.parametrize("reason", ExitReason)
def test_the_fill_of_a_sale_is_of_the_path_of_its_reason(reason: ExitReason) -> None:
    assert paths(sold(reason)) == [OF_EXIT[reason]]


def test_a_sale_by_a_person_is_a_close_until_a_liquidation_begins_in_that_run() -> None:
    by_person = sold(ExitReason.OPERATOR)
    begins = OperatorActed(LIQUIDATE, "enough")

    assert paths(STARTED, by_person) == [OrderPath.CLOSE]
    assert paths(STARTED, begins, by_person) == [OrderPath.LIQUIDATE]
    assert paths(begins, STARTED, by_person) == [OrderPath.CLOSE]
    assert paths(begins, sold(ExitReason.STOP)) == [OrderPath.STOP]


@pytest.mark.parametrize(
    ("state", "filled", "expected"),
    [
        (OrderState.PARTIALLY_FILLED, "1", [OrderPath.PARTIAL]),
        (OrderState.CANCELLED, "0", [OrderPath.CANCEL]),
        (OrderState.CANCELLED, "1", [OrderPath.PARTIAL, OrderPath.CANCEL]),
        (OrderState.EXPIRED, "0", [OrderPath.EXPIRY]),
        (OrderState.REJECTED, "0", [OrderPath.REJECTION]),
        (OrderState.UNKNOWN, "0", [OrderPath.UNKNOWN]),
        (OrderState.FILLED, "2", []),
        (OrderState.OPEN, "0", []),
    ],
)
def test_an_entry_goes_the_way_that_its_states_say(
    state: OrderState, filled: str, expected: list[OrderPath]
) -> None:
    assert paths(a_moved(an_intent(), state, filled)) == expected


def test_a_stop_order_that_rests_is_protection() -> None:
    protection = an_intent(approved_stop("lot-1"))

    assert paths(a_moved(protection, OrderState.OPEN)) == [OrderPath.PROTECTION]


def test_the_rest_of_an_entry_that_is_priced_anew_is_a_reprice() -> None:
    assert paths(RestProposed("id", "s", BTC, takes=False)) == [OrderPath.REPRICE]


def test_an_entry_that_we_cancel_as_too_old_has_expired() -> None:
    old = evolve(a_moved(an_intent(), OrderState.CANCELLED), reason=TIME_OVER)

    assert paths(old) == [OrderPath.EXPIRY]
