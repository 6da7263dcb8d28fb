"""Merging the proposals of one round: one per product, the most convinced wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import itemgetter

from domain.messages.decisions import EntryProposed
from domain.model.bars import Bars
from domain.model.instants import Nanos
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal

Dropped = tuple[str, TradeProposal, str]
_Ranked = tuple[Decimal, ProductId, Side, str, TradeProposal]
_place = itemgetter(slice(4))
"""By conviction, product, side and strategy; a proposal itself has no order."""
DROPPED = {
    "no_bar": "it has no closed bar yet",
    "max_trades_per_cycle": "the strategy had proposed as much as it may in one decision",
    "less_convinced": "another strategy proposed it with more conviction",
    "opposite_sides": "another strategy proposed the opposite",
}
"""Why a proposal was dropped, in words for people."""


def merge(
    answers: Mapping[str, tuple[TradeProposal, ...]],
    bars: Mapping[str, Mapping[ProductId, int]],
    limits: Mapping[str, int],
) -> tuple[tuple[EntryProposed, ...], tuple[Dropped, ...]]:
    """Return the round's entries (best conviction first) and what was dropped, with the reason.

    Per strategy at most `limits[strategy]` proposals count, the most convinced. Per product and
    side the most convinced wins; a product that is wanted on both sides is left alone. `bars` maps
    each strategy to products and the start of the bar decided on; a proposal for a product without
    one is dropped.
    """
    dropped: list[Dropped] = []
    kept: list[_Ranked] = []
    for strategy in sorted(answers):
        ranked = [(*_rank(each), strategy, each) for each in answers[strategy]]
        ranked.sort(key=_place)
        limit = limits.get(strategy, 0)
        kept += ranked[:limit]
        dropped.extend((strategy, each[-1], "max_trades_per_cycle") for each in ranked[limit:])
    best: dict[tuple[ProductId, Side], tuple[str, TradeProposal]] = {}
    kept.sort(key=_place)
    for *_, strategy, proposal in kept:
        key = (proposal.product, proposal.side)
        if proposal.product not in bars.get(strategy, {}):
            dropped.append((strategy, proposal, "no_bar"))
        elif key in best:
            dropped.append((strategy, proposal, "less_convinced"))
        else:
            best[key] = (strategy, proposal)
    entries = []
    for (product, side), (strategy, proposal) in best.items():
        other = Side.SELL if side is Side.BUY else Side.BUY
        if (product, other) in best:
            dropped.append((strategy, proposal, "opposite_sides"))
        else:
            entries.append(EntryProposed(strategy, proposal, Nanos(bars[strategy][product])))
    return tuple(entries), tuple(dropped)


def newest_bars(bars: Iterable[Bars]) -> dict[ProductId, int]:
    """Return for each product the start of its newest closed bar."""
    return {each.product: int(each.start_ns[-1]) for each in bars if len(each)}


def _rank(proposal: TradeProposal) -> tuple[Decimal, ProductId, Side]:
    conviction = proposal.conviction
    # What is no number has no order: last, where the gate refuses it by name.
    weight = -conviction if conviction.is_finite() else Decimal("Infinity")
    return (weight, proposal.product, proposal.side)
