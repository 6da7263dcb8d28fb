"""What a strategy proposes that stands in for the owner's is a small purchase that is allowed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.run.stand_in import small_purchase
from domain.model.product import Side
from tests.builders.bars import some_bars

pytestmark = pytest.mark.req("RH1")


def test_it_is_a_measured_purchase_under_the_name_of_its_signal() -> None:
    found = small_purchase(some_bars([1, 2, 3]), "eager")

    assert (found.side, found.signal) == (Side.BUY, "eager")
    assert found.unmeasured is None
    assert 0 < found.notional_pct < 1
    assert found.stop_loss_pct * Decimal(2) < found.take_profit_pct
