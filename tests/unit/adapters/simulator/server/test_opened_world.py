"""Claims about opening a market in the world of a folder."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from adapters.clocks.market import MarketClockWriter
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.options import DEFAULT_SEED, WorldOptions
from adapters.simulator.server.opened_world import (
    REPEATABLE_ORIGIN_NS,
    OpenedWorld,
    level2_interval_ns,
    open_world,
)
from adapters.simulator.world import WorldError, WorldFolder, WorldMismatch
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos

FAST = WorldOptions(speed=Decimal(60))


def opened(path: Path, options: WorldOptions) -> OpenedWorld:
    with WorldFolder(path) as folder:
        stage = open_world(folder, options)
    stage.close()
    return stage


def test_a_new_generated_world_begins_with_the_next_minute_and_ten_thousand(
    tmp_path: Path,
) -> None:
    stage = opened(tmp_path, WorldOptions())
    # It begins with the next whole minute, so that its first minute is played from its start.
    assert -SECOND < stage.start_ns - time.time_ns() <= MINUTE
    assert stage.start_ns % MINUTE == 0
    assert stage.world.seed == DEFAULT_SEED
    assert stage.world.opening == {"USD": "10000"}
    assert stage.end_ns is None
    assert (stage.prices, stage.history) == ("invented", "candles")


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = opened(tmp_path, FAST)
    with WorldFolder(tmp_path) as folder:
        stage = open_world(folder, FAST)
        stage.save(Nanos(first.start_ns + HOUR))
        stage.close()
    again = opened(tmp_path, FAST)
    assert again.start_ns == first.start_ns + HOUR
    assert again.world == first.world
    at_speed_one = opened(tmp_path, WorldOptions())
    assert at_speed_one.start_ns == first.start_ns + HOUR


def test_after_a_kill_goes_on_no_earlier_than_the_clock_was_seen(tmp_path: Path) -> None:
    first = opened(tmp_path, FAST)
    clock = MarketClockWriter(tmp_path / "clock", start_ns=first.start_ns, speed=Decimal(60))
    clock.grant(first.start_ns + 90 * SECOND)
    clock.close()
    assert opened(tmp_path, FAST).start_ns == first.start_ns + 90 * SECOND


def test_the_opening_is_the_folders_unless_another_is_asked_for(tmp_path: Path) -> None:
    small = WorldOptions(opening={"USD": Decimal(800)})
    opened(tmp_path, small)
    assert opened(tmp_path, WorldOptions()).world.opening == {"USD": "800"}
    with pytest.raises(WorldMismatch, match="900 USD"):
        opened(tmp_path, evolve(small, opening={"USD": Decimal(900)}))


def test_a_repeatable_world_takes_nothing_from_outside(tmp_path: Path) -> None:
    options = WorldOptions(speed=None)
    first, second = opened(tmp_path / "a", options), opened(tmp_path / "b", options)
    assert first.world == second.world
    assert first.start_ns == second.start_ns == REPEATABLE_ORIGIN_NS


def test_a_generated_market_has_no_beginning_to_choose(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="--from"):
        opened(tmp_path, WorldOptions(from_ns=Nanos(0)))


@pytest.mark.parametrize("products", [1, 5, 26, 400])
@pytest.mark.parametrize("speed", ["2", "60"])
def test_level2_stays_within_four_thousand_frames_a_second(products: int, speed: str) -> None:
    interval_ns = level2_interval_ns(products, Decimal(speed))
    frames = products * Decimal(speed) * SECOND / interval_ns
    assert Decimal(3_999) <= frames <= Decimal(4_001)
    assert level2_interval_ns(products, Decimal(1)) == 0


def test_a_quirk_that_names_no_product_of_the_market_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="limit-only names NOPE-USD"):
        opened(tmp_path, WorldOptions(quirks=VenueQuirks(limit_only=("NOPE-USD",))))


@pytest.mark.parametrize("options", [FAST, WorldOptions(speed=None), WorldOptions(market="x.csv")])
def test_the_walls_time_is_shown_by_a_market_that_follows_the_wall_alone(
    options: WorldOptions, tmp_path: Path
) -> None:
    with pytest.raises(WorldError, match="clock=wall is for the generated market at --speed 1"):
        opened(tmp_path, evolve(options, quirks=VenueQuirks(shows_wall_time=True)))
    opened(tmp_path, WorldOptions(quirks=VenueQuirks(shows_wall_time=True)))
