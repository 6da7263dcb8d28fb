"""No entry at a price that is doubted, whatever the doubt."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import asdict, evolve, fields

from domain.model.market import Doubt, DoubtKind, PriceLimits
from domain.risk.rules.suspect_price import SuspectPrice
from tests.builders.messages import BTC, NOW, a_candidate, a_quote, a_view

pytestmark = pytest.mark.req("O1")


@pytest.mark.parametrize("kind", list(DoubtKind))
@pytest.mark.parametrize("is_confirmed", [False, True])
def test_an_entry_at_a_doubted_price_is_refused_with_value_and_limit(
    kind: DoubtKind, is_confirmed: bool
) -> None:
    doubt = Doubt(kind, "120 bps", "100 bps", NOW, is_confirmed=is_confirmed)
    view = a_view(quotes={BTC: evolve(a_quote(), doubt=doubt)})

    refusal = SuspectPrice().judge(a_candidate(), view)

    assert refusal is not None
    assert refusal.reason == "suspect_price"
    assert (refusal.observed, refusal.limit) == (f"{kind.value}: 120 bps", "100 bps")


def test_a_price_without_a_doubt_passes() -> None:
    assert SuspectPrice().judge(a_candidate(), a_view(quotes={BTC: a_quote()})) is None
    assert SuspectPrice().judge(a_candidate(), a_view(quotes={})) is None, "others refuse that"


def test_the_feed_judges_by_the_settings_of_the_rule() -> None:
    rule = SuspectPrice(
        jump_sigmas=Decimal(5),
        jump_floor_bps=Decimal(4),
        max_spread_bps=Decimal(3),
        bar_pct=Decimal(2),
        bar_volume_ratio=Decimal(1),
    )

    assert asdict(rule.limits) == {
        each.name: getattr(rule, each.name) for each in fields(PriceLimits)
    }
