"""The gate cuts what is asked for to what one entry of the product's tier may be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.decisions import OrderApproved
from domain.model.approval import ApprovedEntry
from domain.risk.gate import judge_entry
from tests.builders.messages import a_mandate, a_tier, a_view, an_entry, the_rules

pytestmark = pytest.mark.req("U1", "X3")


def approved(size_pct: Decimal | None) -> ApprovedEntry:
    """Return what becomes of 2 % of 10,000 USD in a tier with that size."""
    view = a_view(mandate=a_mandate(tiers={"T1": a_tier(size_pct=size_pct)}))
    found = judge_entry(an_entry(), view, 1, the_rules())
    assert isinstance(found, OrderApproved)
    assert isinstance(found.order, ApprovedEntry)
    return found.order


@pytest.mark.parametrize(("size_pct", "cost"), [(None, 200), ("1.5", 150), ("3", 200)])
def test_a_size_is_cut_to_that_of_the_tier(size_pct: str | None, cost: int) -> None:
    order = approved(None if size_pct is None else Decimal(size_pct))

    assert cost - 1 < order.worst_case <= cost


def test_a_size_below_the_smallest_entry_is_still_raised_to_it() -> None:
    """The size of a tier cuts what is asked for; how far it may be raised, the position says."""
    assert "raised to the smallest entry" in approved(Decimal("0.001")).reason
