"""Whether a product may be bought, as a value: its tier, or why it is excluded."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from domain.model.product import ProductId

DEPTH_WITHIN_BPS = 20
"""Depth is what rests on a side within this distance from its best price."""


class Exclusion(StrEnum):
    """Why a product is not bought; stable for ever, journals hold it."""

    NEVER_TRADE = "never_trade"
    BANNED = "banned"
    DISABLED = "product_disabled"
    CATALOGUE_OLD = "catalogue_old"
    VOLUME_UNKNOWN = "volume_unknown"
    BOOK_UNKNOWN = "book_unknown"
    VOLUME = "volume_too_low"
    SPREAD = "spread_too_wide"
    DEPTH = "depth_too_low"
    WAITING = "not_long_enough"


@frozen
class BookMeasure:
    """What one look at a product's book showed; None where there is no whole book.

    `spread_bps` is of the middle; the depths are what rests near the best bid and ask, in quote
    currency.
    """

    product: ProductId
    spread_bps: Decimal | None
    bid_depth: Decimal | None
    ask_depth: Decimal | None


@frozen(kw_only=True)
class Standing:
    """A product in its `tier`, or excluded: then `observed` and `limit` say by which numbers.

    One that meets the limits of no tier shows the last; "": it was never looked at. Volume of
    24 h and depth of the thinner side in quote currency, None where they are not known.
    """

    product: ProductId
    tier: str
    exclusion_reason: Exclusion | None = None
    observed: str = ""
    limit: str = ""
    volume: Decimal | None = None
    spread_bps: Decimal | None = None
    depth: Decimal | None = None

    @property
    def is_eligible(self) -> bool:
        """Tell whether it may be bought."""
        return self.exclusion_reason is None
