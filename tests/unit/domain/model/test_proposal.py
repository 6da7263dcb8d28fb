"""A proposal says which of its members is no number that anybody could calculate with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from domain.model.proposal import BEYOND_MEASURE, TradeProposal
from tests.builders.messages import a_proposal

pytestmark = pytest.mark.req("R2")


def test_every_decimal_of_it_is_among_its_numbers() -> None:
    decimals = [
        each.name
        for each in attrs.fields(TradeProposal)
        if isinstance(getattr(a_proposal(), each.name), Decimal)
    ]

    assert list(TradeProposal.NUMBERS) == decimals


@pytest.mark.parametrize("name", TradeProposal.NUMBERS)
@pytest.mark.parametrize("value", ["NaN", "sNaN", "-Infinity", "1000001", "-1e40"])
def test_what_is_no_number_or_beyond_measure_is_named(name: str, value: str) -> None:
    change: dict[str, Any] = {name: Decimal(value)}

    assert a_proposal(**change).unmeasured == name


@pytest.mark.parametrize("value", [BEYOND_MEASURE, -BEYOND_MEASURE, Decimal(0), Decimal("1e-40")])
def test_what_is_merely_out_of_bounds_is_a_number(value: Decimal) -> None:
    assert a_proposal(notional_pct=value).unmeasured is None
