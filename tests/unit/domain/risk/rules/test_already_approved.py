"""One bar leads to one order."""

from __future__ import annotations

import pytest

from domain.model.instants import MINUTE
from domain.model.product import Side
from domain.risk.rules.already_approved import AlreadyApproved
from domain.risk.view import approved_key
from tests.builders.messages import BTC, ETH, NOW, a_candidate, a_view


def test_the_same_bar_is_approved_once() -> None:
    candidate = a_candidate()

    refusal = AlreadyApproved().judge(candidate, a_view(approved={approved_key(candidate.entry)}))

    assert refusal is not None
    assert refusal.reason == "already_approved"


@pytest.mark.parametrize(
    "other",
    [
        ("other", BTC, Side.BUY, NOW - MINUTE),
        ("breakout", ETH, Side.BUY, NOW - MINUTE),
        ("breakout", BTC, Side.SELL, NOW - MINUTE),
        ("breakout", BTC, Side.BUY, NOW - 2 * MINUTE),
    ],
)
def test_another_strategy_product_side_or_bar_is_another_matter(other: tuple[object, ...]) -> None:
    assert AlreadyApproved().judge(a_candidate(), a_view(approved={other})) is None
