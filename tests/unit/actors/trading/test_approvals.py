"""What was approved stays what it was, for as long as it may leave."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from actors.trading.approvals import APPROVAL_LIFE_NS, Approvals
from domain.model.instants import Nanos
from domain.model.money import Quantity
from tests.builders.messages import NOW, approved, approved_sale

ORDER = approved(approved_ns=NOW)


@pytest.mark.req("E1", "M1")
def test_what_was_approved_is_found_by_number_and_instant() -> None:
    approvals = Approvals()
    approvals.add(ORDER)

    changed = evolve(ORDER, quantity=Quantity(Decimal(200)))

    assert approvals.find(changed) == ORDER
    assert approvals.find(evolve(ORDER, approved_ns=Nanos(NOW + 1))) is None
    assert approvals.find(evolve(ORDER, approval=2)) is None


@pytest.mark.req("E1", "M1")
def test_an_approval_is_written_once() -> None:
    approvals = Approvals()
    approvals.add(ORDER)

    approvals.add(evolve(ORDER, quantity=Quantity(Decimal(200))))

    assert approvals.find(ORDER) == ORDER


def test_an_approval_is_forgotten_when_its_time_is_over_and_not_before() -> None:
    approvals = Approvals()
    approvals.add(ORDER)

    approvals.add(approved_sale("a", approved_ns=Nanos(NOW + APPROVAL_LIFE_NS)))
    assert approvals.find(ORDER) == ORDER

    approvals.add(approved_sale("b", approval=3, approved_ns=Nanos(NOW + APPROVAL_LIFE_NS + 1)))
    assert approvals.find(ORDER) is None
    assert approvals.count == 2
