"""A stop that follows the market up (X6): what it saves, at the venue too, and over a start."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from domain.messages.decisions import StopRaised
from domain.messages.orders import FillBooked
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import Line, script
from tests.builders.world import Setting, World
from tests.simulation.test_protection import sold_at, stop_prices, venue_stops

pytestmark = pytest.mark.req("X6", "PROT1")
TRAILING = ("policy.exits.trailing_stop_pct=2", "strategies.breakout.take_profit_pct=20")
BACK_DOWN = Line(
    "ETH-USD",
    (
        (60, "100"),
        (110, "102"),
        (128, "102"),
        (140, "101"),
        (150, "101"),
        (250, "110"),
        (300, "100"),
    ),
    (1,),
)
"""Is bought at about 101, goes up by 9 % and comes back to where it was."""


def setting_of(folder: Path, **changes: Any) -> Setting:
    values = Setting(
        folder=folder,
        market=script((BACK_DOWN,)),
        sets=TRAILING,
        duration_ns=Nanos(400 * SECOND),
    )
    return evolve(values, **changes)


def raises(world: World) -> list[StopRaised]:
    return [each for _, each in world.messages() if isinstance(each, StopRaised)]


def paid(world: World) -> Decimal:
    found = (each for _, each in world.messages() if isinstance(each, FillBooked))
    return max(each.fill.price for each in found if each.fill.side is Side.BUY)


@pytest.mark.parametrize("exits_alone", [False, True], ids=["at the venue", "by the exits alone"])
def test_a_rise_that_comes_back_is_sold_near_its_top_and_not_at_the_first_stop(
    tmp_path: Path, *, exits_alone: bool
) -> None:
    with World(setting_of(tmp_path, exits_alone=exits_alone)).start() as world:
        world.run_to_end()
        assert_we_agree_with_the_venue(world)
        moves, sales, bought_at = raises(world), sold_at(world), paid(world)

    stops = [each.stop_price for each in moves]
    assert stops == sorted(stops)
    assert len(stops) >= 3
    assert stops[-1] > bought_at * Decimal("1.05")
    assert sales
    assert all(each.fill.price > bought_at * Decimal("1.04") for each in sales)


def test_the_order_at_the_venue_follows_and_the_one_before_is_gone(tmp_path: Path) -> None:
    with World(setting_of(tmp_path)).start() as world:
        assert world.until(lambda: len(raises(world)) >= 2, 300)
        assert world.until(
            lambda: stop_prices(venue_stops(world)[0])[0] == raises(world)[-1].stop_price, 10
        )
        resting = [each for each in venue_stops(world) if each["status"] == "OPEN"]

    assert len(resting) == 1


def test_a_raised_stop_is_where_it_was_after_a_crash(tmp_path: Path) -> None:
    setting = setting_of(tmp_path)
    with World(setting).start() as world:
        assert world.until(lambda: len(raises(world)) >= 2, 300)
        stop = raises(world)[-1].stop_price
        world.opened.recorder.abandon()
    with World(evolve(setting, duration_ns=Nanos(2 * SECOND), sets=())).start() as world:
        books = world.opened.recovered.ledger

    assert books is not None
    (lot,) = books.lots
    assert lot.stop_price == lot.trailed == stop
