"""Killed at random moments, in starts and while it trades: nothing twice, nothing lost.

Twelve kills here, forty with BULKHEAD_FULL=1, half beside a venue that lives on and half with one
that dies too; `python -m scripts.sigkills` does five hundred.
"""

from __future__ import annotations

import contextlib
from itertools import islice
from pathlib import Path

import pytest

from tests.builders.full import IS_FULL
from tests.builders.runs import verified
from tests.builders.sigkills import Kills, kill_often, moments
from tests.builders.simulator_process import venue_process

KILLS = 20 if IS_FULL else 6
SEED, SPEED = 1, 30


@pytest.mark.slow
@pytest.mark.supervision
@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.req("BOOT1", "X1", "SI1", "AUD1")
@pytest.mark.parametrize("venue", ["beside", "its own"])
def test_random_kills_leave_no_duplicate_no_orphan_and_equal_books(
    venue: str, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as stack:
        beside = None
        if venue == "beside":
            running = venue_process(tmp_path / "venue", "--speed", str(SPEED))
            beside = stack.enter_context(running)
        kills = Kills(tmp_path, beside, SPEED)

        found = kill_often(kills, list(islice(moments(SEED), KILLS)))

        assert found == [], "\n".join(found)
    assert kills.places.total() == KILLS
    assert kills.orders >= KILLS // 4, "the kills never let it trade"
    assert verified(tmp_path)["ok"] is True
