"""Both engines of a backtest do the same on any market, with any strategies, limits and fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.backtest.check import check
from app.backtest.plan import FillRule, plan_of
from app.run.settings import lookback_ns
from config.loading import load
from domain.model.instants import HOUR, MILLISECOND, Nanos
from tests.builders.backtests import BEGIN

CASES, PARTS = 500, 4
MINUTES = 12
CHOICES: Mapping[str, tuple[str, ...]] = {
    "strategies.breakout.lookback_minutes": ("5", "20", "60"),
    "strategies.breakout.volume_minutes": ("10",),
    "strategies.breakout.stop_loss_pct": ("0.5", "1", "3"),
    "strategies.breakout.take_profit_pct": ("8", "14"),
    "strategies.breakout.notional_pct": ("0.5", "2", "3"),
    "strategies.breakout.enabled": ("true", "true", "false"),
    "strategies.baseline.enabled": ("true", "false"),
    "strategies.mean_reversion.enabled": ("true", "false"),
    "strategies.mean_reversion.min_deviations": ("0.5",),
    "strategies.momentum.enabled": ("true", "false"),
    "policy.caps.total_pct": ("5", "8", "15"),
    "policy.max_daily_loss_usd": ("1", "300"),
    "policy.exits.max_hold": ("5m", "20m", "6h"),
    "policy.exits.trailing_stop_pct": ("0", "0", "0.5"),
    "policy.exits.venue_stops": ("true", "false"),
    "policy.execution.ttl_seconds": ("15", "45", "110"),
    "policy.execution.entry_offset_bps": ("0", "5", "-10"),
    "policy.execution.max_reprices": ("0", "2"),
    "policy.execution.taker_fallback": ("true", "false"),
    "policy.cooldown.after_fill_seconds": ("10", "600"),
    "policy.max_order_usd": ("60", "1000"),
    "policy.loop.interval_seconds": ("60", "300"),
}


def some_sets() -> st.SearchStrategy[tuple[str, ...]]:
    drawn = {key: st.sampled_from(values) for key, values in CHOICES.items()}
    return st.fixed_dictionaries(drawn).map(
        lambda known: tuple(f"{key}={value}" for key, value in known.items())
    )


@pytest.mark.req("BT1", "BT4")
@pytest.mark.parametrize("part", range(PARTS))
def test_columns_are_events(part: int) -> None:
    happened: Counter[str] = Counter()

    @settings(
        max_examples=CASES // PARTS,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    @given(
        sets=some_sets(),
        seed=st.integers(0, 10**6),
        begin=st.integers(0, 40),
        fills=st.sampled_from((FillRule.TAPE, FillRule.TAPE, FillRule.BAR)),
        delay_ms=st.sampled_from((0, 0, 40, 2_500)),
    )
    def columns_are_events(
        sets: tuple[str, ...], seed: int, begin: int, fills: FillRule, delay_ms: int
    ) -> None:
        config = load(Path("config"), sets)
        start_ns = Nanos(BEGIN + begin * HOUR)
        made = plan_of(
            "generated",
            config,
            seed=PARTS * seed + part,
            lookback_ns=lookback_ns(config),
            from_ns=start_ns,
            to_ns=Nanos(start_ns + MINUTES * HOUR // 60),
            fills=fills,
        )
        made = evolve(made, delay_ns=Nanos(delay_ms * MILLISECOND))
        outcome, found = check(made, lambda _: None)
        assert found is None
        happened.update(
            cases=1,
            bought=bool(outcome.results.trips),
            sold=bool(outcome.results.closed),
            refused=bool(outcome.results.counts.refused_entries),
            halted=bool(outcome.halts),
        )

    columns_are_events()

    assert happened["cases"] >= CASES // PARTS
    for what in ("bought", "sold", "refused", "halted"):
        assert happened[what], f"too little happened to be compared: {happened}"
