"""The part of the status document about how far the data of each product can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, field

from domain.market.bids import Bids
from domain.market.data_state import obstacle_of, state_of
from domain.messages.market import FeedStalled, PriceDoubted
from domain.model.breakers import Breaker
from domain.model.instants import Nanos, iso
from domain.model.product import DELISTED, Product, ProductId


@define
class OddData:
    """What was odd about the data of products: the newest doubt told, and late trades so far."""

    doubted: dict[ProductId, PriceDoubted] = field(factory=dict)
    late: dict[ProductId, int] = field(factory=dict)


def data_rows(
    products: Iterable[Product],
    bids: Bids,
    stalls: Mapping[ProductId, FeedStalled],
    breakers: tuple[Breaker, ...],
    now_ns: Nanos,
    limit_ns: Nanos,
    odd: OddData,
) -> list[dict[str, object]]:
    """Return a row a product that is followed; `price_at` is when its price was last true.

    `doubted_ticks` counts the prices that were too odd, and `last_doubt` says what was told last.
    `late_trades` counts trades that came after their minute was closed.
    """
    rows: list[dict[str, object]] = []
    for product in products:
        bid, stall = bids.get(product.id), stalls.get(product.id)
        if bid is None and stall is None and product.flags.status == DELISTED:
            continue  # the venue has no data of it any more
        confirmed_ns = None if bid is None else bid.confirmed_ns
        obstacle = obstacle_of(product, breakers)
        doubt, told = None if bid is None else bid.doubt, odd.doubted.get(product.id)
        state, why = state_of(confirmed_ns, stall, obstacle, now_ns, limit_ns, doubt)
        rows.append(
            {
                "product": product.id,
                "state": state.value,
                "why": why,
                "price_at": None if confirmed_ns is None else iso(confirmed_ns),
                "doubted_ticks": 0 if told is None else told.ticks,
                "last_doubt": None if told is None else told.doubt.text,
                "late_trades": odd.late.get(product.id, 0),
            }
        )
    return rows
