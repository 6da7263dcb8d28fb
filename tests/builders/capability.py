"""The right to send orders, as a test hands it out."""

from __future__ import annotations

from domain.model.capability import IN_PROCESS, Extent, OrderCapability


def a_right(venue: str = IN_PROCESS, extent: Extent = Extent.ALL) -> OrderCapability:
    """Return the right to send orders to `venue`."""
    return OrderCapability(extent, venue)
