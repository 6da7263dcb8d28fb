"""No entry while the account's value is unknown."""

from __future__ import annotations

import pytest

from domain.risk.rules.nlv_unknown import NlvUnknown
from tests.builders.messages import a_candidate, a_portfolio, a_view


@pytest.mark.req("E1", "E2")
def test_an_unknown_value_blocks() -> None:
    for portfolio in (None, a_portfolio(nlv=None), a_portfolio("0"), a_portfolio("-1")):
        refusal = NlvUnknown().judge(a_candidate(), a_view(portfolio=portfolio))
        assert refusal is not None
        assert refusal.reason == "nlv_unknown"
    assert NlvUnknown().judge(a_candidate(), a_view()) is None
