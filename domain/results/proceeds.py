"""What the sales of a liquidation have brought, and in which currency it lies now."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from attrs import frozen

from domain.messages.control import LIQUIDATE, RESUME, OperatorActed
from domain.messages.orders import FillBooked
from domain.model.figures import money
from domain.model.money import ZERO, notional
from domain.model.product import Side

GOAL = "USDC"
"""What a liquidation would best end in."""


@frozen
class Proceeds:
    """Sales since the last liquidation began, less fees. `is_begun`: one has; nobody resumed."""

    amount: Decimal = ZERO
    is_begun: bool = False

    def after(self, message: Any) -> Proceeds:
        """Return what holds after one more message of the journal, in its order."""
        match message:
            case OperatorActed(verb=verb) if verb == LIQUIDATE:
                return self if self.is_begun else Proceeds(is_begun=True)
            case OperatorActed(verb=verb) if verb == RESUME:
                return Proceeds()
            case FillBooked(fill=fill) if self.is_begun and fill.side is Side.SELL:
                brought = notional(fill.price, fill.quantity) - fill.fee
                return Proceeds(self.amount + brought, is_begun=True)
            case _:
                return self


def proceeds_of(messages: Iterable[Any]) -> Proceeds:
    """Return what the newest liquidation of a journal has brought."""
    found = Proceeds()
    for message in messages:
        found = found.after(message)
    return found


def stays(currency: str, proceeds: Proceeds) -> str:
    """Return in which currency the money of the sales lies, and what a person does about it."""
    brought = money(proceeds.amount)
    if currency == GOAL:
        return f"it ends in {GOAL}: these sales brought {brought} of it"
    return (
        f"it stays {currency}: nothing here converts money; {brought} {currency} of it came from"
        f" these sales; convert it to {GOAL} at the venue by hand, which is booked as a flow"
    )


def would_stay(currency: str) -> str:
    """Return in which currency the money of sales would lie."""
    if currency == GOAL:
        return f"it would end in {GOAL}"
    return f"it would end in {currency}: nothing here converts it to {GOAL}"
