"""Many resting orders, a venue that is slow to cancel and forgets some of it, and a kill.

`python -m scripts.kill_drill` does it with every actor dead, and while a liquidation runs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.full import only_whole, some
from tests.builders.kill_drill import (
    FEW,
    FEW_DIE_AFTER,
    IDLE,
    ORDERS,
    STOPPED,
    drill,
)
from tests.builders.runs import call, records, verified
from tests.builders.simulator_process import RunningVenue


def still_latched(home: Path, venue: RunningVenue, options: tuple[str, ...]) -> None:
    """Claim that without the file the kill still holds: in the journal, with reason and time."""
    placed = len(venue.books()["orders"])
    (home / "data" / "KILL_SWITCH").unlink()
    told = call(home, "--env", "paper", *options)
    assert told.returncode == 3, told.stderr
    assert len(venue.books()["orders"]) == placed


@only_whole
@pytest.mark.slow
@pytest.mark.req("K1")
def test_fifty_orders_are_cancelled_in_time_though_cancels_are_late_and_lost(
    tmp_path: Path,
) -> None:
    done = drill(tmp_path, IDLE, then=still_latched)

    assert done.problems == ()
    assert done.delayed >= ORDERS
    assert done.lost >= ORDERS / 10
    (kill, *_) = records(tmp_path, "KillSeen")
    assert "the venue looks wrong" in json.dumps(kill)
    assert verified(tmp_path)["ok"] is True


@pytest.mark.slow
@pytest.mark.supervision
@pytest.mark.req("K1", "SUP1")
@pytest.mark.parametrize("case", some([STOPPED, "order_manager"]))
def test_a_kill_is_in_time_while_the_trader_stands_still_or_an_actor_is_dead(
    case: str, tmp_path: Path
) -> None:
    done = drill(tmp_path, case, least=FEW, dies_after=FEW_DIE_AFTER, then=still_latched)

    assert done.problems == ()
    assert verified(tmp_path)["ok"] is True
