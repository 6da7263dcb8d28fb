"""A lot is held as long as its strategy says, else as long as policy says."""

from __future__ import annotations

import pytest

from domain.model.instants import DAY, Nanos
from tests.builders.messages import a_mandate


@pytest.mark.req("X6")
def test_a_strategy_may_hold_longer_or_shorter_than_policy_says() -> None:
    mandate = a_mandate(holds_ns={"slow": Nanos(30 * DAY)})

    assert mandate.hold_of("slow") == 30 * DAY
    assert mandate.hold_of("breakout") == mandate.max_hold_ns == DAY
