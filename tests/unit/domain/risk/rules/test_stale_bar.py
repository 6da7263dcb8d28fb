"""No entry on bars that ended too long ago."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.instants import SECOND
from domain.risk.rules.stale_bar import StaleBar
from tests.builders.messages import BTC, NOW, a_candidate, a_view


@pytest.mark.req("ST1")
@pytest.mark.parametrize("seconds", [90, 60])
def test_a_bar_passes_at_the_limit_and_is_refused_one_nanosecond_older(seconds: int) -> None:
    rule, limit_ns = StaleBar(bar_seconds=Decimal(seconds)), seconds * SECOND

    assert rule.judge(a_candidate(), a_view(bar_ends={BTC: NOW - limit_ns})) is None
    for ends in ({BTC: NOW - limit_ns - 1}, {BTC: NOW + limit_ns + 1}, {}):
        refusal = rule.judge(a_candidate(), a_view(bar_ends=ends))
        assert refusal is not None
        assert (refusal.reason, refusal.limit) == ("stale_bar", f"{seconds} s")
