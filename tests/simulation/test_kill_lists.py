"""A stop against lists that lie: empty, of before, or the same page for ever, odd strangers in all.

What our own books call alive is cancelled and asked for by id. A stop is confirmed with nothing of
ours open by the venue's own books, or it says that it is not confirmed; never anything between.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.faults.script import parse_fault
from domain.messages.journal import RunStopped
from tests.builders.simulator import fault
from tests.builders.stopping import assert_each_end_is_true, kill, with_resting_entries
from tests.builders.world import World

SEEDS = range(1, 201) if "BULKHEAD_FULL" in os.environ else range(1, 17)
LONG = {"for_": "1h"}
ORDERS = {"endpoint": "orders"}
FIRST_PAGE = "YXQ6MA=="
"""The cursor at which the list begins anew."""

Lines = tuple[dict[str, Any], ...]

EMPTY: Lines = (fault("odd_content", **LONG, **ORDERS, member="orders", value=[]),)
STALE: Lines = (fault("stale_answer", **LONG, **ORDERS),)
REPEATED: Lines = (
    fault("odd_content", **LONG, **ORDERS, member="has_next", value=True),
    fault("odd_content", **LONG, **ORDERS, member="cursor", value=FIRST_PAGE),
)
LIES: Mapping[str, Lines] = {"empty": EMPTY, "stale": STALE, "repeated": REPEATED}
LOST: Lines = (fault("lose_cancel", **LONG),)
STRANGER = fault("foreign_order", product="BTC-USD", side="BUY", quantity="2", price="1")
ODDLY: Lines = (
    STRANGER,
    fault("odd_content", **LONG, **ORDERS, member="orders.*.side", value="", probability="0.5"),
)


def strike(world: World, lines: Lines, seed: int = 7, **members: str) -> None:
    for line in lines:
        lasting = members if "for" in line else {}
        world.faults.add(parse_fault(json.dumps({**line, **lasting}), "f", seed=seed))


def ours_open(world: World) -> list[str]:
    return [
        order["client_order_id"]
        for order in world.books()["orders"]
        if order["status"] in ("OPEN", "CANCEL_QUEUED", "PENDING")
        and not order["client_order_id"].startswith("foreign")
    ]


def assert_what_is_said_is_so(world: World) -> bool:
    """Return whether the stop was confirmed; nothing of ours is open then, else people know."""
    (stopped,) = [each for _, each in world.messages() if isinstance(each, RunStopped)]
    assert_each_end_is_true(world)
    told = [each for each in world.alerts() if each["code"] == "STOP_UNCONFIRMED"]
    assert bool(told) is not stopped.is_confirmed
    if stopped.is_confirmed:
        assert ours_open(world) == []
    else:
        said = [line.text for line in world.criticals]
        assert any("not confirmed cancelled" in line for line in said)
    return bool(stopped.is_confirmed)


@pytest.mark.req("K1")
@pytest.mark.parametrize("lie", LIES)
def test_what_our_books_call_open_is_cancelled_by_id_whatever_lists_say(
    lie: str, tmp_path: Path
) -> None:
    with with_resting_entries(tmp_path) as world:
        strike(world, (*ODDLY, *LIES[lie]))

        assert kill(world) == 3

        assert ours_open(world) == []
        assert_what_is_said_is_so(world)
        assert all(each["struck"] for each in world.faults.documents())


@pytest.mark.req("K1")
@pytest.mark.parametrize("lie", LIES)
def test_a_kill_whose_cancels_are_lost_is_never_confirmed_by_a_list_that_lies(
    lie: str, tmp_path: Path
) -> None:
    with with_resting_entries(tmp_path) as world:
        strike(world, (*ODDLY, *LOST, *LIES[lie]))

        assert kill(world) == 3

        assert ours_open(world)
        assert not assert_what_is_said_is_so(world)


@pytest.mark.req("K1")
@pytest.mark.parametrize("lie", LIES)
def test_a_stop_that_is_not_confirmed_ends_with_1(lie: str, tmp_path: Path) -> None:
    with with_resting_entries(tmp_path) as world:
        strike(world, (*LOST, *LIES[lie]))
        world.stop_request.ask("signal")

        code = world.run_to_end()

        assert not assert_what_is_said_is_so(world)
        assert code == 1


@pytest.mark.slow
@pytest.mark.req("K1", "REC1")
@pytest.mark.parametrize("seed", SEEDS)
def test_any_stop_under_any_lies_says_what_is_so(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    way = chosen.choice(["kill", "signal"])
    cancels = chosen.choice(
        [
            (),
            (fault("lose_cancel", **LONG, probability="0.5"),),
            LOST,
            (fault("delay_cancel", **LONG, by="3s"),),
            (fault("reset_after", **LONG, endpoint="cancel", probability="0.5"),),
        ]
    )
    lies = [line for name in chosen.sample(sorted(LIES), 2) for line in LIES[name]]
    shares = [chosen.choice(["0.3", "0.7", "1"]) for _ in lies]
    with with_resting_entries(tmp_path) as world:
        world.until(lambda: False, seconds=chosen.randint(0, 30))
        strike(world, (*chosen.choice([ODDLY, ()]), *cancels), seed)
        for line, share in zip(lies, shares, strict=True):
            lasts = chosen.choice(["1s", "4s", "1h"])
            strike(world, ({**line, "probability": share},), seed, **{"for": lasts})
        world.until(lambda: False, seconds=chosen.randint(0, 20))
        if way == "signal":
            world.stop_request.ask("signal")

        code = kill(world) if way == "kill" else world.run_to_end()

        is_confirmed = assert_what_is_said_is_so(world)
        assert code == (3 if way == "kill" else 0 if is_confirmed else 1)
