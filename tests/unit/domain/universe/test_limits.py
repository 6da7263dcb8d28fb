"""The tiers that hold where nobody has written any."""

from __future__ import annotations

from itertools import pairwise

import pytest

from domain.universe.limits import shipped_tiers


@pytest.mark.req("U1")
def test_the_less_liquid_a_tier_the_less_of_it() -> None:
    for strict, loose in pairwise(shipped_tiers().values()):
        assert loose.min_volume < strict.min_volume
        assert loose.min_depth < strict.min_depth
        assert loose.max_spread_bps > strict.max_spread_bps
        assert loose.position_pct < strict.position_pct
        assert loose.tier_pct < strict.tier_pct
