"""Drills of what trading can come to: ways of an order, limits on losses, a person's orders."""

from __future__ import annotations

from app.rehearsal.drill import DrillPhase, RehearsalDrill, fault
from domain.model.context import Regime
from domain.universe.orders import CLEAR_REGIME, SET_REGIME

TRADING: tuple[RehearsalDrill, ...] = (
    RehearsalDrill(
        name="sales",
        does="prices jump through targets and stops, a person closes, pauses and liquidates",
        fires=("pause", "liquidation", "crash_regime", "BREAKER", "RESOLVED"),
        phases=(
            DrillPhase(
                minutes=12,
                sets=("policy.exits.max_hold=6m",),
                faults=(
                    fault("price_jump", "170s", product="BTC-USD", percent=15),
                    fault("price_jump", "170s", product="ETH-USD", percent=-15),
                ),
            ),
        ),
        asks=(
            (200, "close", "LINK-USD"),
            (210, "pause", ""),
            (240, "unpause", ""),
            (250, SET_REGIME, Regime.CRASH.value),
            (280, CLEAR_REGIME, ""),
            (520, "liquidate", ""),
        ),
    ),
    RehearsalDrill(
        name="leaving",
        does="a strategy wants out of what it has just bought",
        phases=(DrillPhase(minutes=6),),
        leaves=True,
    ),
    RehearsalDrill(
        name="trims",
        does="the owner takes most of the money out, and what is owned is above its caps",
        phases=(
            DrillPhase(
                minutes=7,
                sets=("policy.maintenance.enabled=true",),
                faults=(fault("balance_change", "250s", currency="USD", amount="-8000"),),
            ),
        ),
    ),
    RehearsalDrill(
        name="losses",
        does="prices fall through every limit on losses",
        fires=("daily_loss", "daily_loss_usd", "weekly_loss", "drawdown"),
        phases=(
            DrillPhase(
                minutes=6,
                sets=(
                    "policy.stops.daily_pct=0.1",
                    "policy.stops.weekly_pct=0.1",
                    "policy.stops.drawdown_pct=0.1",
                    "policy.max_daily_loss_usd=5",
                ),
                faults=(fault("price_jump", "200s", percent=-15),),
            ),
        ),
    ),
    RehearsalDrill(
        name="kill",
        does="a person puts the signal file there while entries rest",
        fires=("kill",),
        phases=(
            DrillPhase(
                minutes=8,
                faults=(fault("price_jump", "62s", percent=2), fault("freeze_product", "60s")),
            ),
        ),
        kills_at=66,
    ),
    RehearsalDrill(
        name="working",
        does="the market leaves resting entries behind, and fills them in parts",
        phases=(
            DrillPhase(
                minutes=6,
                faults=(
                    fault("partial_fills", "0s", for_="170s", share="0.4"),
                    fault("fill_after_cancel", "0s", for_="170s", by="2s", share="0.5"),
                    *(fault("price_jump", f"{at}s", percent="0.2") for at in (61, 68, 75, 121)),
                ),
            ),
        ),
    ),
    RehearsalDrill(
        name="waiting",
        does="the market leaves resting entries behind until they are too old",
        phases=(
            DrillPhase(
                minutes=4,
                sets=("policy.execution.max_reprices=0", "policy.loop.jitter_pct=0"),
                faults=tuple(
                    fault("price_jump", f"{60 * minute + 1.2}s", percent="0.8")
                    for minute in range(4)
                ),
            ),
        ),
    ),
)
"""Drills in which much is bought and sold."""
