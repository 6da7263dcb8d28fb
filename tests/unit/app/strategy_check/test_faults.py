"""A fault names the place where it shows first."""

from __future__ import annotations

import pytest

from app.strategy_check.faults import CheckKind, StrategyFault, fault_at
from domain.model.instants import iso
from tests.builders.messages import BTC, NOW
from tests.builders.paths import a_path

pytestmark = pytest.mark.req("BT2")


def test_a_fault_of_a_row_has_product_row_and_time() -> None:
    found = fault_at(CheckKind.LOOK_AHEAD, a_path(5, 1), 0, "it looks ahead")

    assert found.place == f"{BTC}, row 0 ({iso(NOW)})"
    assert found.document["at"] == iso(NOW)


def test_a_fault_of_no_row_has_no_place() -> None:
    found = StrategyFault(check=CheckKind.SOURCE, told="imports random")

    assert found.place == ""
    assert found.document["row"] is found.document["at"] is None
