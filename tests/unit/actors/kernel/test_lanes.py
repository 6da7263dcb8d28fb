from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as some
from pykka import messages

from actors.kernel.envelope import Envelope
from actors.kernel.lanes import Lanes
from actors.kernel.routes import Lane, Places, Route
from domain.model.errors import MailboxFull
from tests.builders.messages import NOW
from tests.fakes.actors import ROUTES, Event, Price, Urgent


@frozen
class Item:
    """What pykka puts into an inbox."""

    message: Any


@frozen
class Book:
    """Market data of another kind than a price."""

    key: str


PLACES = Places({**ROUTES, Book: Route(says=(), lane=Lane.MARKET, key=lambda book: book.key)})


def push(lanes: Lanes, item: Item) -> None:
    lanes.push(item, getattr(item.message, "body", None))


def item(body: Any) -> Item:
    return Item(Envelope(1, body, "sender", 1, 1, 0, NOW))


def drained(lanes: Lanes) -> list[Any]:
    return [lanes.pop().message.body for _ in range(len(lanes))]


def test_control_comes_first_then_events_then_market_data() -> None:
    lanes = Lanes(PLACES)
    for body in (Price("a", 1), Event(1), Urgent(1)):
        push(lanes, item(body))

    assert len(lanes) == 3
    assert drained(lanes) == [Urgent(1), Event(1), Price("a", 1)]


def test_pykkas_own_messages_travel_in_the_control_lane() -> None:
    lanes = Lanes(PLACES)
    push(lanes, item(Event(1)))
    push(lanes, Item(messages._ActorStop()))

    assert isinstance(lanes.pop().message, messages._ActorStop)


def test_market_data_of_different_kinds_with_one_key_does_not_replace_each_other() -> None:
    lanes = Lanes(PLACES)
    push(lanes, item(Price("a", 1)))
    push(lanes, item(Book("a")))

    assert lanes.conflated == 0
    assert drained(lanes) == [Price("a", 1), Book("a")]


def test_a_key_taken_out_queues_again_at_the_end() -> None:
    lanes = Lanes(PLACES)
    for body in (Price("a", 1), Price("b", 1)):
        push(lanes, item(body))
    lanes.pop()
    push(lanes, item(Price("a", 2)))

    assert drained(lanes) == [Price("b", 1), Price("a", 2)]


def test_the_event_lane_refuses_one_above_its_capacity_and_keeps_what_it_has() -> None:
    lanes = Lanes(PLACES, capacity=2)
    for number in range(2):
        push(lanes, item(Event(number)))

    with pytest.raises(MailboxFull, match="2 messages wait; no place for Event"):
        push(lanes, item(Event(2)))

    assert drained(lanes) == [Event(0), Event(1)]


def test_control_and_market_data_find_place_in_a_full_inbox() -> None:
    lanes = Lanes(PLACES, capacity=0)
    for number in range(100):
        push(lanes, item(Urgent(number)))
        push(lanes, item(Price("a", number)))

    assert len(lanes) == 101


BODIES = some.one_of(
    some.builds(Event, some.integers(0, 9)),
    some.builds(Urgent, some.integers(0, 9)),
    some.builds(Price, some.sampled_from("abc"), some.integers(0, 9)),
)


@given(some.lists(BODIES))
def test_control_and_events_come_out_whole_and_in_order_market_data_newest_per_key(
    bodies: list[Any],
) -> None:
    lanes = Lanes(PLACES)
    for body in bodies:
        push(lanes, item(body))
    out = drained(lanes)

    urgent = [each for each in bodies if isinstance(each, Urgent)]
    events = [each for each in bodies if isinstance(each, Event)]
    prices = [each for each in bodies if isinstance(each, Price)]
    newest = {each.key: each for each in prices}
    assert out == [*urgent, *events, *newest.values()]
    assert lanes.conflated == len(prices) - len(newest)
