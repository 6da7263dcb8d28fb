"""The gate cuts what is asked for to what one entry of the product's tier may be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.approval import ApprovedEntry, Limit
from domain.model.breakers import Effect
from domain.risk.gate import judge_entry
from tests.builders.messages import a_breaker, a_mandate, a_tier, a_view, an_entry, the_rules

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


def test_a_refused_entry_tells_the_order_that_it_would_have_been() -> None:
    """What it would have come to is followed on paper; one without a size has no such order."""
    refused = judge_entry(an_entry(), a_view(breakers=(a_breaker(Effect.HALT),)), 1, the_rules())
    assert isinstance(refused, ProposalRefused)
    wanted, order = refused.wanted, approved(None)
    assert wanted is not None
    assert isinstance(order.order_type, Limit)
    assert (wanted.quantity, wanted.limit_price) == (order.quantity, order.order_type.price)
    assert (wanted.stop_loss_pct, wanted.take_profit_pct) == (
        order.stop_loss_pct,
        order.take_profit_pct,
    )
    assert (wanted.max_hold_ns, wanted.post_only) == (order.max_hold_ns, True)

    unknown = judge_entry(an_entry(), a_view(taker=None), 1, the_rules())
    assert isinstance(unknown, ProposalRefused)
    assert unknown.wanted is None


def test_a_size_below_the_smallest_entry_is_still_raised_to_it() -> None:
    """The size of a tier cuts what is asked for; how far it may be raised, the position says."""
    assert "raised to the smallest entry" in approved(Decimal("0.001")).reason
