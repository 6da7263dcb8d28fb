"""Exact money: types for prices, quantities, amounts and rates, and every rounding the system does.

Nothing here accepts a binary float: the decimal context traps it.
"""

from __future__ import annotations

import decimal
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NewType

from domain.model.errors import InvalidNumber

Price = NewType("Price", Decimal)
"""Quote currency per unit of base currency."""
Quantity = NewType("Quantity", Decimal)
"""Units of base currency, never negative."""
Amount = NewType("Amount", Decimal)
"""Quote currency; negative means money out or a loss."""
Rate = NewType("Rate", Decimal)
"""A fraction: 0.012 is 1.2 %."""

ZERO = Decimal(0)
ONE = Decimal(1)
BPS = Decimal(10_000)
PRECISION_DIGITS = 50


def install_context() -> None:
    """Make exact, float-refusing arithmetic the rule for this thread and every later one.

    Call once in main before any thread starts: new threads copy `DefaultContext`.
    """
    for context in (decimal.DefaultContext, decimal.getcontext()):
        context.prec = PRECISION_DIGITS
        context.traps[decimal.InvalidOperation] = True
        context.traps[decimal.DivisionByZero] = True
        context.traps[decimal.Overflow] = True
        context.traps[decimal.FloatOperation] = True


def parse_decimal(text: str) -> Decimal:
    """Return the finite decimal written in `text`.

    Raises:
        InvalidNumber: `text` is not a finite decimal number.
    """
    try:
        value = Decimal(text)
    except (decimal.InvalidOperation, TypeError, ValueError) as error:
        raise InvalidNumber(f"expected a decimal number, was {text!r}") from error
    if not value.is_finite():
        raise InvalidNumber(f"expected a finite number, was {text!r}")
    return value


def plain(value: Decimal) -> str:
    """Return `value` without exponent and without needless trailing zeros ("1200", "0.5", "0")."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` (> 0) that is not above `value`."""
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` (> 0) that is not below `value`."""
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


def notional(price: Price, quantity: Quantity) -> Amount:
    """Return what `quantity` costs at `price`, before fees, in quote currency."""
    return Amount(price * quantity)


def fee(amount: Amount, rate: Rate) -> Amount:
    """Return the commission on `amount`, unrounded as the venue charges it."""
    return Amount(amount * rate)


def bps(rate: Decimal) -> Decimal:
    """Return a fraction in basis points."""
    return rate * BPS
