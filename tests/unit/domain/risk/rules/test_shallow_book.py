"""An order has to find several times its size in the book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.universe import Exclusion
from domain.risk.rules.shallow_book import ShallowBook
from domain.risk.view import RiskView
from tests.builders.messages import BTC, a_candidate, a_standing, a_view

RULE = ShallowBook()


def deep(depth: str | None) -> RiskView:
    known = None if depth is None else Decimal(depth)
    return a_view(standings={BTC: a_standing(depth=known)})


@pytest.mark.req("U1")
def test_binds_at_a_cent() -> None:
    assert RULE.judge(a_candidate("200"), deep("400")) is None
    refusal = RULE.judge(a_candidate("200"), deep("399.99"))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "shallow_book",
        "depth 399.99",
        "at least 400.00",
    )


@pytest.mark.req("U1", "E2")
def test_an_unknown_depth_is_none() -> None:
    refusal = RULE.judge(a_candidate("200"), deep(None))

    assert refusal is not None
    assert refusal.observed == "depth unknown"


def test_what_is_in_no_tier_is_refused_elsewhere() -> None:
    excluded = a_standing(depth=None, exclusion_reason=Exclusion.BANNED)

    assert RULE.judge(a_candidate("200"), a_view(standings={BTC: excluded})) is None
    assert RULE.judge(a_candidate("200"), a_view(standings={})) is None
    assert RULE.judge(a_candidate(), deep(None)) is None
