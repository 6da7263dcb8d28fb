"""A run against its replay: parts and what is left over add up, and what is unexplained is told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import ExitReason, Purpose
from domain.model.breakers import Effect
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import ZERO
from domain.model.product import Side
from domain.replay.comparison import PROTECTED
from domain.replay.hindrances import Hinderer, Hindrance
from domain.replay.parts import PnlPart
from domain.replay.session import PlayedTrip
from tests.builders.messages import a_breaker
from tests.builders.sessions import (
    BEGUN,
    END,
    a_session,
    a_trip,
    an_execution,
    an_exit_of,
    of_both,
)

pytestmark = pytest.mark.req("BT4")
BOUGHT = a_trip(0, an_execution())


def sold(reason: ExitReason, price: str = "104") -> PlayedTrip:
    sale = an_execution(Side.SELL, price, reason=reason, at_ns=Nanos(BEGUN + 300 * SECOND))
    return a_trip(0, an_execution(), sale)


def test_equal_sessions_agree_and_nothing_is_left() -> None:
    found = of_both(a_session(BOUGHT), a_session(BOUGHT))
    assert found.agrees
    assert found.is_explained
    assert (found.difference, found.residual) == (ZERO, ZERO)


@pytest.mark.parametrize(("told", "is_fine"), [("0.005", True), ("-0.02", False)])
def test_what_no_fill_tells_is_left_over_and_has_a_bound(told: str, is_fine: bool) -> None:
    same = a_session(BOUGHT)
    known = of_both(same, same).earned.told
    found = of_both(same, same, told=known + Decimal(told))
    assert found.residual == Decimal(told)
    assert found.is_explained is is_fine
    assert found.agrees


def test_a_trade_that_nothing_explains_is_left_over_and_not_explained() -> None:
    found = of_both(a_session(BOUGHT), a_session())
    assert not found.is_explained
    assert found.residual == found.difference != ZERO


def test_a_trade_that_a_pause_kept_away_is_the_persons() -> None:
    pause = a_breaker(Effect.BLOCK, name="pause")
    held = Hindrance(by=Hinderer.PERSON, why="pause", since_ns=BEGUN, breaker=pause)
    found = of_both(a_session(), a_session(BOUGHT), held)
    assert found.is_explained
    assert found.parts[PnlPart.PERSON] == found.difference
    assert not found.agrees


def test_a_sale_by_hand_is_an_exit_of_the_run_alone() -> None:
    by_hand, target = sold(ExitReason.OPERATOR, "90"), sold(ExitReason.TARGET)
    found = of_both(a_session(by_hand), a_session(target))
    told = {(each.kind, each.is_in_run, each.cause.part) for each in found.exits}
    assert told == {("operator", True, PnlPart.PERSON), ("target", False, PnlPart.PERSON)}
    assert found.is_explained
    assert found.parts[PnlPart.PERSON] == found.difference


def test_a_stop_is_a_stop_whichever_order_sold_it() -> None:
    lot = sold(ExitReason.STOP)
    run = a_session(lot, exits=(an_exit_of(lot, ExitReason.STOP, Purpose.EXIT, 5),))
    assert of_both(run, a_session(lot)).exits_same == 1
    assert of_both(run, a_session(lot)).exits == ()


def test_a_stop_order_that_is_missing_is_told() -> None:
    waits = an_exit_of(BOUGHT, ExitReason.STOP, Purpose.PROTECTION)
    run = a_session(BOUGHT)
    found = of_both(run, a_session(BOUGHT, exits=(waits,)))
    ((kind, is_in_run, part),) = [(e.kind, e.is_in_run, e.cause.part) for e in found.exits]
    assert (kind, is_in_run, part) == (PROTECTED, False, None)
    assert not found.is_explained

    halted = Hindrance(by=Hinderer.SYSTEM, why="", since_ns=BEGUN, breaker=a_breaker(Effect.HALT))
    assert of_both(run, a_session(BOUGHT, exits=(waits,)), halted).is_explained


def test_stop_orders_of_before_and_of_the_last_minute_are_no_difference() -> None:
    late = an_exit_of(BOUGHT, ExitReason.STOP, Purpose.PROTECTION, (END - BEGUN) // MINUTE)
    assert of_both(a_session(BOUGHT), a_session(BOUGHT, exits=(late,))).agrees

    lot = a_trip(0, is_carried=True)
    waits = an_exit_of(lot, ExitReason.STOP, Purpose.PROTECTION)
    silent = a_session(lot, verdicts=())
    assert of_both(silent, a_session(lot, verdicts=(), exits=(waits,))).agrees


TRIPS = st.lists(
    st.builds(
        lambda minute, price, fee, quantity, size: a_trip(
            minute,
            an_execution(price=str(price), fee=fee, quantity=quantity),
            an_execution(Side.SELL, str(price + 1), reason=ExitReason.STOP, quantity=quantity),
            quantity=size,
        ),
        st.integers(0, 40),
        st.integers(1, 200),
        st.decimals("0", "3", places=6),
        st.decimals("0.001", "9", places=5),
        st.decimals("0.001", "9", places=5),
    ),
    max_size=5,
)


@given(run=TRIPS, replay=TRIPS, more=st.decimals("-1", "1", places=4))
def test_parts_and_rest_add_up(
    run: list[PlayedTrip], replay: list[PlayedTrip], more: Decimal
) -> None:
    one, other = a_session(*run), a_session(*replay)
    told = of_both(one, other).earned.told + more

    found = of_both(one, other, told=told)

    assert sum(found.parts.values()) + found.residual == found.difference
    unknown = sum((each.amount for each in found.pieces if each.cause.part is None), ZERO)
    assert found.residual == more + unknown
