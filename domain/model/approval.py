"""What the risk gate judges with and what it approves."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, NewType

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.product import ProductId, Side


class Purpose(StrEnum):
    """Whether an order adds risk, takes it away, or waits at the venue to take it away."""

    ENTRY = "entry"
    EXIT = "exit"
    PROTECTION = "protection"


class ExitReason(StrEnum):
    """Why an exit is due."""

    STOP = "stop"
    TARGET = "target"
    MAX_HOLD = "max_hold"
    SIGNAL = "signal"
    TRIM = "trim"
    OPERATOR = "operator"


LEAVING = (ExitReason.SIGNAL, ExitReason.OPERATOR)
"""Reasons that hold for good, whatever the price does: a strategy wants out, or a person does."""

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


@frozen
class Market:
    """Take what is there at any price and be gone (immediate or cancel)."""


@frozen(kw_only=True)
class Limit:
    """Trade at `price` or better.

    `post_only` never takes. It rests for `lifetime_ns` of market time at most; without one, a
    post-only order rests until it is cancelled, another takes what is there and is gone.
    """

    price: Price
    post_only: bool
    lifetime_ns: Nanos | None


@frozen(kw_only=True)
class StopLimit:
    """Wait at the venue until a trade at `stop_price` or below, then sell at `price` or better.

    It rests until it is cancelled.
    """

    stop_price: Price
    price: Price


OrderType = Market | Limit | StopLimit
"""How an order trades. A new type is red wherever one is told apart, until its case is there."""


@frozen(kw_only=True)
class ApprovedEntry:
    """A buy that the risk gate has approved; made nowhere else than in `domain/risk/gate.py`.

    `worst_case` is what it may cost with fees, in quote currency; `stop_loss_pct` and
    `take_profit_pct` are percent of the fill price, `max_hold_ns` is market time; `bar_ns` is the
    start of the bar it was decided on, `approved_ns` machine time. `signal` is the one of the
    strategy that it follows, "" where none is named.

    What is left of an entry may be bought by another order, up to `highest_price` (None: nowhere
    else): that one names the order that it `replaces` and the `first` one, by client order id.
    """

    purpose: ClassVar[Purpose] = Purpose.ENTRY
    side: ClassVar[Side] = Side.BUY
    approval: int
    strategy: str
    product: ProductId
    quantity: Quantity
    order_type: OrderType
    worst_case: Amount
    stop_loss_pct: Decimal
    take_profit_pct: Decimal
    max_hold_ns: Nanos
    reason: str
    bar_ns: Nanos
    approved_ns: Nanos
    signal: str = ""
    highest_price: Price | None = None
    replaces: str = ""
    first: str = ""


@frozen(kw_only=True)
class ApprovedExit:
    """A sale of (part of) the lot `lot` that the risk gate has approved; made only there.

    One that waits for the stop at the venue protects the lot. `approved_ns` is machine time.
    `sold_at_venue` is what protection had sold of the lot as far as the gate knew: what was sold
    since would be sold twice.
    """

    side: ClassVar[Side] = Side.SELL
    approval: int
    strategy: str
    product: ProductId
    quantity: Quantity
    order_type: OrderType
    lot: str
    reason: ExitReason
    approved_ns: Nanos
    sold_at_venue: Quantity = Quantity(ZERO)

    @property
    def purpose(self) -> Purpose:
        """Return whether it is sold now, or once the stop is reached."""
        is_waiting = isinstance(self.order_type, StopLimit)
        return Purpose.PROTECTION if is_waiting else Purpose.EXIT


ApprovedOrder = ApprovedEntry | ApprovedExit
