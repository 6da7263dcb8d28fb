"""Minutes in which what is owned only changes its value, found and valued by whole columns.

Such a minute does to the actors what the one before it did: they are shown a bid between stop and
target of every lot, and do nothing. So the minutes between two of that kind are handed to the
portfolio in one message, as the bids that it would have been shown. Whatever may be more than that
is played by messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from adapters.simulator.market_data.expander import CandleExpander
from app.backtest.market_days import NEVER, MarketDays
from domain.messages.portfolio import MinutesPassed
from domain.model.bids import BidColumn
from domain.model.instants import DAY, MINUTE, Nanos, bucket_start
from domain.model.money import Price, ceil_to, floor_to
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId

if TYPE_CHECKING:
    from domain.model.bars import Bools, Ints


@frozen
class _Band:
    """In which ticks a lot is not touched: its bids (both ends belong to it), and beyond which no
    trade of the minute may come: at or below `floor` (0: there is none), at or above `ceiling`.
    """

    lowest_bid: int
    highest_bid: int
    floor: int
    ceiling: int


@frozen(eq=False)
class _HeldDay:
    """A day of one product, by minute: where its bids can be told, its opening bids, prices below
    which none of its bids lies, and its highest trades; in ticks.
    """

    is_known: Bools
    bids: Ints
    lows: Ints
    highs: Ints


class HeldColumns:
    """Looks at what may become of lots in minutes to come; reaches nobody who decides."""

    def __init__(
        self, days: MarketDays, expander: CandleExpander, products: Sequence[Product]
    ) -> None:
        self._days, self._expander = days, expander
        self._products = {each.id: each for each in products}
        # The last day of each product.
        self._held_days: dict[ProductId, tuple[int, _HeldDay]] = {}

    def quiet(
        self, lots: Sequence[Lot], begin_ns: Nanos, end_ns: Nanos, seen: Mapping[ProductId, Price]
    ) -> dict[ProductId, Ints]:
        """Return the opening bids, in ticks, of the first minutes from `begin_ns` on, before
        `end_ns`, in which nothing becomes of any of `lots` that was not so in the minute before.

        `seen` are the bids that were shown in that one. As many for each product.
        """
        count = (end_ns - begin_ns) // MINUTE
        bids: dict[ProductId, Ints] = {}
        for lot in sorted(lots, key=lambda each: each.product):
            band = self._band(lot, begin_ns, seen.get(lot.product))
            if band is None:
                return {}
            if lot.expires_ns is not None and lot.expires_ns >= begin_ns:
                count = min(count, (lot.expires_ns - begin_ns) // MINUTE)
            found = self._within(lot.product, band, begin_ns, count)
            count, bids[lot.product] = len(found), found
            if not count:
                return {}
        return {product: column[:count] for product, column in bids.items()}

    def minutes(
        self, bids: Mapping[ProductId, Ints], count: int, begin_ns: Nanos, marked_ns: int
    ) -> MinutesPassed:
        """Return the first `count` minutes of `bids`, each valued so long after its beginning."""
        times = range(begin_ns + marked_ns, begin_ns + count * MINUTE, MINUTE)
        columns = {
            product: BidColumn(
                Price(self._products[product].price_increment), tuple(column[:count].tolist())
            )
            for product, column in bids.items()
        }
        return MinutesPassed(tuple(map(Nanos, times)), columns)

    def _band(self, lot: Lot, begin_ns: int, seen: Price | None) -> _Band | None:
        """Return between which ticks the lot stays what it is; None: nobody knows what it is.

        One that can be sold has to stay above its stop and below its target. One that is too small
        to be sold stays so whatever is due of it, as long as that neither begins nor ends.
        """
        product = self._products[lot.product]
        tick = product.price_increment
        ends_ns = lot.expires_ns
        if seen is None or (ends_ns is not None and begin_ns - MINUTE <= ends_ns < begin_ns):
            return None
        stop, at = int(floor_to(lot.stop_price, tick) / tick), int(seen / tick)
        target = NEVER
        if lot.target_price is not None:
            target = int(ceil_to(lot.target_price, tick) / tick)
        sale = product.sale_of(lot.held)
        least = NEVER
        if sale > 0 and sale >= product.base_min:
            least = int(ceil_to(product.quote_min / sale, tick) / tick)
        is_expired = lot.expires_ns is not None and lot.expires_ns < begin_ns
        is_sellable = product.can_sell(sale, seen)
        if is_sellable and (lot.leaving is not None or is_expired):
            return None
        between = stop + 1, target - 1
        if is_sellable:
            low, high = between
            return _Band(max(low, least + 1), high, stop, target) if low <= at <= high else None
        if stop < at < target:
            return _Band(stop + 1, min(target, least - 1) - 1, 0, least - 1)
        if at <= stop:
            return _Band(0, min(stop, least - 2), 0, least - 1)
        return _Band(target, least - 2, 0, least - 1)

    def _within(self, product: ProductId, band: _Band, begin_ns: Nanos, count: int) -> Ints:
        """Return the opening bids of the first minutes in which the product stays in the band."""
        parts: list[Ints] = []
        while count > 0:
            into = begin_ns % DAY // MINUTE
            length = min(count, DAY // MINUTE - into)
            bids = self._bids(product, band, begin_ns, slice(into, into + length))
            parts.append(bids)
            if len(bids) < length:
                break
            begin_ns, count = Nanos(begin_ns + length * MINUTE), count - length
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _bids(self, product: ProductId, band: _Band, begin_ns: Nanos, part: slice) -> Ints:
        day = self._day(product, begin_ns)
        bids = day.bids[part]
        stays = day.is_known[part] & (bids >= band.lowest_bid) & (bids <= band.highest_bid)
        if band.floor:
            stays &= day.lows[part] > band.floor
        stays &= day.highs[part] < band.ceiling
        return bids if stays.all() else bids[: int(stays.argmin())]

    def _day(self, product: ProductId, now_ns: Nanos) -> _HeldDay:
        day_ns = bucket_start(now_ns, DAY)
        found = self._held_days.get(product)
        if found is None or found[0] != day_ns:
            found = self._held_days[product] = day_ns, self._read(product, day_ns)
        return found[1]

    def _read(self, product: ProductId, day_ns: Nanos) -> _HeldDay:
        day = self._days.of(product, day_ns)
        bids, widest, is_known = self._expander.openings(product, day_ns, day.closes)
        # In a gap of its data it is valued at the last close.
        bids = np.where(day.is_lit, bids, day.closes)
        return _HeldDay(day.is_known & is_known, bids, day.lows - widest, day.highs)
