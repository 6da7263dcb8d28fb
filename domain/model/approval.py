"""What the risk gate judges with and what it approves."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NewType

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


Reason = NewType("Reason", str)
"""Code of a way in which the risk gate says no, like `total_cap`; stable for ever.

Each rule owns its codes, so there is no list of them, and records hold codes of rules long gone.
"""


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
