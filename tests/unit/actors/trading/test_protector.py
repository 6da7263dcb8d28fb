"""Every owned lot gets an order at the venue, and an order without a lot is withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.topology import PROTECTOR
from actors.trading.protector import GONE, SWITCHED_OFF, TOLD_AFTER_NS, Protector
from domain.messages.control import AlertRaised
from domain.messages.decisions import ProposalRefused, ProtectionProposed, ProtectionWithdrawn
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import ActorProven, BootCompleted
from domain.model.approval import ExitReason, Purpose, Reason, Refusal
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.model.money import Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.model.product import Side
from domain.orders.order import Order
from domain.orders.sales import SOLD_INSTEAD
from domain.system.alert_ends import RESOLVED
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    MAKER,
    NOW,
    TAKER,
    a_breaker,
    a_lot,
    a_moved,
    a_portfolio,
    a_product,
    an_intent,
    approved_sale,
    approved_stop,
)

BOOTED = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
STOP, SALE = an_intent(approved_stop(), 4), an_intent(approved_sale("lot-1"), 5)
RESTS = IntentRaised(STOP), a_moved(STOP, OrderState.OPEN)


def owned(*lots: Lot) -> PortfolioMoved:
    return PortfolioMoved(a_portfolio("1000", *lots))


def guarding(
    *lots: Lot, orders: tuple[Order, ...] = (), is_on: bool = True, epoch: int = 1
) -> tuple[Harness, Protector]:
    """Return a protector that has booted and knows the lots."""
    home = Harness()
    actor = home.start(Protector, PROTECTOR, orders, is_on=is_on, epoch=epoch)
    deliver(actor, BOOTED, owned(*lots))
    return home, actor


def wanted(said: Any) -> list[tuple[str, str]]:
    return [(each.lot, str(each.quantity)) for each in of_kind(said, ProtectionProposed)]


@pytest.mark.req("PROT1")
def test_an_owned_lot_is_proposed_for_protection_within_a_second_once() -> None:
    home, actor = guarding(a_lot())

    assert wanted(home.pass_time(actor, SECOND)) == [("lot-1", "2")]
    said = deliver(actor, *RESTS) + home.pass_time(actor, 60 * SECOND)

    assert wanted(said) == []


@pytest.mark.req("PROT1", "X6")
def test_after_a_sale_that_left_something_the_rest_is_protected_again() -> None:
    home, actor = guarding(a_lot())
    home.pass_time(actor, SECOND)
    deliver(actor, *RESTS, IntentRaised(SALE), a_moved(STOP, OrderState.CANCELLED))
    assert wanted(home.pass_time(actor, 5 * SECOND)) == []

    deliver(actor, a_moved(SALE, OrderState.CANCELLED, "0.5"), owned(a_lot("1.5")))

    assert wanted(home.pass_time(actor, SECOND)) == [("lot-1", "1.5")]


@pytest.mark.req("PROT1")
def test_an_order_whose_lot_is_gone_is_withdrawn_once() -> None:
    home, actor = guarding(a_lot())
    home.pass_time(actor, SECOND)

    said = deliver(actor, *RESTS, owned()) + deliver(actor, owned(), BOOTED)

    assert of_kind(said, ProtectionWithdrawn) == [ProtectionWithdrawn("lot-1", GONE)]


@pytest.mark.req("PROT1", "BOOT1")
def test_after_a_start_what_rests_is_known_and_what_is_bare_protected() -> None:
    there = evolve(Order.intended(STOP, NOW), state=OrderState.OPEN)
    home, actor = guarding(a_lot(), a_lot("1", id="lot-2"), orders=(there,), epoch=2)

    assert wanted(home.pass_time(actor, SECOND)) == [("lot-2", "1")]
    assert home.bodies(ActorProven)


@pytest.mark.req("PROT1")
def test_switched_off_nothing_is_protected_and_what_rests_is_withdrawn() -> None:
    home, actor = guarding(a_lot(), is_on=False)

    said = home.pass_time(actor, SECOND) + deliver(actor, *RESTS, BOOTED)

    assert wanted(said) == []
    assert of_kind(said, ProtectionWithdrawn) == [ProtectionWithdrawn("lot-1", SWITCHED_OFF)]


@pytest.mark.req("K1")
def test_under_a_kill_nothing_is_proposed() -> None:
    home = Harness()
    home.board.trip(a_breaker(Effect.KILL))
    actor = home.start(Protector, PROTECTOR, (), is_on=True)

    assert wanted(deliver(actor, BOOTED, owned(a_lot())) + home.pass_time(actor, SECOND)) == []


@pytest.mark.req("PROT1")
def test_a_lot_that_leaves_anyway_is_not_protected_any_more() -> None:
    home, actor = guarding(a_lot(leaving=ExitReason.OPERATOR))

    assert wanted(home.pass_time(actor, 5 * SECOND)) == []


def refused(observed: str) -> ProposalRefused:
    refusal = Refusal(reason=Reason("product_disabled"), observed=observed, limit="open")
    sell, stop = Side.SELL, ExitReason.STOP
    return ProposalRefused(Purpose.PROTECTION, "breakout", BTC, sell, (refusal,), "lot-1", stop)


def rejected() -> tuple[Any, ...]:
    moved = evolve(a_moved(STOP, OrderState.REJECTED), reason="INSUFFICIENT_FUND: 0.1 of 2")
    return IntentRaised(STOP), moved


@pytest.mark.req("PROT1", "AL1")
@pytest.mark.parametrize("answer", [(refused("cancel_only"),), rejected()])
def test_what_hinders_protection_is_told_once_paced_and_over_when_it_is(
    answer: tuple[Any, ...],
) -> None:
    home, actor = guarding(a_lot())
    said = home.pass_time(actor, SECOND)
    for _ in range(40):
        said += deliver(actor, *answer) if wanted(said[-1:]) else ()
        said += home.pass_time(actor, SECOND)

    assert 2 <= len(wanted(said)) <= 7
    (alert,) = of_kind(said, AlertRaised)
    assert alert.code == "NO_VENUE_STOP"
    assert "lot-1" in alert.what
    assert len([line for line in home.log.lines if line.level == "warning"]) == 1

    again = an_intent(approved_stop(), 9)
    end = deliver(actor, IntentRaised(again), a_moved(again, OrderState.OPEN))
    assert [(each.code, each.topic) for each in of_kind(end, AlertRaised)] == [
        (RESOLVED, alert.topic)
    ]


@pytest.mark.req("PROT1")
def test_protection_that_made_room_for_a_sale_is_no_failure() -> None:
    home, actor = guarding(a_lot())
    home.pass_time(actor, SECOND)
    void = evolve(a_moved(STOP, OrderState.VOID), reason=SOLD_INSTEAD)

    said = deliver(actor, IntentRaised(STOP), IntentRaised(SALE), void)
    said += home.pass_time(actor, TOLD_AFTER_NS + SECOND)

    assert of_kind(said, AlertRaised) == []
    assert home.log.lines == []


@pytest.mark.req("PROT1")
def test_a_stop_that_somebody_cancelled_at_the_venue_is_placed_again() -> None:
    home, actor = guarding(a_lot())
    home.pass_time(actor, SECOND)

    deliver(actor, *RESTS, a_moved(STOP, OrderState.CANCELLED))

    assert wanted(home.pass_time(actor, SECOND)) == [("lot-1", "2")]


def test_a_missing_lot_is_not_protected() -> None:
    home, actor = guarding(a_lot(missing=Quantity(Decimal(2))))

    assert wanted(home.pass_time(actor, SECOND)) == []
