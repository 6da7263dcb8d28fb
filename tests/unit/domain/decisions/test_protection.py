"""When a lot needs another order at the venue: one, of its quantity and at its stop."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.protection import (
    BARE_AT_MOST_NS,
    SETTLED_AFTER_NS,
    GuardedLot,
    Later,
    Move,
    Protect,
    Withdraw,
)
from domain.model.instants import SECOND
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.orders.venue_stops import VenueStop
from tests.builders.messages import NOW, a_lot, a_product

TWO = Quantity(Decimal(2))
THERE = VenueStop(lot="lot-1", quantity=TWO, stop_price=Price(Decimal(97)), state=OrderState.OPEN)


def judged(
    lot: Lot | None = None,
    *stops: VenueStop,
    after_ns: int = SETTLED_AFTER_NS,
    is_sold: bool = False,
) -> Move:
    guarded = GuardedLot(lot or a_lot(), NOW)
    return guarded.judge(a_product(), stops, NOW + after_ns, is_sold=is_sold)


@pytest.mark.req("PROT1")
def test_a_lot_without_protection_gets_one_of_all_that_is_held() -> None:
    assert judged() == Protect(TWO)
    assert judged(a_lot("2", missing=Quantity(Decimal("0.5")))) == Protect(Quantity(Decimal("1.5")))


@pytest.mark.req("PROT1")
@pytest.mark.parametrize(
    ("stop", "move"),
    [
        (THERE, None),
        (evolve(THERE, quantity=Quantity(Decimal(3)), filled=Quantity(Decimal(1))), None),
        (evolve(THERE, filled=Quantity(Decimal(1))), Protect(TWO)),
        (evolve(THERE, stop_price=Price(Decimal(96))), Protect(TWO)),
        (evolve(THERE, state=OrderState.PENDING_SUBMIT), None),
        (evolve(THERE, state=OrderState.PENDING_CANCEL), None),
        (evolve(THERE, state=OrderState.UNKNOWN), None),
    ],
)
def test_what_is_there_is_enough_if_it_sells_the_lot_at_its_stop(
    stop: VenueStop, move: Move
) -> None:
    assert judged(None, stop) == move


@pytest.mark.req("PROT1")
def test_a_lot_that_is_being_sold_is_not_protected_meanwhile() -> None:
    assert judged(is_sold=True) is None


@pytest.mark.req("PROT1")
def test_a_lot_that_still_grows_waits_but_not_for_long() -> None:
    guarded, product = GuardedLot(a_lot("1"), NOW), a_product()
    moves = []
    for step in range(1, 12):
        now_ns = NOW + step * 250_000_000
        guarded.take(a_lot(str(1 + step / 10)), now_ns)
        moves.append(guarded.judge(product, (), now_ns, is_sold=False))
        if isinstance(moves[-1], Protect):
            break

    assert moves[:-1] == [Later()] * (len(moves) - 1)
    assert isinstance(moves[-1], Protect)
    assert len(moves) * 250_000_000 <= BARE_AT_MOST_NS + 500_000_000


@pytest.mark.req("PROT1", "X5")
def test_too_little_to_be_sold_is_not_protected_and_what_protects_it_goes() -> None:
    dust = a_lot("0.00000001")

    assert judged(dust) is None
    assert judged(dust, THERE) == Withdraw("too little is left of its lot")


@pytest.mark.req("PAC", "PROT1")
@given(st.lists(st.integers(1, 5 * SECOND), min_size=200, max_size=200))
def test_tries_that_fail_are_paced_up_to_a_minute(steps: list[int]) -> None:
    guarded, product, now_ns = GuardedLot(a_lot(), NOW), a_product(), NOW + SECOND
    tries = []
    for step_ns in steps:
        now_ns += step_ns
        if isinstance(guarded.judge(product, (), now_ns, is_sold=False), Protect):
            tries.append(now_ns)
            guarded.failed("the venue rejects it", now_ns)

    waits = [after - before for before, after in pairwise(tries)]
    floors = [1, 2, 4, 8, 16, 32, *[60] * len(waits)]
    assert all(wait >= floor * SECOND for wait, floor in zip(waits, floors, strict=False))


@pytest.mark.req("PROT1")
def test_a_lot_that_changes_is_tried_afresh() -> None:
    guarded, product = GuardedLot(a_lot(), NOW), a_product()
    now_ns = NOW + SECOND
    for _ in range(3):
        guarded.judge(product, (), now_ns, is_sold=False)
        guarded.failed("the venue rejects it", now_ns)
        now_ns += 4 * SECOND
    assert guarded.judge(product, (), now_ns - 4 * SECOND + 1, is_sold=False) == Later()

    guarded.take(a_lot("1.5"), now_ns)

    later_ns = now_ns + SETTLED_AFTER_NS
    assert guarded.judge(product, (), later_ns, is_sold=False) == Protect(Quantity(Decimal("1.5")))
