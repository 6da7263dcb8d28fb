"""A cap on one asset; what all caps have in common is in ../test_caps.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.portfolio import LimitUse
from domain.risk.rules.asset_cap import AssetCap
from tests.builders.messages import BTC, a_candidate, a_lot, a_portfolio, a_quote, a_view


@pytest.mark.req("E1")
def test_the_stricter_cap_of_an_asset_binds() -> None:
    tight = AssetCap(max_per_asset_pct={"BTC": Decimal(1)})
    loose = AssetCap(asset_pct=Decimal(3), max_per_asset_pct={"BTC": Decimal(5)})

    assert tight.judge(a_candidate("100"), a_view()) is None
    assert tight.judge(a_candidate("100.01"), a_view()) is not None
    assert loose.judge(a_candidate("300"), a_view()) is None
    assert loose.judge(a_candidate("300.01"), a_view()) is not None


@pytest.mark.req("E1")
def test_the_cap_of_another_asset_is_another_matter() -> None:
    rule = AssetCap(max_per_asset_pct={"ETH": Decimal(1)})

    assert rule.judge(a_candidate("500"), a_view()) is None


@pytest.mark.req("E1")
def test_an_asset_with_a_cap_of_its_own_tells_that_one() -> None:
    rule = AssetCap(max_per_asset_pct={"BTC": Decimal(1)})
    view = a_view(
        portfolio=a_portfolio("9950", a_lot("50"), nlv="10000"), quotes={BTC: a_quote("0.99", "1")}
    )

    assert [*rule.uses(view)] == [LimitUse("asset BTC", Decimal("0.5"), Decimal(1), "%")]
