"""A cap on everything at risk; what all caps have in common is in ../test_caps.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.risk.rules.total_cap import TotalCap
from tests.builders.messages import BTC, ETH, a_candidate, a_lot, a_portfolio, a_quote, a_view


@pytest.mark.req("E1", "E2")
def test_every_product_and_strategy_counts() -> None:
    lots = (a_lot("300"), a_lot("400", id="lot-2", product=ETH, strategy="other"))
    quotes = {name: a_quote("0.99", "1", product=name) for name in (BTC, ETH)}
    view = a_view(portfolio=a_portfolio("9300", *lots, nlv="10000"), quotes=quotes)
    rule = TotalCap(total_pct=Decimal(8))

    assert rule.judge(a_candidate("100"), view) is None
    refusal = rule.judge(a_candidate("100.01"), view)

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("total_cap", "total")
    assert (refusal.current_pct, refusal.proposed_pct) == (Decimal(7), Decimal("8.0001"))
