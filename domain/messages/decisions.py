"""From the clock of the cycle to what strategies propose and the gate answers."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import field, frozen
from attrs.validators import instance_of

from domain.model.context import Context
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
class TradeProposal:
    """What a strategy wants. Percentages are of NLV (notional) or of the entry price.

    Conviction lies in 0..1.
    """

    product: ProductId
    side: Side = field(validator=instance_of(Side))
    notional_pct: Decimal = field(validator=instance_of(Decimal))
    stop_loss_pct: Decimal = field(validator=instance_of(Decimal))
    take_profit_pct: Decimal = field(validator=instance_of(Decimal))
    conviction: Decimal = field(validator=instance_of(Decimal))


@frozen
class CycleDue:
    """Time to decide. `slot_ns` is the slot's start and `next_ns` the next cycle's, market time."""

    cycle: int
    slot_ns: Nanos
    next_ns: Nanos


@frozen
class Decide:
    """Ask a strategy for its proposals on this context."""

    cycle: int
    context: Context = field(eq=False)


@frozen
class Proposed:
    """A strategy's answer."""

    cycle: int
    strategy: str
    proposals: tuple[TradeProposal, ...]


@frozen
class EntryProposed:
    """One proposal that survived the round. `bar_ns` is the start of the bar it was decided on."""

    strategy: str
    proposal: TradeProposal
    bar_ns: Nanos


@frozen
class RoundProposed:
    """All entries of one round, best conviction first. `late` strategies did not answer in time."""

    cycle: int
    next_ns: Nanos
    entries: tuple[EntryProposed, ...]
    answered: int
    late: tuple[str, ...]


@frozen
class ExitProposed:
    """A lot has to be sold. `bid` is the price that made it due."""

    lot: str
    product: ProductId
    quantity: Quantity
    reason: ExitReason
    bid: Price


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


@frozen
class OrderApproved:
    """The gate lets this order pass, once."""

    order: ApprovedOrder


@frozen
class ProposalRefused:
    """The gate says no; every broken rule is listed, the headline first."""

    purpose: Purpose
    strategy: str
    product: ProductId
    side: Side
    refusals: tuple[Refusal, ...]


@frozen
class RoundJudged:
    """The outcome of one round, for people: approved products and (product, reason) of refusals."""

    cycle: int
    next_ns: Nanos
    approved: tuple[ProductId, ...]
    refused: tuple[tuple[ProductId, Reason], ...]
    late: tuple[str, ...]
