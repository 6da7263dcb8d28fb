"""Only what the universe holds is bought."""

from __future__ import annotations

import pytest

from domain.model.universe import Exclusion
from domain.risk.rules.not_eligible import NotEligible
from tests.builders.messages import BTC, ETH, a_candidate, a_standing, a_view

pytestmark = pytest.mark.req("U1")


def test_what_is_in_a_tier_passes() -> None:
    assert NotEligible().judge(a_candidate(), a_view()) is None


def test_what_is_excluded_is_refused_with_its_numbers() -> None:
    out = a_standing(exclusion_reason=Exclusion.SPREAD, observed="70.0 bps", limit="60 bps")
    refusal = NotEligible().judge(a_candidate(), a_view(standings={BTC: out}))

    assert refusal is not None
    assert (refusal.reason, refusal.observed) == ("not_eligible", "spread_too_wide: 70.0 bps")
    assert refusal.limit == "60 bps"


@pytest.mark.parametrize("standings", [{}, {ETH: a_standing(ETH)}, {BTC: a_standing(tier="T9")}])
def test_what_was_not_judged_and_a_tier_that_nobody_knows_are_refused(
    standings: dict[object, object],
) -> None:
    assert NotEligible().judge(a_candidate(), a_view(standings=standings)) is not None
