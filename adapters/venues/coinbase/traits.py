"""What differs between the venues that speak this protocol."""

from __future__ import annotations

from attrs import frozen

from adapters.venues.transport.budgeted import RequestLimits
from domain.model.instants import SECOND


@frozen(kw_only=True)
class VenueTraits:
    """What differs between venues. `token_life_ns` is how long a signed request stays valid.

    A candle counts as closed once `candle_grace_ns` of market time have passed after its end.
    `limits` is how often the venue may be asked.
    """

    token_life_ns: int
    limits: RequestLimits
    candle_grace_ns: int = 0


EMBEDDED = VenueTraits(token_life_ns=10 * SECOND, limits=RequestLimits(private=300, public=100))
MARKET_STREAM = "wss://advanced-trade-ws.coinbase.com"
"""Where Coinbase tells everybody its market."""
COINBASE = VenueTraits(
    token_life_ns=120 * SECOND,
    limits=RequestLimits(private=30, public=10),
    candle_grace_ns=2 * SECOND,
)
