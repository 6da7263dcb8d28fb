"""Entries keep a distance in time from each other."""

from __future__ import annotations

import pytest

from domain.model.instants import SECOND, Nanos
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rules.spacing import Spacing
from domain.risk.view import RiskView
from tests.builders.messages import BTC, ETH, NOW, a_candidate, a_view

pytestmark = pytest.mark.req("PAC")
RULE = Spacing()


def bought(*entries: tuple[str, int]) -> RiskView:
    """Return a view after filled entries: product and seconds ago, oldest first."""
    known = tuple(
        FilledEntry(str(n), a_candidate(product=product).product, Nanos(NOW - ago * SECOND))
        for n, (product, ago) in enumerate(entries)
    )
    return a_view(past_trades=PastTrades(entries=known))


def test_any_entry_keeps_the_general_distance() -> None:
    refusal = RULE.judge(a_candidate(), bought((ETH, 29)))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "spacing",
        "29 s since an entry of ETH-USD",
        "30 s between entries",
    )
    assert RULE.judge(a_candidate(), bought((ETH, 30))) is None


def test_more_of_the_same_product_keeps_a_longer_one_behind_others_too() -> None:
    refusal = RULE.judge(a_candidate(), bought((BTC, 899), (ETH, 40)))

    assert refusal is not None
    assert refusal.limit == "900 s between entries of a product"
    assert RULE.judge(a_candidate(), bought((BTC, 900), (ETH, 40))) is None
    assert RULE.judge(a_candidate(), a_view()) is None
