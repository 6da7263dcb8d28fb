"""Parts of the status document; decimals are strings."""

from __future__ import annotations

from domain.market.bids import Bid
from domain.messages.portfolio import EquityMarked
from domain.model.instants import iso
from domain.model.money import plain
from domain.model.portfolio import Lot


def position_row(lot: Lot, bid: Bid | None, hindered: str | None) -> dict[str, object]:
    """Return an owned lot, valued at the newest `bid`, with what hinders its sale, if anything."""
    mark = None if bid is None else bid.price
    held_cost = lot.cost - lot.missing_cost
    return {
        "lot": lot.id,
        "product": lot.product,
        "quantity": plain(lot.quantity),
        "cost": plain(lot.cost),
        "mark": None if mark is None else plain(mark),
        "mark_at": None if bid is None else iso(bid.confirmed_ns),
        "missing": plain(lot.missing),
        "unrealised": None if mark is None else plain(mark * lot.held - held_cost),
        "stop": plain(lot.stop_price),
        "target": plain(lot.target_price),
        "protected_at": "exit actor" if lot.held else "missing at the venue",
        "hindered": hindered,
        "strategy": lot.strategy,
        "opened": iso(lot.opened_ns),
    }


def last_known_row(marked: EquityMarked | None) -> dict[str, str]:
    """Return equity and profit of the last cycle at which the value of every lot was known."""
    if marked is None or marked.nlv is None:
        return {}
    return {"equity": plain(marked.nlv), "pnl_net": plain(marked.nlv - marked.opening_nlv)}
