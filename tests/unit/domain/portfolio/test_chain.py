"""What ended long ago is known by name alone, and a second order under its names still shows."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.orders import OrderState
from domain.portfolio.chain import Chain
from tests.builders.messages import LINEAGE, a_moved, an_intent, approved, booked

pytestmark = pytest.mark.req("AUD1", "X2")

KEPT = 2


@pytest.fixture
def chain() -> Chain:
    """Return a chain that has seen five orders filled and keeps the last two of them whole."""
    made = Chain(KEPT)
    made.take(JournalCreated(LINEAGE))
    for number in range(1, 6):
        assert said(made, *life(number)) == ()
    return made


def life(number: int) -> list[object]:
    intent = an_intent(approved(approval=number), number)
    fill = booked(intent, entry_id=f"f-{number}")
    venue_id = f"venue-{number}"
    seen = evolve(fill.fill, order_id=venue_id)
    filled = evolve(
        a_moved(intent, OrderState.FILLED),
        order_id=venue_id,
        filled=intent.order.quantity,
    )
    told = evolve(fill, fill=evolve(seen, quantity=intent.order.quantity))
    return [OrderApproved(intent.order), IntentRaised(intent), told, filled]


def said(chain: Chain, *messages: object) -> tuple[str, ...]:
    return tuple(each for message in messages for each in chain.take(message))


@pytest.mark.parametrize("number", [1, 5])
def test_whatever_comes_twice_is_named_however_long_ago_it_was(number: int, chain: Chain) -> None:
    approval, intent, fill, _ = life(number)

    assert "is given a second time" in said(chain, approval)[0]
    assert "is booked a second time" in said(chain, fill)[0]
    assert isinstance(intent, IntentRaised)
    again = an_intent(intent.intent.order, 9)
    assert "is used twice" in said(chain, IntentRaised(again))[0]


def test_an_order_is_not_intended_again_after_it_was_forgotten(chain: Chain) -> None:
    [_, intent, *_] = life(1)

    assert "is intended again, after its end" in said(chain, intent)[0]


def test_the_venues_name_of_a_forgotten_order_is_nobody_elses(chain: Chain) -> None:
    approval, intent, _, _ = life(6)
    assert said(chain, approval, intent) == ()
    assert isinstance(intent, IntentRaised)
    moved = evolve(a_moved(intent.intent, OrderState.OPEN), order_id="venue-1")

    assert "claimed by" in said(chain, moved)[0]


def test_what_is_heard_late_of_a_forgotten_order_is_no_stranger(chain: Chain) -> None:
    [_, _, fill, filled] = life(1)
    assert isinstance(fill, FillBooked)
    late = evolve(fill, fill=evolve(fill.fill, entry_id="late"))

    assert said(chain, filled, late) == ()
    unknown = evolve(a_moved(an_intent(approved(), 77), OrderState.OPEN))
    assert "was never intended" in said(chain, unknown)[0]
    assert chain.intents == 5
