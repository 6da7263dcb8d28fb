"""Rules about what we know: fresh quotes and bars, known value and fees (ST1, COST)."""

from __future__ import annotations

from decimal import Decimal

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason, Refusal
from domain.model.instants import MILLISECOND, SECOND
from domain.model.money import plain
from domain.risk.sizing import Sized
from domain.risk.view import RiskView

HUNDRED = Decimal(100)


def fresh_quote(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse without a quote confirmed within the limit of market time, or on a stalled feed.

    A quote that is crossed, or from further in the future than the limit, is none.
    """
    del sized
    product = entry.proposal.product
    limit = f"{view.limits.quote_limit_ns // MILLISECOND} ms"
    if product in view.stalled:
        return Refusal(
            reason=Reason.STALE_QUOTE, observed=f"stalled: {view.stalled[product]}", limit=limit
        )
    quote = view.quotes.get(product)
    if quote is None:
        return Refusal(reason=Reason.STALE_QUOTE, observed="no quote", limit=limit)
    if not 0 < quote.bid < quote.ask:
        prices = f"bid {plain(quote.bid)}, ask {plain(quote.ask)}"
        return Refusal(reason=Reason.STALE_QUOTE, observed=prices, limit="bid below ask")
    age_ns = view.at_ns - quote.confirmed_ns
    if abs(age_ns) <= view.limits.quote_limit_ns:
        return None
    observed = f"{age_ns // MILLISECOND} ms"
    return Refusal(reason=Reason.STALE_QUOTE, observed=observed, limit=limit)


def fresh_bar(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if the last closed bar ended too long ago."""
    del sized
    limit = f"{view.limits.bar_limit_ns // SECOND} s"
    end_ns = view.bar_ends.get(entry.proposal.product)
    if end_ns is None:
        return Refusal(reason=Reason.STALE_BAR, observed="no bar", limit=limit)
    age_ns = view.at_ns - end_ns
    if abs(age_ns) <= view.limits.bar_limit_ns:
        return None
    return Refusal(reason=Reason.STALE_BAR, observed=f"{age_ns // SECOND} s", limit=limit)


def known_value(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse while NLV is unknown: caps in percent mean nothing then."""
    del entry, sized
    if view.portfolio is not None and view.portfolio.nlv is not None and view.portfolio.nlv > 0:
        return None
    return Refusal(reason=Reason.NLV_UNKNOWN, observed="unknown", limit="a positive NLV")


def pays_for_costs(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse a target below the required multiple of fees (both legs) and spread (COST)."""
    maker, taker = view.maker, view.taker
    if maker is None or taker is None:
        return Refusal(reason=Reason.FEES_UNKNOWN, observed="unknown", limit="known fee rates")
    quote = view.quotes.get(entry.proposal.product)
    if quote is None:
        return None  # the rule on fresh quotes refuses this
    entry_fee = maker if sized is None or sized.post_only else taker
    spread = (quote.ask - quote.bid) / quote.ask
    cost_pct = (entry_fee + taker + spread) * HUNDRED
    needed = cost_pct * view.limits.min_reward_ratio
    if not entry.proposal.take_profit_pct >= needed:
        return Refusal(
            reason=Reason.TARGET_BELOW_COST,
            observed=f"target {plain(entry.proposal.take_profit_pct)} %",
            limit=f"at least {needed:.4f} %",
        )
    return None
