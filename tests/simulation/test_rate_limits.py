"""A venue that counts our requests as Coinbase does, or refuses them all for ten minutes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.simulator.engine.auth import PUBLIC, scope_of
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.wire import PREFIX
from domain.messages.orders import IntentRaised
from domain.model.approval import Purpose
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.system.rate_budget import PRIVATE_LIMIT
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import RUNS_AWAY, TO_MAX_HOLD, TO_STOP, TO_TARGET, Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("RB1", "CB1")
COINBASE = VenueQuirks(private_rate=30, public_rate=10)
STORM_S, STORM_END_S = 200, 800
LONGEST_WAIT_S = 9
"""One second, and at most eight drawn: so long we wait where the venue says nothing."""
AFTERWARDS = Line("AVAX-USD", ((830, "100"), (890, "102"), (900, "102"), (930, "101")), (14,))
LINES = (TO_TARGET, TO_STOP, TO_MAX_HOLD, AFTERWARDS)
"""Before the storm three buy; one lot's longest hold ends in it, and one breaks out after it."""


def world_of(
    folder: Path,
    lines: tuple[Line, ...],
    minutes: int,
    *faults: dict[str, Any],
    sets: tuple[str, ...] = (),
) -> World:
    market = script(lines, minutes=minutes)
    duration_ns = Nanos((minutes - 1) * MINUTE)
    setting = Setting(folder=folder, market=market, duration_ns=duration_ns, faults=faults)
    return World(evolve(setting, quirks=COINBASE, sets=sets)).start()


def arrivals(world: World, path: str = "", *, is_public: bool = False) -> list[float]:
    """Return when requests came to the venue, in seconds since START."""
    offset_s = world.clock.machine_ns() / SECOND - world.now_s
    return [
        at_s - offset_s
        for at_s, request, _ in world.limits.seen
        if (scope_of(request.method, request.path) == PUBLIC) is is_public
        and request.path.startswith(PREFIX + path)
    ]


def orders(world: World, purpose: Purpose) -> list[float]:
    """Return when orders were meant to leave, in seconds since START."""
    return [
        (at_ns - START) / SECOND
        for at_ns, message in world.messages()
        if isinstance(message, IntentRaised) and message.intent.order.purpose is purpose
    ]


@pytest.mark.parametrize("retry_after", [True, False], ids=["with Retry-After", "without"])
def test_ten_minutes_of_refusals_bring_no_request_too_many_and_are_over_when_they_end(
    tmp_path: Path, *, retry_after: bool
) -> None:
    storm = fault("http_429", at=f"{STORM_S}s", for_="600s", retry_after=retry_after)
    with world_of(tmp_path, LINES, 18, storm) as world:
        assert world.until(lambda: world.now_s >= STORM_S + 60)
        blocked = {each.name: each.effect for each in world.runtime.board.open}
        code = world.run_to_end()
        seen = arrivals(world)
        assert_we_agree_with_the_venue(world)

    assert code == 0, (world.criticals, world.alerts())
    assert world.limits.refusals == 0, "by the venue's own count nothing was too many"
    stormy = [at_s for at_s in seen if STORM_S + 1 < at_s < STORM_END_S]
    assert min(then - first for first, then in pairwise(stormy)) >= 1, "one asks, the others wait"
    assert any(at_s < STORM_END_S + LONGEST_WAIT_S for at_s in seen if at_s >= STORM_END_S)

    assert blocked[PRIVATE_LIMIT] is Effect.BLOCK
    assert world.runtime.board.open == ()
    assert [each for each in orders(world, Purpose.ENTRY) if STORM_S < each < STORM_END_S] == []
    assert [each for each in orders(world, Purpose.ENTRY) if each > STORM_END_S] != []
    due = [each for each in orders(world, Purpose.EXIT) if each > STORM_S]
    assert due[0] < STORM_END_S, "the longest hold is over in the storm"
    sold = next(each for each in due if each >= STORM_END_S)
    assert sold < STORM_END_S + LONGEST_WAIT_S + 5
    codes = [each["code"] for each in world.alerts()]
    assert codes.count(f"BREAKER:{PRIVATE_LIMIT}") == 1


def test_what_a_halt_has_to_cancel_is_listed_and_cancelled_as_soon_as_the_venue_lets_us(
    tmp_path: Path,
) -> None:
    storm = fault("http_429", at="130s", for_="50s", retry_after=False)
    with world_of(tmp_path, (RUNS_AWAY,), 8, storm) as world:
        assert world.until(lambda: world.now_s >= 140)
        assert world.live_orders() != []
        now_ns = world.clock.market_ns()
        world.runtime.board.trip(
            Breaker(
                name="drawdown",
                scope=GLOBAL,
                effect=Effect.HALT,
                reason="test",
                is_latched=True,
                at_ns=now_ns,
            )
        )
        assert world.until(lambda: not world.live_orders(), seconds=120)
        ended_s = world.now_s

    assert 180 <= ended_s <= 180 + LONGEST_WAIT_S + 1
    assert world.limits.refusals == 0
    assert arrivals(world, "/orders/batch_cancel")[-1] >= 180


@pytest.mark.parametrize(
    ("products", "minutes", "calls"), [(26, 1440, 5), (200, 5, 1)], ids=["26", "200"]
)
def test_the_start_stays_within_what_the_venue_lets_everybody_ask(
    tmp_path: Path, products: int, minutes: int, calls: int
) -> None:
    lines = tuple(Line(f"P{number:03}-USD", ()) for number in range(products))
    lookback = f"strategies.breakout.lookback_minutes={minutes}"
    with world_of(tmp_path, lines, 4, sets=(lookback,)) as world:
        assert world.until(lambda: world.is_ready, seconds=30)
        ready_s = world.now_s
        assert world.until(lambda: is_quiet(world), seconds=600)
        asked = [at_s for at_s in arrivals(world, is_public=True) if at_s < world.now_s]

    assert world.limits.refusals == 0, "by the venue's own count nothing was too many"
    assert len(asked) >= calls * products
    assert asked[-1] - asked[0] <= len(asked) / COINBASE.public_rate / 0.8 + 1
    assert ready_s < 7, "trading begins with the data there is"
    told = [line for line in world.log_lines if line.text.startswith("requests wait")]
    assert {line.fields["budget"] for line in told} == {"public"}


def is_quiet(world: World) -> bool:
    """Tell whether the past has been asked for: for a while nobody has asked without a key."""
    asked = arrivals(world, is_public=True)
    return bool(asked) and world.now_s - asked[-1] > 3
