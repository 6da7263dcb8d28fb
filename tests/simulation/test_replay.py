"""A run is played again: what is different has a cause, and the causes add up to the money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.model.money import ZERO
from domain.replay.comparison import ReplayComparison
from domain.replay.parts import PnlPart
from tests.builders.operator import order
from tests.builders.replays import a_world, market, replayed
from tests.builders.simulator import fault

pytestmark = [pytest.mark.req("BT4"), pytest.mark.slow]
MINUTES = 24
"""SOL is bought in the nineteenth and sold in the twenty-second, LINK is bought after that."""


def of_faults(folder: Path, *faults: dict[str, Any]) -> ReplayComparison:
    with a_world(folder, market(folder), MINUTES, faults=faults).start() as world:
        world.run_to_end()
        return replayed(world)


def adds_up(found: ReplayComparison) -> None:
    assert found.is_explained, found
    assert found.residual == ZERO
    assert sum(found.parts.values()) == found.difference


def others(found: ReplayComparison, *parts: PnlPart) -> dict[PnlPart, Decimal]:
    """Return what is there of parts besides these."""
    return {part: each for part, each in found.parts.items() if each and part not in parts}


def test_a_run_that_nobody_disturbed_is_what_its_replay_is(tmp_path: Path) -> None:
    found = of_faults(tmp_path)

    assert found.agrees
    assert found.verdicts.same >= 5
    assert found.exits_same >= 3
    adds_up(found)
    assert sum(1 for pair in found.pairs if pair.run and pair.run.sales) == 1
    # Without jitter both decide on the same prices, and nothing is left to explain.
    assert found.difference == ZERO
    assert not others(found)


def test_other_fees_are_fees(tmp_path: Path) -> None:
    found = of_faults(tmp_path, fault("fee_tier", at="30s", maker="0.002", taker="0.004"))

    assert found.agrees
    adds_up(found)
    assert found.parts[PnlPart.FEES] > 0
    assert not others(found, PnlPart.FEES, PnlPart.SIZE)


def test_an_order_that_came_too_late_is_latency(tmp_path: Path) -> None:
    slow = fault("latency", at="10m", endpoint="place", p50="6s", p99="7s")

    found = of_faults(tmp_path, slow)

    adds_up(found)
    assert found.parts[PnlPart.LATENCY]
    assert not others(found, PnlPart.LATENCY, PnlPart.SIZE)


def test_an_order_that_the_venue_did_not_take_is_a_fault(tmp_path: Path) -> None:
    lost = fault("reject_order", at="10m", product="SOL-USD")

    found = of_faults(tmp_path, lost)

    adds_up(found)
    assert found.parts[PnlPart.SYSTEM]
    assert not others(found, PnlPart.SYSTEM, PnlPart.SIZE)


def test_what_a_person_sells_is_theirs(tmp_path: Path) -> None:
    with a_world(tmp_path, market(tmp_path), MINUTES).start() as world:
        assert world.until(lambda: world.venue_total("SOL") > 0, 20 * 60)
        assert order(world, "close", "bad news", subject="SOL-USD").code == 0
        world.run_to_end()
        found = replayed(world)

    adds_up(found)
    assert found.parts[PnlPart.PERSON]
    assert {each.kind for each in found.exits} >= {"operator", "max_hold"}
    assert {each.cause.part for each in found.exits} == {PnlPart.PERSON}
    assert found.hindrances.deeds
    assert not others(found, PnlPart.PERSON, PnlPart.SIZE)


def test_what_was_not_bought_in_a_pause_is_the_persons_who_paused(tmp_path: Path) -> None:
    with a_world(tmp_path, market(tmp_path), MINUTES).start() as world:
        assert world.until(lambda: world.is_ready and world.now_s > -1, 60)
        assert order(world, "pause", "central bank").code == 0
        world.run_to_end()
        found = replayed(world)

    adds_up(found)
    assert not found.agrees
    assert {each.cause.part for each in found.verdicts.differences} == {PnlPart.PERSON}
    assert found.parts[PnlPart.PERSON]
