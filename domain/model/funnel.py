"""How far the products of one decision came on their way to a fill, and where others were lost."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from domain.model.product import ProductId

LOSSES_KEPT = 50
"""Losses of one decision that are kept; the counts are of all."""


NO_FRESH_PRICE = "no_fresh_price"
"""Reason of a product that may be bought, and was not shown for want of a price that is true."""


class Stage(StrEnum):
    """The stages of the way, in order; journals hold them."""

    ELIGIBLE = "eligible"
    """In a tier of the universe."""
    SEEN = "seen"
    """Shown to the strategies: it has bars and a fresh price."""
    TRIGGERED = "triggered"
    """A strategy that does not hold it was asked about it: its trigger fired."""
    PROPOSED = "proposed"
    ALLOCATED = "allocated"
    """Left over when the proposals of all strategies were merged."""
    APPROVED = "approved"
    FILLED = "filled"


@frozen
class FunnelLoss:
    """A product did not reach `stage`, for this reason; `strategy` had proposed it, "" if none."""

    product: ProductId
    stage: Stage
    reason: str
    strategy: str = ""


@frozen(kw_only=True)
class Funnel:
    """How many products came how far, and the first reason of each loss but that of no signal.

    A product that is eligible, seen, and neither proposed nor lost gave no strategy a signal; one
    that `triggered` and was not proposed did not convince its strategy.
    """

    eligible: int = 0
    seen: int = 0
    triggered: int = 0
    proposed: int = 0
    allocated: int = 0
    approved: int = 0
    losses: tuple[FunnelLoss, ...] = ()
