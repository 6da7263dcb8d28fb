"""The duty ends by what the venue lists, not by what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sentinel.duty import Duty
from adapters.sentinel.orders import LiveOrders, Ours
from domain.model.entries import Unread
from domain.model.errors import Unreachable
from domain.orders.sweep import LISTINGS_TO_BELIEVE
from tests.builders.messages import an_unread

pytestmark = pytest.mark.req("K1", "SUP1")

OURS = {"c-1": "entry", "c-2": "entry", "x-1": "exit"}


class Desk:
    """A venue in memory. A deaf one confirms cancels and does nothing."""

    def __init__(self, *clients: str) -> None:
        self.open = {f"o-{client}": client for client in clients}
        self.is_deaf = self.is_away = self.loses_cancels = False
        self.cancelled: list[str] = []
        self.unread: tuple[Unread, ...] = ()
        self.denied: set[str] = set()
        """Orders that it does not know by id either."""
        self.asked_for: list[str] = []

    def ended(self, order_ids: Sequence[str]) -> Mapping[str, bool]:
        self.asked_for += order_ids
        return {each: each not in self.open for each in order_ids if each not in self.denied}

    def live_orders(self) -> LiveOrders:
        if self.is_away:
            raise Unreachable("the list")
        return LiveOrders(dict(self.open), self.unread)

    def cancel(self, order_ids: Sequence[str]) -> None:
        if self.loses_cancels:
            raise Unreachable("the cancel")
        self.cancelled += order_ids
        if not self.is_deaf:
            for order_id in order_ids:
                self.open.pop(order_id, None)
                self.unread = tuple(each for each in self.unread if each.order_id != order_id)


def duty_at(
    desk: Desk,
    ours: Callable[[], Ours] = lambda: Ours(OURS),
    *,
    includes_exits: bool = False,
) -> Duty:
    return Duty(desk, ours, lambda: includes_exits)


def test_it_is_clear_after_two_complete_lists_in_a_row_with_none_of_ours() -> None:
    desk = Desk("c-1", "c-2")
    duty = duty_at(desk)
    seen = []

    for _ in range(4):
        duty.round()
        seen.append((sorted(desk.open), duty.empty.count, duty.is_clear))

    assert seen == [([], 0, False), ([], 1, False), ([], 2, True), ([], 3, True)]
    assert duty.asked == {"o-c-1", "o-c-2"}


def test_an_order_that_comes_late_begins_the_count_anew() -> None:
    desk = Desk()
    duty = duty_at(desk)
    duty.round()
    duty.round()
    was_clear = duty.is_clear

    desk.open["o-c-1"] = "c-1"
    duty.round()

    assert (was_clear, duty.is_clear) == (True, False)
    assert desk.cancelled == ["o-c-1"]


class Forgetful(Desk):
    """Its list shows nothing."""

    def live_orders(self) -> LiveOrders:
        return LiveOrders({})


@pytest.mark.parametrize(
    ("includes_exits", "asked"), [(False, {"o-c-1"}), (True, {"o-c-1", "o-x-1"})]
)
def test_what_the_journal_calls_alive_is_cancelled_though_no_list_shows_it(
    *, includes_exits: bool, asked: set[str]
) -> None:
    desk = Forgetful("c-1", "x-1", "foreign")
    living = {"o-c-1": "c-1", "o-x-1": "x-1", "o-foreign": "foreign"}
    duty = duty_at(desk, lambda: Ours(OURS, living=living), includes_exits=includes_exits)

    duty.round()

    assert set(desk.cancelled) == asked


def test_what_no_list_shows_is_over_only_by_the_venues_word_for_its_id() -> None:
    desk = Forgetful("c-1")
    desk.is_deaf = True
    duty = duty_at(desk, lambda: Ours(OURS, living={"o-c-1": "c-1"}))
    for _ in range(5):
        duty.round()
    assert not duty.is_clear
    assert desk.cancelled == ["o-c-1"] * 5

    desk.open.clear()
    for _ in range(LISTINGS_TO_BELIEVE):
        duty.round()
    assert duty.is_clear
    assert len(desk.asked_for) == 6  # and is not asked for again


def test_what_the_venue_knows_neither_by_list_nor_by_id_is_not_known_to_be_gone() -> None:
    desk = Forgetful()
    desk.denied = {"o-c-1"}
    duty = duty_at(desk, lambda: Ours(OURS, living={"o-c-1": "c-1"}))
    for _ in range(3):
        with pytest.raises(Unreachable, match="1 of our orders can be had neither by list nor by"):
            duty.round()
    assert not duty.is_clear
    assert desk.cancelled == ["o-c-1"] * 3


def test_a_cancel_that_is_confirmed_is_not_believed() -> None:
    desk = Desk("c-1")
    desk.is_deaf = True
    duty = duty_at(desk)

    for _ in range(5):
        duty.round()

    assert desk.cancelled == ["o-c-1"] * 5
    assert not duty.is_clear


PLACED = Ours(OURS, None, {"o-1": "c-1", "o-2": "c-2", "o-3": "x-1"})


def test_what_cannot_be_read_and_is_not_ours_is_left_alone_and_ends_all_the_same() -> None:
    desk = Desk("c-1")
    desk.unread = (an_unread(order_id="o-8", client_order_id="hand"), an_unread(order_id="o-9"))
    duty = duty_at(desk, lambda: PLACED)

    for _ in range(3):
        duty.round()

    assert desk.cancelled == ["o-c-1"]
    assert duty.is_clear


@pytest.mark.parametrize("unread", [an_unread(order_id="o-9"), an_unread()])
def test_what_cannot_be_read_and_may_be_ours_is_no_empty_list(unread: Unread) -> None:
    desk = Desk("c-1")
    desk.unread = (unread,)
    duty = duty_at(desk)

    for _ in range(4):
        with pytest.raises(Unreachable, match="may be ours"):
            duty.round()

    assert desk.cancelled == ["o-c-1"]
    assert not duty.is_clear


@pytest.mark.parametrize(
    "unread", [an_unread(order_id="o-1"), an_unread(order_id="o-7", client_order_id="c-2")]
)
def test_what_cannot_be_read_and_is_ours_is_cancelled(unread: Unread) -> None:
    desk = Desk()
    desk.unread = (unread,)
    duty = duty_at(desk, lambda: PLACED)

    with pytest.raises(Unreachable):
        duty.round()
    duty.round()
    duty.round()

    assert desk.cancelled == [unread.order_id]
    assert duty.is_clear


def fail_to_list(desk: Desk) -> None:
    desk.is_away = True


def fail_to_cancel(desk: Desk) -> None:
    desk.open["o-c-1"] = "c-1"
    desk.loses_cancels = True


@pytest.mark.parametrize("fail", [fail_to_list, fail_to_cancel])
def test_a_failure_is_no_empty_list_and_begins_the_count_anew(fail: Callable[[Desk], None]) -> None:
    desk = Desk()
    duty = duty_at(desk)
    duty.round()
    duty.round()
    assert duty.is_clear

    fail(desk)
    with pytest.raises(Unreachable):
        duty.round()

    assert (duty.empty.count, duty.is_clear) == (0, False)


def test_without_knowing_all_that_is_ours_what_is_known_goes_and_no_list_counts() -> None:
    desk = Desk("c-1", "foreign")
    duty = duty_at(desk, lambda: Ours(OURS, "the journal"))

    for _ in range(3):
        with pytest.raises(Unreachable, match="the journal"):
            duty.round()

    assert desk.cancelled == ["o-c-1"]
    assert list(desk.open) == ["o-foreign"]
    assert not duty.is_clear


def test_what_is_ours_is_asked_anew_in_every_round() -> None:
    known: dict[str, str] = {}
    desk = Desk("c-1")
    duty = duty_at(desk, lambda: Ours(known))
    duty.round()
    assert desk.cancelled == []

    known["c-1"] = "entry"
    duty.round()

    assert desk.cancelled == ["o-c-1"]


@given(
    clients=st.sets(st.sampled_from([*OURS, "foreign", ""]), max_size=5),
    includes_exits=st.booleans(),
)
def test_foreign_orders_stay_and_protection_stays_unless_told(
    clients: set[str], includes_exits: bool
) -> None:
    desk = Desk(*clients)
    duty = duty_at(desk, includes_exits=includes_exits)

    for _ in range(1 + LISTINGS_TO_BELIEVE):
        duty.round()

    may_go = {"entry", "exit"} if includes_exits else {"entry"}
    left = {client for client in clients if OURS.get(client) not in may_go}
    assert set(desk.open.values()) == left
    assert duty.is_clear


def test_all_told_during_the_duty_holds_from_the_next_round() -> None:
    is_all = False
    desk = Desk("x-1")
    duty = Duty(desk, lambda: Ours(OURS), lambda: is_all)
    duty.round()
    assert list(desk.open) == ["o-x-1"]

    is_all = True
    duty.round()

    assert desk.open == {}


@pytest.mark.parametrize(
    ("begun_s", "is_over"), [(99.0, False), (100.0, False), (120.0, False), (120.1, True)]
)
def test_a_death_is_served_until_no_request_that_left_before_it_can_arrive(
    begun_s: float, is_over: bool
) -> None:
    duty = duty_at(Desk())
    duty.round()
    duty.round()

    assert duty.is_over(begun_s, 100.0, 20.0) is is_over


def test_however_late_it_is_not_over_while_something_of_ours_rests_or_the_trader_lives() -> None:
    duty = duty_at(Desk("c-1"))
    duty.round()
    assert not duty.is_over(1e9, 100.0, 20.0)

    duty.round()
    duty.round()
    assert duty.is_over(1e9, 100.0, 20.0)
    assert not duty.is_over(1e9, None, 20.0)
