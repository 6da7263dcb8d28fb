"""Lots above their cap are sold down to it in rounds, and hold up no other exit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.topology import EXITS
from actors.trading.exits import Exits
from domain.decisions.exit_tries import ORDER_LIFE_NS
from domain.decisions.trims import HUNDRED, TrimCaps, Upkeep
from domain.messages.control import AlertRaised
from domain.messages.decisions import ExitHindered, ExitProposed
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import PortfolioMoved
from domain.model.approval import ExitReason
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.orders.venue_stops import VenueStops
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import a_moved, a_portfolio, an_intent, approved_sale
from tests.fakes.recording_venue import RecordingVenue
from tests.unit.actors.trading.test_exits import (
    AT_STOP,
    BOOTED,
    FINE,
    LIMIT,
    REFUSED,
    a_held,
    asked,
    priced,
)

TRIMMING = Upkeep(enabled=True, round_seconds=60)
THREE_PCT = TrimCaps(total_pct=HUNDRED, position_pct=Decimal(3), asset_pct=HUNDRED)


def trimming(*lots: Lot, upkeep: Upkeep = TRIMMING) -> tuple[Harness, Exits]:
    """Return exits of which a position may be 30 USD, with a price at which no lot is due."""
    harness = Harness()
    actor = harness.start(Exits, EXITS, RecordingVenue(), LIMIT, upkeep, THREE_PCT, VenueStops())
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", *lots)))
    harness.pass_time(actor, Nanos(ORDER_LIFE_NS - SECOND))
    deliver(actor, priced(harness, FINE))
    harness.sent.clear()
    return harness, actor


def a_minute(
    harness: Harness, actor: Exits, bid: str = FINE, seconds: int = 60
) -> tuple[ExitProposed, ...]:
    """Let a minute pass in which the price stays known; return the sales asked for."""
    found: list[ExitProposed] = []
    for _ in range(seconds):
        deliver(actor, priced(harness, bid))
        found += of_kind(harness.pass_time(actor, SECOND), ExitProposed)
    return tuple(found)


def trim_ended(state: OrderState, number: int = 1) -> tuple[Any, ...]:
    order = an_intent(approved_sale("lot-1", reason=ExitReason.TRIM), number)
    return IntentRaised(order), a_moved(order, state)


@pytest.mark.req("E1", "X6")
def test_a_lot_that_has_grown_above_its_cap_is_trimmed_once_a_round() -> None:
    harness, actor = trimming(a_held())

    (trim,) = a_minute(harness, actor)

    assert (trim.lot, trim.reason, trim.quantity) == ("lot-1", ExitReason.TRIM, Decimal("1.7"))
    assert trim.why == "position BTC-USD: 20.00 % of equity held, its cap is 3 %"


@pytest.mark.req("E1", "SUP1")
def test_fresh_exits_wait_with_trims_until_a_sale_of_before_has_ended() -> None:
    harness = Harness()
    actor = harness.start(Exits, EXITS, RecordingVenue(), LIMIT, TRIMMING, THREE_PCT, VenueStops())
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", a_held())))

    assert a_minute(harness, actor, seconds=59) == ()
    assert len(a_minute(harness, actor, seconds=2)) == 1


@pytest.mark.req("E1", "ST1")
def test_nothing_is_trimmed_while_it_is_off_or_a_price_is_old() -> None:
    harness, actor = trimming(a_held(), upkeep=Upkeep())
    assert a_minute(harness, actor) == ()

    harness, actor = trimming(a_held())
    harness.pass_time(actor, SECOND)
    deliver(actor, *trim_ended(OrderState.CANCELLED))
    assert of_kind(harness.pass_time(actor, 200 * SECOND), ExitProposed) == []


@pytest.mark.req("E1", "X6", "PROT1")
def test_a_trim_under_way_or_refused_keeps_no_stop_from_being_tried() -> None:
    refused = evolve(REFUSED, exit_reason=ExitReason.TRIM)
    for answer in ((), (refused,), trim_ended(OrderState.OPEN), trim_ended(OrderState.REJECTED)):
        harness, actor = trimming(a_held())
        harness.pass_time(actor, SECOND)
        deliver(actor, *answer)

        assert asked(deliver(actor, priced(harness, AT_STOP))) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("E1")
def test_the_next_round_waits_until_the_last_one_has_its_outcome() -> None:
    harness, actor = trimming(a_held())
    harness.pass_time(actor, SECOND)
    raised, ended_now = trim_ended(OrderState.CANCELLED)
    deliver(actor, raised)

    assert a_minute(harness, actor) + a_minute(harness, actor) == ()
    deliver(actor, ended_now)
    assert len(a_minute(harness, actor) + a_minute(harness, actor)) == 1


@pytest.mark.req("E1", "AL1")
def test_trims_that_fail_again_and_again_are_told_once_with_the_command() -> None:
    harness, actor = trimming(a_held())
    refused = evolve(REFUSED, exit_reason=ExitReason.TRIM)
    for _ in range(20):
        if a_minute(harness, actor):
            deliver(actor, refused)

    alerts = of_kind(tuple(harness.bodies()), AlertRaised)
    assert [each.code for each in alerts] == ["TRIM_HINDERED"]
    assert alerts[0].command
    assert of_kind(tuple(harness.bodies()), ExitHindered) == [], "no exit is hindered by it"
