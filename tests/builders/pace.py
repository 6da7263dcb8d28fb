"""Settings by which the pace of entries and the depth of books hold up as little as they may."""

from __future__ import annotations

UNPACED = (
    "policy.cooldown.after_fill_seconds=10",
    "policy.cooldown.after_stop_seconds=60",
    "policy.pacing.spacing_seconds=1",
    "policy.pacing.product_spacing_seconds=1",
    "policy.pacing.trades_per_hour=60",
    "policy.pacing.trades_per_day=500",
    "policy.pacing.losses_in_a_row=20",
    "policy.pacing.loss_pause_minutes=5",
    "policy.caps.open_positions=50",
    "policy.liquidity.collar_bps=200",
    "policy.liquidity.max_spread_bps=200",
    "policy.liquidity.depth_times=1",
)
"""As loose as the code allows: what happens in hours happens in minutes on hand-made markets."""
