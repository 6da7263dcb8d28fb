"""The first hours of a certificate: no cap is higher than a canary's, and none gets looser."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.run.canary import under_canary_caps
from config.difference import differences, is_tighter_only
from config.loading import load
from domain.risk.canary import (
    CANARY_ASSET_PCT,
    CANARY_DAILY_LOSS,
    CANARY_ORDER,
    CANARY_POSITION_PCT,
    CANARY_TOTAL_PCT,
)
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1", "M1", "E1")

SHIPPED = load(CONFIG)
CAPS = {
    "caps.total_pct": CANARY_TOTAL_PCT,
    "caps.position_pct": CANARY_POSITION_PCT,
    "caps.asset_pct": CANARY_ASSET_PCT,
    "max_order_usd": CANARY_ORDER,
    "max_daily_loss_usd": CANARY_DAILY_LOSS,
}


def test_the_shipped_policy_is_cut_to_it_and_nothing_else_of_it_changes() -> None:
    found = under_canary_caps(SHIPPED)

    assert {name: found.policy.value(name) for name in CAPS} == CAPS
    before, after = (
        {each.name: each.value for each in config.effective()} for config in (SHIPPED, found)
    )
    changed = differences(before, after)
    assert {each.name.removeprefix("policy.") for each in changed} == set(CAPS)
    assert is_tighter_only(changed)
    assert found.policy_hash != SHIPPED.policy_hash, "records say under what was traded"


@given(st.decimals("0.1", "1", places=2))
def test_what_is_stricter_already_stays_as_it_is(share: Decimal) -> None:
    sets = [f"policy.max_order_usd={CANARY_ORDER * share}", "policy.max_daily_loss_usd=49"]
    config = load(CONFIG, sets)

    found = under_canary_caps(config)

    assert found.policy.value("max_order_usd") == CANARY_ORDER * share
    assert found.policy.value("max_daily_loss_usd") == Decimal(49)
    assert under_canary_caps(found) == found
