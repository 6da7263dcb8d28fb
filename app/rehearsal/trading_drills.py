"""Drills of what trading can come to: ways of an order, limits on losses, a person's orders."""

from __future__ import annotations

from app.rehearsal.drill import DrillPhase, RehearsalDrill, fault
from app.rehearsal.eager import EAGER
from domain.model.context import Regime
from domain.universe.orders import CLEAR_REGIME, SET_REGIME

TRADING: tuple[RehearsalDrill, ...] = (
    RehearsalDrill(
        name="sales",
        does="prices jump through targets and stops, a person closes, pauses and liquidates, and"
        " whether the proceeds were converted is not known",
        fires=("pause", "liquidation", "crash_regime", "BREAKER", "RESOLVED", "CONVERSION"),
        phases=(
            DrillPhase(
                minutes=12,
                sets=("policy.exits.max_hold=6m",),
                faults=(
                    fault("price_jump", "170s", product="BTC-USD", percent=15),
                    fault("price_jump", "170s", product="ETH-USD", percent=-15),
                    fault("lost_response", "500s", for_="200s", endpoint="convert"),
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
        does="a strategy wants out of what it has just bought, and hangs when it is asked",
        fires=("late",),
        phases=(DrillPhase(minutes=6),),
        leaves=True,
        hangs=tuple((at_s, f"strategy.{EAGER}") for at_s in (178, 298)),
    ),
    RehearsalDrill(
        name="trims",
        does="the owner takes most of the money out, and what is owned is above its caps; the venue"
        " refuses sales down to them",
        fires=("TRIM_HINDERED",),
        phases=(
            DrillPhase(
                minutes=7,
                sets=("policy.maintenance.enabled=true", "policy.maintenance.trims_per_round=5"),
                faults=(
                    fault("balance_change", "250s", currency="USD", amount="-8000"),
                    fault("balance_change", "310s", currency="USD", amount="-900"),
                    fault("reject_order", "335s", for_="85s", side="SELL"),
                ),
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
        does="a person puts the signal file there while entries rest, and the venue lists nothing",
        fires=("kill", "live_orders"),
        phases=(
            DrillPhase(
                minutes=8,
                faults=(
                    fault("price_jump", "62s", percent=2),
                    fault("freeze_product", "60s"),
                    fault("garbage_json", "65s", for_="10s", endpoint="orders"),
                ),
            ),
        ),
        kills_at=66,
    ),
    RehearsalDrill(
        name="working",
        does="the market leaves resting entries behind, and fills them in parts, some too small to"
        " be sold again",
        fires=("DUST", "AFTER_ITS_END"),
        phases=(
            DrillPhase(
                minutes=6,
                sets=("policy.exits.max_hold=1m",),
                faults=(
                    fault("partial_fills", "0s", for_="110s", share="0.4"),
                    fault("partial_fills", "110s", for_="60s", share="0.004"),
                    fault("fill_after_cancel", "0s", for_="110s", by="2s", share="0.5"),
                    *(fault("price_jump", f"{at}s", percent="0.2") for at in (61, 68, 75, 121)),
                ),
            ),
        ),
    ),
    RehearsalDrill(
        name="waiting",
        does="the market leaves resting entries behind until they are too old; at the end no list"
        " shows whether they are gone",
        fires=("STOP_UNCONFIRMED",),
        phases=(
            DrillPhase(
                minutes=4,
                sets=("policy.execution.max_reprices=0", "policy.loop.jitter_pct=0"),
                faults=(
                    *(
                        fault("price_jump", f"{at}s", percent="0.8")
                        for at in (1.2, 61.2, 121.2, 181.2)
                    ),
                    fault("garbage_json", "236s", for_="600s", endpoint="orders"),
                ),
            ),
        ),
    ),
)
"""Drills in which much is bought and sold."""
