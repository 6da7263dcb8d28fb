"""What the journal calls alive has a name at the venue and no end."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from adapters.journal.codec import Codec
from adapters.sentinel.living import ENDED, LivingOrders
from domain.messages.catalogue import CATALOGUE
from domain.messages.orders import OrderAdvanced
from domain.model.orders import TERMINAL, OrderState
from tests.builders.messages import a_moved, an_intent

pytestmark = pytest.mark.req("K1")

INTENT = an_intent()


def line(moved: OrderAdvanced) -> bytes:
    told = Codec(CATALOGUE).encode(moved)
    record = {"data": told, "type": "OrderAdvanced"}
    return json.dumps(record, separators=(",", ":")).encode()


@pytest.fixture
def living() -> LivingOrders:
    return LivingOrders()


def test_it_knows_every_end_of_an_order() -> None:
    assert set(ENDED) == {state.value for state in TERMINAL}


@pytest.mark.parametrize("state", sorted(set(OrderState) - TERMINAL))
def test_what_has_a_name_and_no_end_is_alive(living: LivingOrders, state: OrderState) -> None:
    living.read(line(a_moved(INTENT, state)))

    assert living.clients == {"venue-1": INTENT.client_order_id}


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_what_has_ended_is_not(living: LivingOrders, state: OrderState) -> None:
    living.read(line(a_moved(INTENT, OrderState.OPEN)))
    living.read(line(evolve(a_moved(INTENT, state), order_id=None)))

    assert living.clients == {}


@pytest.mark.parametrize(
    "odd", [b"", b"{", b'{"type":"OrderAdvanced"}', b'{"type":"OrderAdvanced","data":[]}']
)
def test_a_line_that_can_not_be_read_changes_nothing(living: LivingOrders, odd: bytes) -> None:
    living.read(line(a_moved(INTENT, OrderState.OPEN)))
    living.read(odd)
    living.read(line(evolve(a_moved(an_intent(number=2), OrderState.UNKNOWN), order_id=None)))

    assert living.clients == {"venue-1": INTENT.client_order_id}
