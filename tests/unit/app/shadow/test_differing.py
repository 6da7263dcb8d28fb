"""Which settings differ, and which of them a shadow decides by."""

from __future__ import annotations

import pytest

from app.shadow.differing import differing
from config.loading import load
from tests.builders.world import CONFIG


@pytest.mark.req("SH1")
def test_equal_configurations_differ_in_nothing() -> None:
    assert list(differing(load(CONFIG), load(CONFIG))) == []


@pytest.mark.req("SH1")
@pytest.mark.parametrize(
    ("setting", "before", "after", "is_acted_on"),
    [
        ("strategies.breakout.notional_pct", "2", "1", True),
        ("policy.caps.total_pct", "15", "9", True),
        ("policy.loop.interval_seconds", 60, 30, False),
        ("universe.tiers.T3.min_depth", "2000", "3000", False),
        ("universe.tiers.T3.position_pct", "1", "0.5", True),
        ("universe.stability.enter_after", "3m", "5m", False),
    ],
)
def test_one_that_differs_is_named_with_both_values(
    setting: str, before: object, after: object, is_acted_on: bool
) -> None:
    found = list(differing(load(CONFIG), load(CONFIG, [f"{setting}={after}"])))

    assert found == [
        {"name": setting, "primary": before, "shadow": after, "is_acted_on": is_acted_on}
    ]


def test_a_strategy_that_only_one_has_is_named_by_its_settings() -> None:
    more = load(CONFIG, ["strategies.second={use: momentum, enabled: false, notional_pct: 1,"
                         " stop_loss_pct: 8, take_profit_pct: 15}"])  # fmt: skip
    found = {each["name"]: each["primary"] for each in differing(load(CONFIG), more)}

    assert found["strategies.second.use"] is None
    assert all(name.startswith("strategies.second.") for name in found)
