"""What may be bought and the state of the market, as the status shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.reporting.universe_rows import funnel_row, regime_row, universe_row
from domain.messages.decisions import RoundJudged
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.context import Regime
from domain.model.funnel import Funnel, FunnelLoss, Stage
from domain.model.universe import Exclusion
from tests.builders.messages import BTC, ETH, NOW, a_reading, a_standing


@pytest.mark.req("U1")
def test_each_product_is_shown_with_its_tier_and_why_it_is_excluded() -> None:
    fine = a_standing(BTC, volume=Decimal("319000000.50"), spread_bps=Decimal("0.1600"))
    out = a_standing(ETH, "T3", exclusion_reason=Exclusion.DEPTH, observed="9 USD", limit="10 USD")

    row: Any = universe_row(UniverseJudged((fine, out)))

    assert row["eligible"] == [
        {
            "product": BTC,
            "tier": "T1",
            "volume_24h": "319000000.5",
            "spread_bps": "0.16",
            "depth": "1000000.00",
        }
    ]
    (excluded,) = row["excluded"]
    assert (excluded["product"], excluded["tier"]) == (ETH, "T3")
    assert excluded["exclusion_reason"] == "depth_too_low"
    assert (excluded["observed"], excluded["limit"]) == ("9 USD", "10 USD")


@pytest.mark.req("U3")
def test_the_regime_is_shown_with_what_it_does_where_it_comes_from_and_its_age() -> None:
    row = regime_row(RegimeJudged(a_reading(Regime.BEAR, trend_pct=Decimal("-6.10"))))

    assert row is not None
    assert (row["regime"], row["multiplier"], row["provenance"]) == ("bear", "0.6", "detected")
    assert (row["bars"], row["at"], row["trend_pct"]) == (168, "2023-12-12T04:00:00Z", "-6.1")
    assert row["until"] is None


def test_before_a_judgement_there_is_nothing_to_show() -> None:
    assert universe_row(None) is None
    assert regime_row(None) is None


def test_the_funnel_is_shown_with_the_fills_since_and_the_first_reason_of_each_loss() -> None:
    loss = FunnelLoss(ETH, Stage.ALLOCATED, "less_convinced", "two")
    funnel = Funnel(
        eligible=5, seen=4, triggered=3, proposed=2, allocated=1, approved=1, losses=(loss,)
    )
    judged = RoundJudged(7, NOW, (BTC,), (), (), funnel)

    row = funnel_row(judged, {BTC, ETH})

    assert row is not None
    assert [row[each.value] for each in Stage] == [5, 4, 3, 2, 1, 1, 1]
    assert row["losses"] == [
        {"product": ETH, "stage": "allocated", "reason": "less_convinced", "strategy": "two"}
    ]
    assert funnel_row(RoundJudged(7, NOW, (), (), ()), set()) is None
    assert funnel_row(None, set()) is None
