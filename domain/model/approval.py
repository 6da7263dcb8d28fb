"""What the risk gate judges with and what it approves."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.product import ProductId, Side


class Purpose(StrEnum):
    """Whether an order adds risk or takes it away."""

    ENTRY = "entry"
    EXIT = "exit"


class ExitReason(StrEnum):
    """Why an exit is due."""

    STOP = "stop"
    TARGET = "target"
    MAX_HOLD = "max_hold"
    OPERATOR = "operator"


class Reason(StrEnum):
    """Every way in which the risk gate says no; stable for ever."""

    KILLED = "killed"
    HALTED = "halted"
    BLOCKED = "blocked"
    NOT_READY = "not_ready"
    INVALID_PROPOSAL = "invalid_proposal"
    SHORTING_DISALLOWED = "shorting_disallowed"
    PRODUCT_DISABLED = "product_disabled"
    STALE_QUOTE = "stale_quote"
    STALE_BAR = "stale_bar"
    NLV_UNKNOWN = "nlv_unknown"
    FEES_UNKNOWN = "fees_unknown"
    TARGET_BELOW_COST = "target_below_cost"
    TOTAL_CAP = "total_cap"
    POSITION_CAP = "position_cap"
    ASSET_CAP = "asset_cap"
    THEME_CAP = "theme_cap"
    STRATEGY_CAP = "strategy_cap"
    ORDER_CAP = "order_cap"
    INSUFFICIENT_CASH = "insufficient_cash"
    BELOW_MINIMUM = "below_minimum"
    ALREADY_APPROVED = "already_approved"
    RECONCILING = "reconciling"
    NOTHING_OWNED = "nothing_owned"
    RULE_FAILED = "rule_failed"


@frozen(kw_only=True)
class Refusal:
    """One broken rule: what was found and what the rule allows, with units."""

    reason: Reason
    observed: str
    limit: str
    cap_type: str | None = None
    current_pct: Decimal | None = None
    proposed_pct: Decimal | None = None


@frozen(kw_only=True)
class ApprovedOrder:
    """An order that the risk gate has approved; made nowhere else than in `domain/risk/gate.py`.

    `limit_price` None means a market order (immediate or cancel). `lifetime_ns` is how long a
    resting order may rest, in market time. `worst_case` is what an entry may cost with fees.
    `approved_ns` is machine time.
    """

    approval: int
    purpose: Purpose
    strategy: str
    product: ProductId
    side: Side
    quantity: Quantity
    limit_price: Price | None
    post_only: bool
    lifetime_ns: Nanos | None
    worst_case: Amount
    stop_loss_pct: Decimal
    take_profit_pct: Decimal
    max_hold_ns: Nanos
    lot: str | None
    reason: str
    bar_ns: Nanos
    approved_ns: Nanos


def is_covered(order: ApprovedOrder, scope: str) -> bool:
    """Tell whether a breaker of `scope` covers `order`; "actor" covers none."""
    return scope in ("global", "venue", f"product:{order.product}", f"strategy:{order.strategy}")
