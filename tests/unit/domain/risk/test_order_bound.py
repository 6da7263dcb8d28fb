"""A cap in percent becomes an amount, and a bad market makes it smaller, a good one no larger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.context import Regime
from domain.model.money import Amount
from domain.risk.order_bound import Prospect
from tests.builders.messages import BTC, a_mandate


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    ("regime", "most"),
    [(Regime.BULL, 300), (Regime.CHOP, 300), (Regime.BEAR, 180), (Regime.CRASH, 0)],
)
def test_a_share_of_equity_is_cut_by_a_bad_market_alone(regime: Regime, most: int) -> None:
    prospect = Prospect(
        product=BTC,
        tier="T1",
        strategy="breakout",
        nlv=Amount(Decimal(10_000)),
        multiplier=regime.multiplier,
        mandate=a_mandate(),
    )

    bound = prospect.share("policy.caps.position_pct", Decimal(3))

    assert (bound.key, int(bound.most)) == ("policy.caps.position_pct", most)
    assert bound.grows
