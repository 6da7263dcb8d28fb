"""A sweep is over when the venue's lists say so twice in a row, and not a list earlier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import ApprovedOrder
from domain.model.breakers import GLOBAL, Scope
from domain.model.entries import Unread
from domain.model.orders import OrderIntent, VenueStatus
from domain.orders.sweep import LISTINGS_TO_BELIEVE, EmptyListings, Sweep
from tests.builders.messages import BTC, a_seen, an_intent, an_unread, approved, approved_sale

pytestmark = pytest.mark.req("K1")

ENTRY = an_intent(approved(), 1)
EXIT = an_intent(approved_sale("lot-1"), 2)
FOREIGN = an_intent(approved(), 3)
OURS = {each.client_order_id: each.order for each in (ENTRY, EXIT)}


def ours(client_order_id: str, order_id: str) -> ApprovedOrder | None:
    return OURS.get(client_order_id) or (ENTRY.order if order_id == "shown-before" else None)


def a_sweep(scope: str = "global", *, includes_exits: bool = False) -> Sweep:
    sweep = Sweep()
    sweep.widen("halt", Scope(scope), includes_exits=includes_exits)
    return sweep


def to_go(sweep: Sweep, *intents: OrderIntent) -> tuple[str, ...]:
    return sweep.take([a_seen(each) for each in intents], ours)


def test_what_is_foreign_is_left_alone_even_by_a_sweep_of_everything() -> None:
    everything = a_sweep(includes_exits=True)

    assert to_go(everything, FOREIGN) == ()
    assert to_go(everything, ENTRY, EXIT, FOREIGN) == ("venue-1", "venue-2")


def test_protection_stays_unless_it_is_asked_for() -> None:
    assert to_go(a_sweep(), ENTRY, EXIT) == ("venue-1",)


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        ("global", True),
        ("venue", True),
        (f"product:{BTC}", True),
        ("product:ETH-USD", False),
        ("strategy:breakout", True),
        ("strategy:other", False),
        ("actor", False),
    ],
)
def test_only_orders_of_its_scope_go(scope: str, is_covered: bool) -> None:
    assert to_go(a_sweep(scope), ENTRY) == (("venue-1",) if is_covered else ())


@pytest.mark.parametrize(
    "unread",
    [
        an_unread(order_id="o-9", client_order_id=ENTRY.client_order_id),
        an_unread(order_id="shown-before"),
    ],
    ids=["named by us", "shown before"],
)
def test_what_cannot_be_read_and_yet_is_ours_goes_too(unread: Unread) -> None:
    sweep = a_sweep()

    assert sweep.take([], ours, unread=[unread]) == (unread.order_id,)
    assert sweep.empty.count == 0


def test_what_cannot_be_read_and_is_not_ours_is_left_alone() -> None:
    sweep = a_sweep()
    foreign = an_unread(order_id="o-9", client_order_id="by-hand")

    assert sweep.take([], ours, unread=[foreign]) == ()
    assert sweep.empty.count == 1


def test_what_our_books_call_alive_is_cancelled_and_waited_for_though_no_list_shows_it() -> None:
    sweep = a_sweep()

    assert sweep.take([], ours, ["venue-7"]) == ("venue-7",)
    assert sweep.empty.count == 0


def test_a_sweep_that_does_not_wait_for_our_books_is_over_by_the_lists_alone() -> None:
    sweep = Sweep()
    sweep.widen("halt", GLOBAL, includes_exits=False, awaits_ours=False)

    assert sweep.take([], ours, ["venue-7"]) == ("venue-7",)
    assert sweep.empty.count == 1
    assert to_go(sweep, ENTRY) == ("venue-1",)
    assert sweep.empty.count == 0


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_of_several_requests_one_that_waits_for_our_books_is_enough(
    order: tuple[bool, bool],
) -> None:
    sweep = Sweep()
    for awaits_ours in order:
        sweep.widen("halt", GLOBAL, includes_exits=False, awaits_ours=awaits_ours)

    sweep.take([], ours, ["venue-7"])

    assert sweep.empty.count == 0


@pytest.mark.parametrize("status", [each for each in VenueStatus if each.is_terminal])
def test_what_has_ended_need_not_be_cancelled(status: VenueStatus) -> None:
    assert a_sweep().take([a_seen(ENTRY, status)], ours) == ()


def test_a_further_request_widens_it_and_begins_the_count_anew() -> None:
    sweep = a_sweep("product:ETH-USD")
    for _ in range(LISTINGS_TO_BELIEVE):
        to_go(sweep, ENTRY)
    assert sweep.is_over

    sweep.widen("kill", GLOBAL, includes_exits=True)

    assert not sweep.is_over
    assert to_go(sweep, ENTRY, EXIT) == ("venue-1", "venue-2")
    assert sweep.reasons == ["halt", "kill"]


def test_the_same_request_again_is_named_once() -> None:
    sweep = a_sweep()
    sweep.widen("halt", GLOBAL, includes_exits=False)

    assert sweep.reasons == ["halt"]


def test_an_order_is_counted_once_however_often_its_cancel_is_asked_for() -> None:
    sweep = a_sweep()
    for _ in range(3):
        to_go(sweep, ENTRY)

    assert sweep.asked == {"venue-1"}


LOOKS = st.lists(st.sampled_from(["empty", "alive", "doubt"]), max_size=12)


@given(looks=LOOKS)
def test_it_is_believed_exactly_after_enough_empty_lists_in_a_row(looks: list[str]) -> None:
    empty = EmptyListings()
    for look in looks:
        if look == "doubt":
            empty.doubt()
        else:
            empty.saw(["venue-1"] if look == "alive" else [])

    tail = looks[len(looks) - LISTINGS_TO_BELIEVE :] if len(looks) >= LISTINGS_TO_BELIEVE else []
    assert empty.are_believed is (tail == ["empty"] * LISTINGS_TO_BELIEVE)


def test_one_list_is_not_enough() -> None:
    assert LISTINGS_TO_BELIEVE >= 2
