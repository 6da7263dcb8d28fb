"""What the journal calls alive has a name at the venue and no end."""

from __future__ import annotations

import pytest
from attrs import evolve

from adapters.sentinel.living import ENDED, LivingOrders
from domain.messages.orders import OrderAdvanced
from domain.model.orders import TERMINAL, OrderState
from tests.builders.messages import a_moved, an_intent

pytestmark = pytest.mark.req("K1")

INTENT = an_intent()


def note(living: LivingOrders, moved: OrderAdvanced) -> None:
    living.note(moved.order_id, moved.client_order_id, moved.state.value)


@pytest.fixture
def living() -> LivingOrders:
    return LivingOrders()


def test_it_knows_every_end_of_an_order() -> None:
    assert set(ENDED) == {state.value for state in TERMINAL}


@pytest.mark.parametrize("state", sorted(set(OrderState) - TERMINAL))
def test_what_has_a_name_and_no_end_is_alive(living: LivingOrders, state: OrderState) -> None:
    note(living, a_moved(INTENT, state))

    assert living.clients == {"venue-1": INTENT.client_order_id}


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_what_has_ended_is_not(living: LivingOrders, state: OrderState) -> None:
    note(living, a_moved(INTENT, OrderState.OPEN))
    note(living, evolve(a_moved(INTENT, state), order_id=None))

    assert living.clients == {}


def test_what_has_no_name_at_the_venue_is_left_to_its_list(living: LivingOrders) -> None:
    note(living, evolve(a_moved(INTENT, OrderState.UNKNOWN), order_id=None))

    assert living.clients == {}
