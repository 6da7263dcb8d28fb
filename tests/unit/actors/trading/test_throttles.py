"""A burst of rejections, or of entries of one product, leaves exits alone to run, and passes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve

from actors.kernel.topology import RISK_GATE
from actors.trading.approvals import Approvals
from actors.trading.risk_gate import GateState, RiskGate
from domain.messages.decisions import OrderApproved
from domain.messages.portfolio import CapsMeasured
from domain.messages.supervision import BootCompleted
from domain.model.breakers import GLOBAL, Effect, Scope
from domain.model.instants import SECOND, Nanos
from domain.model.money import Amount
from domain.model.orders import OrderState
from domain.portfolio.ledger import open_ledger
from domain.risk.exposure import Exposure
from domain.risk.pauses import PAUSED
from domain.risk.throttle import REJECTED, REPEATED, Counted, ThrottleLimits
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    MAKER,
    TAKER,
    a_lot,
    a_mandate,
    a_moved,
    a_product,
    an_exit,
    an_intent,
    approved,
    approved_sale,
    booked,
    the_rules,
)

pytestmark = pytest.mark.req("PAC")

LIMITS = ThrottleLimits(rejected_orders=3, entries_per_product=2, window_seconds=60)
PRODUCT = Scope.of_product(BTC)


def a_gate(harness: Harness, epoch: int = 1, counted: tuple[Counted, ...] = ()) -> RiskGate:
    state = GateState(open_ledger("USD", Amount(Decimal(10_000))), Exposure(), 1, (), counted)
    actor = harness.start(
        RiskGate,
        RISK_GATE,
        the_rules(),
        a_mandate(),
        state,
        Approvals(),
        Nanos(5 * SECOND),
        LIMITS,
        epoch=epoch,
    )
    deliver(actor, BootCompleted((a_product(),), MAKER, TAKER, is_clean=True))
    return actor


def reject(actor: RiskGate, *numbers: int) -> None:
    for number in numbers:
        moved = a_moved(an_intent(number=number), OrderState.REJECTED)
        deliver(actor, evolve(moved, reason="INSUFFICIENT_FUND"))


def buy(actor: RiskGate, *numbers: int) -> None:
    for number in numbers:
        deliver(actor, booked(an_intent(approved(approval=number), number), "1"))


def test_rejected_orders_leave_exits_alone_to_run_and_the_last_reason_is_told() -> None:
    harness = Harness()
    actor = a_gate(harness)
    reject(actor, 1, 1, 2)
    assert not harness.is_open(REJECTED)

    reject(actor, 3, 4)

    (breaker,) = (each for each in harness.trips() if each.name == REJECTED)
    assert (breaker.name, breaker.scope, breaker.effect) == (REJECTED, GLOBAL, Effect.REDUCE_ONLY)
    assert not breaker.is_latched
    assert "3 orders were rejected within 60 s" in breaker.reason
    assert "INSUFFICIENT_FUND" in breaker.reason


@pytest.mark.req("PAC", "X6")
def test_exits_are_approved_meanwhile() -> None:
    harness = Harness()
    actor = a_gate(harness)
    deliver(actor, booked(an_intent(), "2"))
    reject(actor, 1, 2, 3)

    wanted = an_exit(a_lot(id=an_intent().client_order_id))

    assert of_kind(deliver(actor, wanted), OrderApproved)


def test_a_product_bought_again_and_again_is_only_sold() -> None:
    harness = Harness()
    actor = a_gate(harness)
    first = an_intent(approved(approval=1), 1)
    deliver(actor, booked(first, "1"), booked(first, "0.5", entry_id="second part"))
    assert harness.trips() == ()

    buy(actor, 2)

    (breaker,) = harness.trips()
    assert (breaker.name, breaker.scope, breaker.effect) == (
        REPEATED,
        PRODUCT,
        Effect.REDUCE_ONLY,
    )


def test_a_quiet_window_lets_entries_go_on_and_another_one_begins_it_anew() -> None:
    harness = Harness()
    actor = a_gate(harness)
    reject(actor, 1, 2, 3)
    harness.pass_time(actor, 40 * SECOND)
    reject(actor, 4)
    harness.pass_time(actor, 59 * SECOND)
    assert harness.is_open(REJECTED)

    harness.pass_time(actor, SECOND)
    assert not harness.is_open(REJECTED)

    reject(actor, 5, 6, 7)
    assert harness.is_open(REJECTED)


def test_a_fresh_incarnation_closes_what_the_one_before_has_opened() -> None:
    harness = Harness()
    reject(a_gate(harness), 1, 2, 3)
    harness.timers.clear()

    again = a_gate(harness, epoch=2)
    harness.pass_time(again, 60 * SECOND)

    assert not harness.is_open(REJECTED)


@pytest.mark.req("PAC", "BOOT1")
def test_what_was_counted_before_a_restart_still_counts_and_its_quiet_window_goes_on() -> None:
    now_ns = Harness().clock.market_ns()
    before = [Counted(REJECTED, GLOBAL, str(ago), ago_ns(now_ns, ago), "NO") for ago in (50, 40)]

    harness = Harness()
    actor = a_gate(harness, counted=tuple(before))
    assert harness.trips() == (), "two are not three"
    reject(actor, 3)
    assert harness.is_open(REJECTED)

    harness = Harness()
    third = Counted(REJECTED, GLOBAL, "30", ago_ns(now_ns, 30), "NO_FUNDS")
    actor = a_gate(harness, counted=(*before, third))
    (breaker,) = harness.trips()
    assert (breaker.name, breaker.effect) == (REJECTED, Effect.REDUCE_ONLY)
    assert "NO_FUNDS" in breaker.reason
    harness.pass_time(actor, 29 * SECOND)
    assert harness.is_open(REJECTED)
    harness.pass_time(actor, SECOND)
    assert not harness.is_open(REJECTED)


@pytest.mark.req("PAC", "BOOT1")
def test_what_has_been_quiet_for_a_window_by_a_restart_is_over() -> None:
    harness = Harness()
    now_ns = harness.clock.market_ns()

    a_gate(
        harness,
        counted=tuple(
            Counted(REPEATED, PRODUCT, str(ago), ago_ns(now_ns, ago), BTC) for ago in (61, 60)
        ),
    )

    assert harness.trips() == ()


def ago_ns(now_ns: int, seconds: int) -> Nanos:
    return Nanos(now_ns - seconds * SECOND)


@pytest.mark.way_out("repeated_entries")
def test_a_product_may_be_bought_again_after_a_quiet_window() -> None:
    harness = Harness()
    actor = a_gate(harness)
    buy(actor, 1, 2)
    assert harness.is_open(REPEATED, PRODUCT)

    harness.pass_time(actor, 60 * SECOND)

    assert not harness.is_open(REPEATED)


def uses(told: Sequence[object]) -> dict[str, tuple[int, int, str]]:
    """Return name, used, limit and unit of each throttle of the newest measure."""
    newest = of_kind(told, CapsMeasured)[-1]
    return {
        use.name: (int(use.used), int(use.limit), use.unit)
        for use in newest.caps
        if use.unit.startswith("orders")
    }


def test_how_far_each_throttle_is_used_is_told_with_the_window_and_the_product() -> None:
    actor = a_gate(Harness())

    rejected = deliver(actor, a_moved(an_intent(number=1), OrderState.REJECTED))
    bought = deliver(actor, booked(an_intent(approved(approval=7), 7), "1"))

    assert uses(rejected) == {
        "rejected_orders": (1, 3, "orders in 60 s"),
        "repeated_entries": (0, 2, "orders in 60 s"),
    }
    assert uses(bought)[f"repeated_entries {BTC}"] == (1, 2, "orders in 60 s")


def test_what_is_older_than_the_window_leaves_the_limit_free_again() -> None:
    harness = Harness()
    actor = a_gate(harness)
    reject(actor, 1)
    harness.clock.move(61 * SECOND)

    assert uses(deliver(actor, a_moved(an_intent(number=2), OrderState.REJECTED))) == {
        "rejected_orders": (1, 3, "orders in 60 s"),
        "repeated_entries": (0, 2, "orders in 60 s"),
    }


# The pause of one product.


def paused(harness: Harness) -> bool:
    return harness.is_open(PAUSED, PRODUCT)


@pytest.mark.way_out("rejected_entries")
@pytest.mark.req("X5", "PAC")
def test_a_product_is_left_alone_after_a_rejection_longer_each_time_in_a_row() -> None:
    harness = Harness()
    actor = a_gate(harness)
    for number, length_s in ((1, 60), (2, 120), (3, 240)):
        reject(actor, number)
        assert paused(harness)
        harness.pass_time(actor, length_s * SECOND - 1)
        assert paused(harness)
        harness.pass_time(actor, 1)
        assert not paused(harness)


@pytest.mark.req("X5")
def test_a_pause_names_the_venues_reason_blocks_only_its_product_and_lets_exits_run() -> None:
    harness = Harness()
    reject(a_gate(harness), 1)

    (breaker,) = harness.trips()
    assert (breaker.effect, breaker.scope) == (Effect.BLOCK, PRODUCT)
    assert breaker.reason == "1 entry rejected in a row, not bought for 60 s: INSUFFICIENT_FUND"


@pytest.mark.req("X5")
def test_an_entry_that_the_venue_takes_ends_the_pause_and_its_row() -> None:
    harness = Harness()
    actor = a_gate(harness)
    reject(actor, 1, 2)
    deliver(actor, a_moved(an_intent(number=3), OrderState.OPEN))
    assert not paused(harness)

    reject(actor, 4)
    harness.pass_time(actor, 60 * SECOND)
    assert not paused(harness), "the row has begun anew"


@pytest.mark.req("X5")
def test_a_rejected_sale_pauses_no_product() -> None:
    harness = Harness()
    sale = an_intent(approved_sale("lot-1"))
    deliver(a_gate(harness), a_moved(sale, OrderState.REJECTED))

    assert not paused(harness)


@pytest.mark.req("X5", "SUP1")
def test_a_fresh_incarnation_ends_the_pause_of_the_one_before() -> None:
    harness = Harness()
    reject(a_gate(harness), 1)
    again = a_gate(harness, epoch=2)
    assert paused(harness)

    harness.pass_time(again, LIMITS.window_ns)
    assert not paused(harness)
