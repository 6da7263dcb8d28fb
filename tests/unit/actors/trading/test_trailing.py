"""The exits raise a lot's stop after the market, by prices that are good, and only where set."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actors.kernel.topology import EXITS
from actors.trading.exits import Exits
from domain.decisions.trailing import NO_TRAIL, Trail
from domain.decisions.trims import Upkeep
from domain.messages.decisions import StopRaised
from domain.messages.portfolio import PortfolioMoved
from domain.model.instants import SECOND
from domain.model.money import Price
from domain.orders.venue_stops import VenueStops
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import BTC, a_portfolio
from tests.fakes.recording_venue import RecordingVenue
from tests.unit.actors.trading.test_exits import BOOTED, CAPS, LIMIT, a_held, priced

pytestmark = pytest.mark.req("X6")
FIVE = Trail(Decimal(5))


def trailing(trail: Trail) -> tuple[Harness, Exits]:
    harness = Harness()
    fixed = RecordingVenue(), LIMIT, Upkeep(), CAPS, VenueStops()
    actor = harness.start(Exits, EXITS, *fixed, trail)
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", a_held())))
    return harness, actor


def raised(harness: Harness, actor: Exits, *bids: str) -> tuple[StopRaised, ...]:
    """Show a bid each second; return what was raised."""
    found: list[StopRaised] = []
    for bid in bids:
        deliver(actor, priced(harness, bid))
        found += of_kind(harness.pass_time(actor, SECOND), StopRaised)
    return tuple(found)


def test_a_bid_that_stands_for_two_looks_raises_the_stop() -> None:
    harness, actor = trailing(FIVE)

    assert raised(harness, actor, "104") == ()
    (move,) = raised(harness, actor, "104.5")

    assert move == StopRaised("lot-1", BTC, Price(Decimal("98.8")), Price(Decimal(104)))


def test_a_stop_that_does_not_trail_stays() -> None:
    harness, actor = trailing(NO_TRAIL)

    assert raised(harness, actor, "104", "105", "106") == ()


def test_a_print_that_is_gone_at_the_next_look_raises_nothing() -> None:
    harness, actor = trailing(FIVE)

    assert raised(harness, actor, "100", "107", "100", "100") == ()


def test_an_old_bid_raises_nothing() -> None:
    harness, actor = trailing(FIVE)
    found: list[StopRaised] = []
    for _ in range(4):
        deliver(actor, priced(harness, "104", age_ns=LIMIT + SECOND))
        found += of_kind(harness.pass_time(actor, SECOND), StopRaised)

    assert found == []


def test_a_lot_that_is_due_to_be_sold_is_not_trailed() -> None:
    harness, actor = trailing(FIVE)

    assert raised(harness, actor, "108", "108", "108") == ()
