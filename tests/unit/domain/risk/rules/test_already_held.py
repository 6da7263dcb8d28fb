"""A strategy holds one lot of a product, unless it says that it pyramids."""

from __future__ import annotations

import pytest

from domain.risk.exposure import Exposure
from domain.risk.rules.already_held import AlreadyHeld
from tests.builders.messages import (
    ETH,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_view,
    approved,
)

RULE = AlreadyHeld()


@pytest.mark.req("E1")
def test_a_second_lot_is_refused() -> None:
    refusal = RULE.judge(a_candidate(), a_view(portfolio=a_portfolio("10000", a_lot())))

    assert refusal is not None
    assert (refusal.reason, refusal.observed) == ("already_held", "it holds a lot")


@pytest.mark.req("E1", "E2")
def test_an_entry_that_has_not_ended_counts_like_a_lot() -> None:
    exposure = Exposure().reserve(approved())
    refusal = RULE.judge(a_candidate(), a_view(exposure=exposure))

    assert refusal is not None
    assert refusal.observed == "an entry of it has not ended"


@pytest.mark.parametrize("changes", [{"strategy": "other"}, {"product": ETH}])
def test_lots_of_others_and_of_other_products_are_another_matter(changes: dict[str, str]) -> None:
    lot = a_lot(**changes)

    assert RULE.judge(a_candidate(), a_view(portfolio=a_portfolio("10000", lot))) is None


def test_a_strategy_that_pyramids_may_buy_more() -> None:
    mandate = a_mandate(pyramids=frozenset({"breakout"}))
    view = a_view(portfolio=a_portfolio("10000", a_lot()), mandate=mandate)

    assert RULE.judge(a_candidate(), view) is None


@pytest.mark.req("E2")
def test_while_the_books_are_not_known_others_refuse() -> None:
    assert RULE.judge(a_candidate(), a_view(portfolio=None)) is None
