"""Exact numbers as tests write them."""

from __future__ import annotations

from decimal import Decimal

from domain.model.money import Amount, Price, Quantity


def decimals(*values: int | str | Decimal) -> tuple[Decimal, ...]:
    """Return the values, each as a Decimal."""
    return tuple(map(Decimal, values))


def price(value: int | str | Decimal) -> Price:
    """Return a price."""
    return Price(Decimal(value))


def quantity(value: int | str | Decimal) -> Quantity:
    """Return a quantity."""
    return Quantity(Decimal(value))


def amount(value: int | str | Decimal) -> Amount:
    """Return an amount of quote currency."""
    return Amount(Decimal(value))
