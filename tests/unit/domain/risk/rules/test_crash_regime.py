"""No entry while the market counts as a crash."""

from __future__ import annotations

import pytest

from domain.model.context import Regime
from domain.risk.rules.crash_regime import CrashRegime
from tests.builders.messages import a_candidate, a_view


@pytest.mark.req("U3")
@pytest.mark.parametrize("regime", Regime)
def test_only_a_crash_refuses(regime: Regime) -> None:
    refusal = CrashRegime().judge(a_candidate(), a_view(regime=regime))

    assert (refusal is not None) is (regime is Regime.CRASH)
