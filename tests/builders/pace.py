"""Settings by which the pace of entries and the depth of books hold up as little as they may."""

from __future__ import annotations

from app.rehearsal.drill import LOOSE_PACE

UNPACED = (
    *LOOSE_PACE,
    "policy.liquidity.collar_bps=200",
    "policy.liquidity.max_spread_bps=200",
    "policy.liquidity.depth_times=1",
)
"""As loose as the code allows: what happens in hours happens in minutes on hand-made markets."""
