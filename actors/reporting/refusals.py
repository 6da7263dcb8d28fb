"""Why the risk gate said no, in a trader's words, and which setting decides about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from domain.messages.decisions import ProposalRefused
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.figures import money, size

BRIEF = 70
"""Characters of a reason in a line; alerts and status tell all of it."""
_LONG = re.compile(r"(?<![\w.:])(\d+\.\d{3,})(?![\w.:])( %)?")


@frozen
class Words:
    """One reason in words; `change` is the setting that decides about it, "" where none does."""

    brief: str
    change: str = ""


_REASONS: Mapping[str, Words] = {
    "stale_quote": Words("its price is too old"),
    "stale_bar": Words("its last bar is too old"),
    "suspect_price": Words("its price can't be trusted"),
    "total_cap": Words("the cap on all positions is reached", "policy.caps.total_pct"),
    "position_cap": Words("the cap on one position is reached", "policy.caps.position_pct"),
    "asset_cap": Words("the cap on its asset is reached", "policy.caps.asset_pct"),
    "theme_cap": Words("the cap on its theme is reached", "policy.max_per_theme_pct"),
    "strategy_cap": Words("the strategy's budget is used up", "strategies.NAME.max_at_risk_pct"),
    "order_cap": Words("the cap on one order is reached", "policy.max_order_usd"),
    "target_below_cost": Words("its target would not pay for the costs", "policy.cost"),
    "fees_unknown": Words("the fees are not known yet"),
    "insufficient_cash": Words("there is not enough cash", "policy.capital.allotment"),
    "price_collar": Words("its price is too far above the market", "policy.liquidity.collar_bps"),
    "spread_cap": Words("bid and ask are too far apart", "policy.liquidity.max_spread_bps"),
    "shallow_book": Words("its book is too thin for the order", "policy.liquidity.depth_times"),
    "open_positions": Words("too many positions are open", "policy.caps.open_positions"),
    "max_trades_per_cycle": Words(
        "its strategy had as much as it may have of one decision",
        "strategies.NAME.max_trades_per_cycle",
    ),
    "cooldown": Words("its asset was traded a short time ago", "policy.cooldown"),
    "spacing": Words("something was bought a short time ago", "policy.pacing"),
    "trade_cap": Words("enough trades were begun for this time", "policy.pacing"),
    "losing_streak": Words("entries pause after losses in a row", "policy.pacing"),
    "already_approved": Words("this bar has led to an order already"),
    "already_held": Words("its strategy holds or buys it already"),
    "below_minimum": Words("the order would be below the venue's minimum", "notional_pct"),
    "invalid_proposal": Words("the strategy asked for what is not allowed"),
    "nlv_unknown": Words("equity is nothing or not known"),
    "not_ready": Words("price, value or fees are not known yet"),
    "product_disabled": Words("the venue does not let it be traded now"),
    "not_eligible": Words("it is not in the universe", "universe.tiers"),
    "crash_regime": Words("the market counts as a crash"),
    "tier_cap": Words("the cap of its tier is reached", "universe.tiers"),
    "slippage_budget": Words("its price has run away", "universe.tiers"),
    "nothing_left": Words("nothing of the entry may be bought any more"),
    "shorting_disallowed": Words("nothing of it is owned"),
    "nothing_owned": Words("all of it is being sold already"),
    "rule_failed": Words("a rule failed, so it counts as a no"),
    "blocked": Words("entries are blocked"),
    "halted": Words("trading is halted"),
    "killed": Words("the kill switch is on"),
}


_DONE = {
    Purpose.ENTRY: "bought",
    Purpose.EXIT: "sold",
    Purpose.PROTECTION: "protected at the venue",
}


def why(reason: Reason) -> str:
    """Return a refusal's reason in words; one that has none is its own."""
    known = _REASONS.get(reason)
    return reason.replace("_", " ") if known is None else known.brief


def is_told(reason: Reason) -> bool:
    """Tell whether a reason has words of its own."""
    return reason in _REASONS


def refused(answer: ProposalRefused) -> str:
    """Return the line of a refusal: the main reason with its numbers, and what would change it."""
    first, *others = answer.refusals
    verb = _DONE[answer.purpose]
    parts = [f"{answer.product} not {verb}: {_told(first)}"]
    if others:
        parts.append("also: " + ", ".join(why(each.reason) for each in others))
    known = _REASONS.get(first.reason)
    if known is not None and known.change and answer.purpose is Purpose.ENTRY:
        change = known.change.replace("NAME", answer.strategy)
        change = f"strategies.{answer.strategy}.{change}" if "." not in change else change
        parts.append(f"setting: {change}")
    return "; ".join(parts)


def rounded(text: str) -> str:
    """Return `text` with its long numbers cut to what people read: percents to two decimals."""
    return _LONG.sub(_short, text)


def brief(text: str) -> str:
    """Return `text` as a line that comes again and again has room for it: cut, numbers too."""
    short = rounded(text)
    return short if len(short) <= BRIEF else short[: BRIEF - 1].rstrip() + "…"


def _told(refusal: Refusal) -> str:
    found, limit = brief(refusal.observed), brief(refusal.limit)
    return f"{why(refusal.reason)} ({found}, limit {limit})"


def _short(found: re.Match[str]) -> str:
    value, unit = Decimal(found.group(1)), found.group(2)
    return money(value) + unit if unit else size(value)
