"""A bar does not contradict itself."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC, NOW
from tests.builders.numbers import price, quantity

BAR = Bar(BTC, NOW, price("2"), price("3"), price("1"), price("2.5"), quantity("7"))


def test_a_bar_whose_prices_lie_between_low_and_high_is_consistent() -> None:
    assert BAR.is_consistent
    assert evolve(BAR, volume=quantity("0")).is_consistent


@pytest.mark.parametrize(
    "changes",
    [
        {"high": price("2.2")},
        {"low": price("2.2")},
        {"open": price("4")},
        {"close": price("0.5")},
        {"low": Price(price("0") * 0)},
        {"volume": Quantity(-quantity("1"))},
    ],
    ids=str,
)
def test_a_bar_that_contradicts_itself_is_not(changes: dict[str, Any]) -> None:
    assert not evolve(BAR, **changes).is_consistent
