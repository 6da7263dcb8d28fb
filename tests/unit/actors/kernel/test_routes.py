"""Who may say what to whom, and how it waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.routes import Lane, Places, Route, matches
from actors.kernel.timers import InTurn, Timer
from tests.fakes.actors import ROUTES, Event, Price, Urgent

NAMES = st.text("abz._", min_size=1, max_size=8)


class Ring(Timer):
    """A timer of some actor."""


class Look(InTurn):
    """A timer of an actor that judges what has arrived."""


@given(NAMES, NAMES)
def test_a_name_is_itself_and_a_group_is_all_that_begin_as_it_does(name: str, other: str) -> None:
    assert matches((name,), other) is (name == other)
    assert matches((f"{name}.*",), f"{name}.{other}")
    assert not matches((f"{name}.*",), name)
    assert matches(("*",), other)
    assert not matches((), other)


def test_receivers_are_those_of_every_way_and_each_once() -> None:
    row = Route(says=("gate",), hears=("a", "b"), one=("b", "c"), asker=("a", "d"))

    assert row.receivers == ("a", "b", "c", "d")


def test_a_row_allows_only_its_speakers_and_its_receivers() -> None:
    row = Route(says=("strategy.*",), hears=("allocator",))

    assert row.allows("strategy.breakout", "allocator")
    assert not row.allows("feed", "allocator")
    assert not row.allows("strategy.breakout", "feed")


def test_timers_are_control_and_a_kind_without_a_row_is_an_event() -> None:
    places = Places(ROUTES)

    assert [places[kind][0] for kind in (Urgent, Ring, Event)] == [
        Lane.CONTROL,
        Lane.CONTROL,
        Lane.EVENT,
    ]


def test_a_timer_that_judges_what_has_arrived_waits_its_turn() -> None:
    assert Places(ROUTES)[Look] == (Lane.EVENT, None)


def test_market_data_is_kept_by_its_key() -> None:
    lane, key = Places(ROUTES)[Price]

    assert lane is Lane.MARKET
    assert key is not None
    assert key(Price("BTC-USD", 1)) == key(Price("BTC-USD", 2)) != key(Price("ETH-USD", 1))
