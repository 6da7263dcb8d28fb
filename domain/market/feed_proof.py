"""When a fresh incarnation of the feed may be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from domain.model.instants import SECOND
from domain.model.market import Quote
from domain.model.money import bps, plain
from domain.model.product import ProductId

UNBROKEN_NS = 5 * SECOND
"""Market time on one connection without a gap before quotes are compared with REST."""
AGREE_WITHIN_BPS = Decimal(50)
_STEP = Decimal("0.01")


def is_settled(
    quotes: Mapping[ProductId, Quote], stalled: Mapping[ProductId, str], open_ns: int
) -> bool:
    """Tell whether there are quotes, none of them stalled, for long enough on one connection."""
    return bool(quotes) and not stalled and open_ns >= UNBROKEN_NS


def farthest_bps(ours: Mapping[ProductId, Quote], theirs: Iterable[Quote]) -> Decimal | None:
    """Return the largest distance of the middle prices in bps, None if one can't be compared."""
    farthest = Decimal(0)
    for reading in theirs:
        quote = ours.get(reading.product)
        middle = reading.bid + reading.ask
        if quote is None or not middle > 0:
            return None
        apart = bps(abs(quote.bid + quote.ask - middle) / middle)
        farthest = max(farthest, apart)
    return farthest.quantize(_STEP)


def agreement(ours: Mapping[ProductId, Quote], theirs: Collection[Quote]) -> str | None:
    """Return how well REST agrees with every quote of the stream, None if not well enough."""
    far = farthest_bps(ours, theirs) if len(theirs) >= len(ours) else None
    if far is None or far > AGREE_WITHIN_BPS:
        return None
    return f"{len(theirs)} quotes within {plain(far)} bps of REST, no gap"
