"""A sweep is refused as a whole before its first trial, or its folds have room for all it tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.sweep.folds import TooShort
from app.sweep.plan import NothingEnabled
from config.errors import ConfigError
from domain.model.instants import HOUR, MINUTE
from tests.builders.sweeps import BEGIN, SETS, SPACE, plan

pytestmark = pytest.mark.req("BT2", "C1")


def test_the_gap_is_the_longest_look_back_and_hold_that_the_space_allows(tmp_path: Path) -> None:
    longer = (
        SPACE.replace("high: 60", "high: 90") + "  policy.exits.max_hold: {choices: [1h, 2h]}\n"
    )

    usual, wide = plan(tmp_path), plan(tmp_path, longer)

    assert usual.question.gap_ns == HOUR + 61 * MINUTE
    assert wide.question.gap_ns == 2 * HOUR + 91 * MINUTE
    for each in wide.folds:
        assert each.judged.start_ns - each.searched.end_ns == wide.question.gap_ns
    assert usual.folds[0].searched.start_ns == BEGIN


def test_what_decides_the_result_is_in_its_name_and_what_does_not_is_not(tmp_path: Path) -> None:
    names = {
        plan(tmp_path).identity,
        plan(tmp_path, SPACE.replace("step: 5", "step: 15")).identity,
        plan(tmp_path, sets=(*SETS, "policy.caps.position_pct=4")).identity,
    }
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert len(names) == 3
    assert plan(elsewhere).identity == plan(tmp_path).identity


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("strategies.breakout.stop_los_pct: {low: 1, high: 2}", "unknown key"),
        ("strategies.breakout.stop_loss_pct: {low: 1, high: 90}", "was 90"),
        ("strategies.breakout.lookback_minutes: {low: 60, high: 61, step: 0.5}", None),
        ("strategies.breakout.lookback_minutes: {low: 59.5, high: 60, step: 0.5}", "whole number"),
        ("strategies.nobody.stop_loss_pct: {low: 1, high: 2}", "strategies.nobody"),
        ("policy.exits.max_hold: {choices: [1h, never]}", "expected a duration"),
        ("policy.typo.key: {choices: [1, 2]}", "unknown key"),
    ],
)
def test_a_key_that_can_not_be_is_refused_at_its_line(
    line: str, why: str | None, tmp_path: Path
) -> None:
    text = f"folds: 2\nin_sample: 2\nparameters:\n  {line}\n"
    if why is None:
        assert plan(tmp_path, text)
        return
    with pytest.raises(ConfigError) as found:
        plan(tmp_path, text)

    told = str(found.value)
    assert "space.yaml:4" in told
    assert why in told


def test_without_room_or_a_strategy_nothing_begins(tmp_path: Path) -> None:
    with pytest.raises(TooShort):
        plan(tmp_path, SPACE.replace("folds: 2", "folds: 40"))
    with pytest.raises(NothingEnabled):
        plan(tmp_path, sets=(*SETS, "strategies.breakout.enabled=false"))
