"""A cap on what moves together; what all caps have in common is in ../test_caps.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.risk.rules.theme_cap import ThemeCap
from tests.builders.messages import a_candidate, a_mandate, a_view


@pytest.mark.req("U2")
def test_every_theme_of_an_asset_binds() -> None:
    rule = ThemeCap(max_per_theme_pct={"WIDE": Decimal(10), "NARROW": Decimal(1)})
    mandate = a_mandate(themes={"WIDE": ("BTC", "ETH"), "NARROW": ("BTC",)})

    refusal = rule.judge(a_candidate("100.01"), a_view(mandate=mandate))

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("theme_cap", "theme NARROW")
    assert rule.judge(a_candidate("100"), a_view(mandate=mandate)) is None


@pytest.mark.req("U2")
def test_a_theme_without_a_cap_is_a_failure_and_no_permission() -> None:
    view = a_view(mandate=a_mandate(themes={"LAYER1": ("BTC",)}))

    with pytest.raises(KeyError):
        ThemeCap().judge(a_candidate("1"), view)


def test_an_asset_of_no_theme_is_capped_by_none() -> None:
    rule = ThemeCap(max_per_theme_pct={"LAYER2": Decimal(0)})
    view = a_view(mandate=a_mandate(themes={"LAYER2": ("OP",)}))

    assert rule.judge(a_candidate("500"), view) is None
